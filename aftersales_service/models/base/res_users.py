from odoo import api, models
from odoo.exceptions import AccessError


class ResUsers(models.Model):
    """Roles of the service department, by their short names."""

    _inherit = "res.users"

    @api.model
    def _get_aftersales_roles(self):
        """``{short name: group}``; later add-ons add theirs."""
        return {
            name: f"aftersales_service.aftersales_service_group_{name}"
            for name in (
                "technician",
                "operator",
                "dispatcher",
                "parts",
                "supervisor",
                "manager",
                "accountant",
            )
        }

    def _has_aftersales_role(self, *names):
        """Whether the user has one of the roles; superuser code has all."""
        groups = self._get_aftersales_roles()
        return self.env.su or any(self.has_group(groups[name]) for name in names)

    def _check_aftersales_role(self, *names):
        """Raise unless the user has one of the roles.

        :raise AccessError: names what is missing in general words
        """
        if not self._has_aftersales_role(*names):
            raise AccessError(
                self.env._("Your role in the service department does not allow this.")
            )

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
        """Whether one has one of the roles.

        Asked of the model (``env["res.users"]``): the current user, and superuser code
        has all roles. Asked of users: they alone, for ``env.user`` is always read as
        superuser and does not say who runs the code.
        """
        if not self and self.env.su:
            return True
        groups = self._get_aftersales_roles()
        user = self or self.env.user
        return any(user.has_group(groups[name]) for name in names)

    def _check_aftersales_role(self, *names):
        """Raise unless one has one of the roles; whom it asks: see above.

        :raise AccessError: names what is missing in general words
        """
        if not self._has_aftersales_role(*names):
            raise AccessError(
                self.env._("Your role in the service department does not allow this.")
            )

from odoo import models


class AftersalesTeam(models.Model):
    """Mail to a service point becomes a service order (SV-01)."""

    _inherit = "aftersales.team"

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("aftersales.order")
        if self.id:
            values["alias_defaults"] = repr({"team_id": self.id})
        return values

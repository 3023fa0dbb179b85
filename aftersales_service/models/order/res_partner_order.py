from odoo import api, fields, models


class ResPartner(models.Model):
    """Service orders of a customer."""

    _inherit = "res.partner"

    aftersales_order_count = fields.Integer(
        string="Service Orders", compute="_compute_aftersales_order_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_order_count(self):
        counts = self._aftersales_count("aftersales.order")
        for partner in self:
            partner.aftersales_order_count = counts.get(partner.id, 0)

    def action_view_aftersales_orders(self):
        """Open the service orders of the customer and its addresses."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        action["domain"] = self._aftersales_family_domain()
        action["context"] = {"default_partner_id": self[:1].id}
        return action

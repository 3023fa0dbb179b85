from odoo import api, fields, models


class ResPartner(models.Model):
    """Complaints by a customer."""

    _inherit = "res.partner"

    aftersales_complaint_count = fields.Integer(
        string="Complaints", compute="_compute_aftersales_complaint_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_complaint_count(self):
        counts = self._aftersales_count("aftersales.complaint", ["partner_id"])
        for partner in self:
            partner.aftersales_complaint_count = counts.get(partner.id, 0)

    def action_view_aftersales_complaints(self):
        """Open the complaints of the customer and its contacts."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_complaint_action"
        )
        action["domain"] = [("partner_id", "child_of", self.ids)]
        action["context"] = {"default_partner_id": self[:1].id}
        return action

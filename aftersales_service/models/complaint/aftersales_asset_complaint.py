from odoo import fields, models


class AftersalesAsset(models.Model):
    """Complaints about a machine."""

    _inherit = "aftersales.asset"

    complaint_count = fields.Integer(
        string="Complaints", compute="_compute_complaint_count"
    )

    def _compute_complaint_count(self):
        counts = self._get_counts("aftersales.complaint")
        for asset in self:
            asset.complaint_count = counts.get(asset.id, 0)

    def action_view_complaints(self):
        """Open the complaints about the machine."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_complaint_action"
        )
        action["domain"] = [("asset_id", "in", self.ids)]
        action["context"] = {"default_asset_id": self[:1].id}
        return action

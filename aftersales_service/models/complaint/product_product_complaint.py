from odoo import api, fields, models


class ProductProduct(models.Model):
    """Complaints about a product."""

    _inherit = "product.product"

    aftersales_complaint_count = fields.Integer(
        string="Complaints", compute="_compute_aftersales_complaint_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_complaint_count(self):
        counts = self._aftersales_count("aftersales.complaint")
        for product in self:
            product.aftersales_complaint_count = counts.get(product.id, 0)

    def action_view_aftersales_complaints(self):
        """Open the complaints about the product."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_complaint_action"
        )
        action["domain"] = [("product_id", "in", self.ids)]
        action["context"] = {"default_product_id": self[:1].id}
        return action

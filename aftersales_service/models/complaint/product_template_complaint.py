from odoo import api, fields, models


class ProductTemplate(models.Model):
    """Complaints about a product."""

    _inherit = "product.template"

    aftersales_complaint_count = fields.Integer(
        string="Complaints", compute="_compute_aftersales_complaint_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_complaint_count(self):
        counts = self._aftersales_count("aftersales.complaint")
        for template in self:
            template.aftersales_complaint_count = counts.get(template.id, 0)

    def action_view_aftersales_complaints(self):
        """Open the complaints about all variants."""
        return self.with_context(
            active_test=False
        ).product_variant_ids.action_view_aftersales_complaints()

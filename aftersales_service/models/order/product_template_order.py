from odoo import api, fields, models


class ProductTemplate(models.Model):
    """Service orders of a product."""

    _inherit = "product.template"

    aftersales_order_count = fields.Integer(
        string="Service Orders", compute="_compute_aftersales_order_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_order_count(self):
        counts = self._aftersales_count("aftersales.order")
        for template in self:
            template.aftersales_order_count = counts.get(template.id, 0)

    def action_view_aftersales_orders(self):
        """Open the service orders of all variants."""
        return self.with_context(
            active_test=False
        ).product_variant_ids.action_view_aftersales_orders()

from odoo import api, fields, models


class ProductProduct(models.Model):
    """Service orders of a product."""

    _inherit = "product.product"

    aftersales_order_count = fields.Integer(
        string="Service Orders", compute="_compute_aftersales_order_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_order_count(self):
        counts = self._aftersales_count("aftersales.order")
        for product in self:
            product.aftersales_order_count = counts.get(product.id, 0)

    def action_view_aftersales_orders(self):
        """Open the service orders."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        action["domain"] = [("product_id", "in", self.ids)]
        action["context"] = {"default_product_id": self[:1].id}
        return action

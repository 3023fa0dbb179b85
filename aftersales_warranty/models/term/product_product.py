from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def action_view_aftersales_warranties(self):
        """Open the warranties of the product."""
        return self.product_tmpl_id.action_view_aftersales_warranties()

from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    aftersales_entitlement_set_ids = fields.Many2many(
        "aftersales.entitlement.set",
        "aftersales_entitlement_set_category_rel",
        "category_id",
        "set_id",
        string="Customers may ask for",
        help="Empty: what is set on the category above or the company.",
    )

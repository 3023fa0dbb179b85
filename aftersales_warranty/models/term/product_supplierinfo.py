from odoo import fields, models


class ProductSupplierinfo(models.Model):
    _inherit = "product.supplierinfo"

    aftersales_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty Granted to Us",
        domain="[('head_id', '=', False)]",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="What the supplier grants us; decides whether a repair can be claimed.",
    )

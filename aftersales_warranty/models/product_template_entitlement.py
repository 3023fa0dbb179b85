from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_entitlement_set_ids = fields.Many2many(
        "aftersales.entitlement.set",
        "aftersales_entitlement_set_template_rel",
        "template_id",
        "set_id",
        string="Customers may ask for",
        help="Empty: what is set on the category or the company.",
    )

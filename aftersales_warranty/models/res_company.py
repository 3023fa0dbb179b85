from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Default Warranty Term",
        domain="[('head_id', '=', False), ('company_id', 'in', [id, False])]",
        ondelete="restrict",
        help="For products with serial numbers where neither the product nor its "
        "category names one. Empty: no warranty.",
    )
    aftersales_warranty_backdate_days = fields.Integer(
        "Older events need a reason after (days)",
        default=30,
        help="A product registered by hand with an older date gets no warranty by "
        "itself: a supervisor opens it and says why.",
    )

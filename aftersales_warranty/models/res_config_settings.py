from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_term_id = fields.Many2one(
        related="company_id.aftersales_term_id",
        readonly=False,
        domain="[('head_id', '=', False), ('company_id', 'in', [company_id, False])]",
    )
    aftersales_warranty_backdate_days = fields.Integer(
        related="company_id.aftersales_warranty_backdate_days", readonly=False
    )

from odoo import api, fields, models

from ..term.aftersales_warranty_term_line import ROLES, SCOPES


class AftersalesWarrantyScope(models.Model):
    """One thing a warranty covers, with its own start, end, share and limit (WA-03).

    Rows are written by `aftersales.warranty` alone, see `_refresh_periods`.
    """

    _name = "aftersales.warranty.scope"
    _description = "Cover of a Warranty"
    _inherit = ["aftersales.guard.mixin", "aftersales.warranty.ranked"]
    _order = "warranty_id, sequence, id"

    warranty_id = fields.Many2one(
        "aftersales.warranty",
        required=True,
        index=True,
        ondelete="cascade",
        readonly=True,
    )
    company_id = fields.Many2one(related="warranty_id.company_id")
    term_line_id = fields.Many2one(
        "aftersales.warranty.term.line", ondelete="restrict", readonly=True, index=True
    )
    sequence = fields.Integer(readonly=True)
    scope = fields.Selection(SCOPES, required=True, readonly=True)
    role = fields.Selection(ROLES, required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    categ_id = fields.Many2one(
        "product.category",
        "Category",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    share = fields.Float("Share %", readonly=True)
    date_start = fields.Date("Start", readonly=True)
    date_end = fields.Date("End", readonly=True)
    date_base_end = fields.Date("End without repairs", readonly=True)
    extended_days = fields.Integer("Repair days added", readonly=True)
    counter_limit = fields.Float(readonly=True)
    usage_ended_on = fields.Date("Counter passed on", readonly=True)

    @api.depends("scope", "role", "product_id", "categ_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row.term_line_id._describe(row)

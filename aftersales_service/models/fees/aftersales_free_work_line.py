from odoo import fields, models


class AftersalesFreeWorkLine(models.Model):
    """Cost of one order line in one posting; a line is posted once (Principle 5)."""

    _name = "aftersales.free.work.line"
    _description = "Cost of Free Work"
    _inherit = ["aftersales.guard.mixin"]
    _order = "work_id, order_id, id"

    work_id = fields.Many2one(
        "aftersales.free.work",
        required=True,
        index=True,
        ondelete="cascade",
        guarded=True,
    )
    order_line_id = fields.Many2one(
        "aftersales.order.line", required=True, ondelete="restrict", guarded=True
    )
    order_id = fields.Many2one(
        related="order_line_id.order_id", store=True, precompute=True, index=True
    )
    company_id = fields.Many2one(
        related="work_id.company_id", store=True, precompute=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    payer = fields.Char(required=True, guarded=True)
    categ_id = fields.Many2one("product.category", "Product category", guarded=True)
    cost = fields.Monetary(readonly=True)
    is_live = fields.Boolean(
        default=True,
        help="Off once the posting was reversed: the line is free again.",
        guarded=True,
    )

    _once = models.UniqueIndex(
        "(order_line_id) WHERE is_live", "The cost of this line is already posted."
    )

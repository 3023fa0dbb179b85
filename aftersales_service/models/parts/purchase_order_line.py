from odoo import fields, models


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    aftersales_order_line_id = fields.Many2one(
        "aftersales.order.line",
        "Service order line",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )

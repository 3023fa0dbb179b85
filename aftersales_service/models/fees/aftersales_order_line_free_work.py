from odoo import fields, models


class AftersalesOrderLine(models.Model):
    """Which postings of free work carry the cost of a line."""

    _inherit = "aftersales.order.line"

    free_work_line_ids = fields.One2many(
        "aftersales.free.work.line",
        "order_line_id",
        "Postings of its cost",
        copy=False,
        groups="account.group_account_invoice,account.group_account_readonly",
        guarded=True,
    )

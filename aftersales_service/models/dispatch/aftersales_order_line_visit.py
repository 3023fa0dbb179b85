from odoo import fields, models


class AftersalesOrderLine(models.Model):
    """The visit that brought a line."""

    _inherit = "aftersales.order.line"

    visit_id = fields.Many2one(
        "aftersales.visit",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        check_company=True,
    )

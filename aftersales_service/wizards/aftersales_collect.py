import uuid

from odoo import api, fields, models

from ..models.aftersales_collection import METHODS


class AftersalesCollect(models.TransientModel):
    """Asks how much was taken and how; the order records it."""

    _name = "aftersales.collect"
    _description = "Take money on site"

    order_id = fields.Many2one("aftersales.order", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="order_id.currency_id")
    amount = fields.Monetary(
        compute="_compute_amount", store=True, readonly=False, required=True
    )
    method = fields.Selection(METHODS, required=True, default="cash")
    reference = fields.Char(help="Number of the receipt or the transaction.")
    request_key = fields.Char(default=lambda self: str(uuid.uuid4()), readonly=True)

    @api.depends("order_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.order_id.amount_to_collect

    def action_confirm(self):
        self.ensure_one()
        self.order_id.action_collect(
            self.amount, self.method, self.reference, self.request_key
        )
        return {"type": "ir.actions.act_window_close"}

import uuid

from odoo import api, fields, models

from ...models.money.aftersales_collection_method import KINDS


class AftersalesCollect(models.TransientModel):
    """Asks how much was taken and how; the order records it."""

    _name = "aftersales.collect"
    _description = "Take money on site"

    order_id = fields.Many2one("aftersales.order", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="order_id.currency_id")
    amount = fields.Monetary(
        compute="_compute_amount", store=True, readonly=False, required=True
    )
    company_id = fields.Many2one(related="order_id.company_id")
    method_id = fields.Many2one(
        "aftersales.collection.method",
        "Paid by",
        compute="_compute_method_id",
        store=True,
        readonly=False,
        ondelete="cascade",
        domain="[('company_id', '=', company_id)]",
    )
    method = fields.Selection(
        KINDS, default="cash", help="Programs may say the kind instead of the way."
    )
    needs_reference = fields.Boolean(related="method_id.needs_reference")
    reference = fields.Char(help="Number of the receipt or the transaction.")
    request_key = fields.Char(default=lambda self: str(uuid.uuid4()), readonly=True)

    @api.depends("order_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.order_id.amount_to_collect

    @api.depends("order_id", "method")
    def _compute_method_id(self):
        methods = self.env["aftersales.collection.method"]
        for wizard in self:
            company = wizard.order_id.company_id
            way = methods._find(company, wizard.method)
            wizard.method_id = way or methods._get_methods(company)[:1]

    def action_confirm(self):
        self.ensure_one()
        self.order_id.action_collect(
            self.amount, self.method_id.code, self.reference, self.request_key
        )
        return {"type": "ir.actions.act_window_close"}

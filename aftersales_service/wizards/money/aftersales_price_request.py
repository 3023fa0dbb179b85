from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.text import clean_text


class AftersalesPriceRequest(models.TransientModel):
    """Asks for a price off the list and why (SV-50); the line does the rest."""

    _name = "aftersales.price.request"
    _description = "Request of Another Price"

    line_id = fields.Many2one(
        "aftersales.order.line", required=True, ondelete="cascade", readonly=True
    )
    currency_id = fields.Many2one(related="line_id.currency_id")
    product_id = fields.Many2one(related="line_id.product_id")
    quantity = fields.Float(related="line_id.quantity")
    list_price = fields.Float(related="line_id.list_price")
    approval_state = fields.Selection(related="line_id.approval_state")
    price_unit = fields.Float(
        "Asked unit price",
        compute="_compute_price",
        store=True,
        readonly=False,
        required=True,
        digits="Product Price",
    )
    discount = fields.Float(
        "Discount %",
        compute="_compute_price",
        store=True,
        readonly=False,
        digits="Discount",
    )
    deviation = fields.Float(
        "Off list %", compute="_compute_deviation", digits="Discount"
    )
    outcome = fields.Char(
        compute="_compute_outcome", help="Who decides about this price."
    )
    reason = fields.Text()

    @api.depends("line_id")
    def _compute_price(self):
        for wizard in self:
            wizard.price_unit = wizard.line_id.price_unit
            wizard.discount = wizard.line_id.discount

    @api.depends("price_unit", "discount", "list_price")
    def _compute_deviation(self):
        for wizard in self:
            asked, listed = wizard._get_net_price(), wizard.list_price
            wizard.deviation = 100.0 * (asked - listed) / listed if listed else 0.0

    def _get_net_price(self):
        return self.price_unit * (1 - (self.discount or 0.0) / 100.0)

    @api.depends("deviation", "line_id")
    def _compute_outcome(self):
        for wizard in self:
            wizard.outcome = wizard._get_outcome()

    def _get_outcome(self):
        """Told before the click: no approval, the own limit, or the manager."""
        line = self.line_id
        if not line._compare_price(self._get_net_price(), self.list_price):
            return self.env._("The price of the list needs no approval.")
        limits = self.env["aftersales.discount.limit"]
        limit = limits._get_limit(line.company_id)
        if not limit:
            return self.env._("The service manager decides.")
        used = self.env["aftersales.approval"]._count_orders_by_limit(
            self.env.user, line.company_id
        )
        within = limits._is_within(limit, used, line.order_id, self.deviation)
        values = {
            "percent": f"{limit.percent:g}",
            "used": len(used),
            "orders": limit.orders_per_week or "∞",
        }
        if within:
            return self.env._(
                "Within your own limit: up to %(percent)s %% below list, %(used)s of "
                "%(orders)s orders this week.",
                **values,
            )
        return self.env._(
            "The service manager decides: your limit is %(percent)s %% below list, "
            "%(used)s of %(orders)s orders this week.",
            **values,
        )

    def action_confirm(self):
        """Write the price; it waits, or is granted by the person's own limit."""
        self.ensure_one()
        line = self.line_id
        line.check_access("write")
        reason = clean_text(self.reason or "").strip()
        if line._compare_price(self._get_net_price(), line.list_price) and not reason:
            raise UserError(self.env._("Say why the price should differ."))
        line._request_price(self.price_unit, self.discount, reason)
        return {"type": "ir.actions.act_window_close"}

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class AftersalesCollectiveInvoice(models.TransientModel):
    """One invoice for all orders of a customer in a period (SV-53)."""

    _name = "aftersales.collective.invoice"
    _description = "Collective invoice"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one("res.partner", "Customer", required=True)
    date_from = fields.Date(
        "From",
        required=True,
        default=lambda self: fields.Date.start_of(
            self.env.company._aftersales_today(), "month"
        ),
    )
    date_to = fields.Date(
        "To",
        required=True,
        default=lambda self: self.env.company._aftersales_today(),
    )
    order_ids = fields.Many2many(
        "aftersales.order", compute="_compute_orders", string="Orders"
    )
    order_count = fields.Integer("Number of orders", compute="_compute_orders")
    amount_text = fields.Char("Amount", compute="_compute_orders")

    @api.depends("company_id", "partner_id", "date_from", "date_to")
    def _compute_orders(self):
        for wizard in self:
            orders = wizard.order_ids.search(wizard._get_domain())
            wizard.order_ids = orders
            wizard.order_count = len(orders)
            wizard.amount_text = wizard._get_amount_text(orders)

    def _get_amount_text(self, orders):
        return ", ".join(
            currency.format(sum(group.mapped("amount_customer")))
            for currency, group in orders.grouped("currency_id").items()
        )

    def _get_domain(self):
        """Orders done in the period, by the company's clock."""
        if not (self.partner_id and self.date_from and self.date_to):
            return Domain.FALSE
        start, _end = self.company_id._aftersales_bounds(self.date_from)
        _start, end = self.company_id._aftersales_bounds(self.date_to)
        customer = self.partner_id.commercial_partner_id
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("commercial_partner_id", "=", customer.id)
            & Domain("charge_state", "=", "to_invoice")
            & Domain("done_at", ">=", start)
            & Domain("done_at", "<", end)
        )

    def action_invoice(self):
        """Invoice what is shown; the orders check rights and state themselves."""
        self.ensure_one()
        orders = self.env["aftersales.order"].search(self._get_domain())
        if not orders:
            raise UserError(
                self.env._(
                    "%(customer)s has nothing to invoice from %(start)s to %(end)s.",
                    customer=self.partner_id.display_name,
                    start=self.date_from,
                    end=self.date_to,
                )
            )
        return orders.action_invoice_collective()

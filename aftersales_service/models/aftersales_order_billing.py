from odoo import fields, models


class AftersalesOrderBilling(models.AbstractModel):
    """Quotation, invoice and payment of a service order (SV-50 … SV-53)."""

    _name = "aftersales.order.billing"
    _description = "Service Order: quotation and billing"

    quote_state = fields.Selection(
        [
            ("none", "No quotation"),
            ("sent", "Sent"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
        ],
        "Quotation",
        default="none",
        required=True,
        copy=False,
        readonly=True,
        tracking=True,
    )
    invoice_ids = fields.Many2many(
        "account.move", string="Invoices", copy=False, readonly=True
    )
    charge_state = fields.Selection(
        [
            ("nothing", "Nothing to charge"),
            ("to_invoice", "To invoice"),
            ("invoiced", "Invoiced"),
            ("partial", "Partly paid"),
            ("paid", "Paid"),
            ("refunded", "Refunded"),
        ],
        default="nothing",
        required=True,
        copy=False,
        readonly=True,
        tracking=True,
    )

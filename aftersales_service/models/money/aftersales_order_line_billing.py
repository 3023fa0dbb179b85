from odoo import api, fields, models


class AftersalesOrderLine(models.Model):
    """Quotation and invoice side of an order line (SV-51, SV-53)."""

    _inherit = "aftersales.order.line"

    invoice_line_ids = fields.One2many(
        "account.move.line",
        "aftersales_order_line_id",
        "Invoice lines",
        copy=False,
        groups="account.group_account_invoice,account.group_account_readonly",
        guarded=True,
    )

    def _is_to_invoice(self):
        """The customer pays for it and no live invoice carries it."""
        return (
            self._is_charged()
            and not self.currency_id.is_zero(self.customer_total)
            and not self.invoice_line_ids.filtered(
                lambda entry: not entry.aftersales_settled
            )._aftersales_live()
        )

    def _prepare_invoice_line(self, **extra):
        """Values of the invoice line; add-ons extend the dict."""
        return {
            "product_id": self.product_id.id,
            "name": self.name or self.product_id.display_name,
            "quantity": self._get_charged_quantity(),
            "product_uom_id": self.uom_id.id,
            "price_unit": self.price_unit,
            "discount": self._get_charged_discount(),
            "tax_ids": [fields.Command.set(self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
            "sequence": self.sequence,
            "aftersales_order_line_id": self.id,
            **extra,
        }

    # -- a changed line makes the quotation invalid -------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._reset_changed_quotes()
        return lines

    def write(self, vals):
        result = super().write(vals)
        self.order_id._reset_changed_quotes()
        return result

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders.exists()._reset_changed_quotes()
        return result

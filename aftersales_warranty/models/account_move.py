from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._aftersales_follow_invoices()
        return posted

    def _aftersales_follow_invoices(self):
        """Invoices start and sell warranties; credit notes take sold ones back."""
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        invoices.invoice_line_ids._aftersales_invoiced()
        refunds = self.filtered(lambda move: move.move_type == "out_refund")
        refunds.invoice_line_ids._aftersales_refunded()

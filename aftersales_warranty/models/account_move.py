from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    aftersales_return_id = fields.Many2one(
        "aftersales.return",
        "Return",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_return_key = fields.Char(
        readonly=True, copy=False, help="What of the return this document books."
    )

    _aftersales_return_uniq = models.UniqueIndex(
        "(aftersales_return_id, aftersales_return_key) "
        "WHERE aftersales_return_id IS NOT NULL AND state != 'cancel'",
        "This return has been booked already.",
    )

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._aftersales_follow_invoices()
        # Safe: the last step of an approved return; only its state follows.
        posted.sudo().aftersales_return_id._try_finish()
        return posted

    def _aftersales_follow_invoices(self):
        """Invoices start and sell warranties; credit notes take sold ones back."""
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        invoices.invoice_line_ids._aftersales_invoiced()
        refunds = self.filtered(lambda move: move.move_type == "out_refund")
        refunds.invoice_line_ids._aftersales_refunded()

    def button_draft(self):
        """The return follows: it is not done while its credit note is a draft."""
        result = super().button_draft()
        # Safe: accounting may reset its own entry; only the return's state follows.
        done = self.sudo().aftersales_return_id.filtered(lambda r: r.state == "done")
        if done:
            done._lock_for_action()
            done._transition("unfinish")
        return result

    def action_view_aftersales_return(self):
        """Open the return this document books."""
        self.ensure_one()
        return self.aftersales_return_id._get_form_action()

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class AccountMove(models.Model):
    """Closed days and the accountant's documents hold their entries (SV-54)."""

    _inherit = "account.move"

    def _post(self, soft=True):
        self._check_aftersales_days()
        return super()._post(soft)

    def write(self, vals):
        """A posted invoice neither leaves a closed day nor moves into one."""
        dated = vals.keys() & {"date", "invoice_date"}
        posted = (
            self.filtered(lambda m: m.state == "posted") if dated else self.browse()
        )
        posted._check_aftersales_days()
        result = super().write(vals)
        posted._check_aftersales_days()
        return result

    def button_draft(self):
        self._check_aftersales_matches()
        self._check_aftersales_links()
        self.filtered(lambda move: move.state == "posted")._check_aftersales_days()
        return super().button_draft()

    def button_cancel(self):
        self._check_aftersales_matches()
        self.filtered(lambda move: move.state == "posted")._check_aftersales_days()
        return super().button_cancel()

    def _check_aftersales_days(self):
        """Neither posted into nor taken back from a day accounting has closed."""
        invoices = self.filtered(lambda move: move.is_sale_document())
        # Safe: only the number of the order and its closed day are shown.
        lines = invoices.sudo().invoice_line_ids.filtered("aftersales_order_line_id")
        for move, entries in lines.grouped("move_id").items():
            day = (move.state == "posted" and move.date) or move.invoice_date
            orders = entries.aftersales_order_line_id.order_id
            orders._check_fee_days(day or move.company_id._aftersales_today())

    def _check_aftersales_matches(self):
        """What has settled an invoice on a closed day is not taken back.

        Odoo keeps the match of a draft, so undoing it is not refused by itself.
        """
        lines = self.filtered(lambda m: m.state == "posted").line_ids
        # Safe: only the closed day and the number of the order are shown.
        partials = lines.sudo().matched_debit_ids | lines.sudo().matched_credit_ids
        partials._check_aftersales_days()

    def _check_aftersales_entries(self):
        super()._check_aftersales_entries()
        # Safe: only the number of the handover is shown.
        handover = self.env["aftersales.handover"].sudo()
        linked = handover.search(
            Domain("move_id", "in", self.ids)
            | Domain("settle_move_ids", "in", self.ids),
            limit=1,
        )
        self._check_aftersales_free_work()
        if linked and linked.state != "cancelled":
            raise UserError(
                self.env._(
                    "This entry books the handover %(name)s. Cancel the handover with "
                    "a reason instead.",
                    name=linked.name,
                )
            )

    def _check_aftersales_free_work(self):
        # Safe: only the number of the posting is shown.
        works = self.env["aftersales.free.work"].sudo()
        work = works.search(
            [("move_ids", "in", self.ids), ("state", "=", "posted")], limit=1
        )
        if work:
            raise UserError(
                self.env._(
                    "This entry posts free work (%(name)s). Take that posting back "
                    "with a reason instead.",
                    name=work.name,
                )
            )

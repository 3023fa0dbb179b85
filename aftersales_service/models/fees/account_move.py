from odoo import models


class AccountMove(models.Model):
    """What has settled an invoice on a closed day is not taken back (SV-54)."""

    _inherit = "account.move"

    def button_draft(self):
        self._check_aftersales_matches()
        return super().button_draft()

    def button_cancel(self):
        self._check_aftersales_matches()
        return super().button_cancel()

    def _check_aftersales_matches(self):
        """Odoo keeps the match of a draft, so undoing it is not refused by itself."""
        lines = self.filtered(lambda m: m.state == "posted").line_ids
        # Safe: only the closed day and the number of the order are shown.
        partials = lines.sudo().matched_debit_ids | lines.sudo().matched_credit_ids
        partials._check_aftersales_days()

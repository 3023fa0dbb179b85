from odoo import models

SALES = ("out_invoice", "out_refund", "out_receipt")


class AccountMove(models.Model):
    """Sales are what the cost of warranties is measured by (KP-06), and suppliers
    pay claims by credit notes (KP-10).
    """

    _inherit = "account.move"

    def write(self, vals):
        if not vals.keys() & {"state", "invoice_date"}:
            return super().write(vals)
        before = self._get_figure_keys()
        result = super().write(vals)
        keys = before | self._get_figure_keys()
        # Safe: marks what the job computes again; nothing is shown.
        self.env["aftersales.kpi.dirty"].sudo()._mark(keys)
        return result

    def _get_figure_keys(self):
        posted = self.filtered(lambda move: move.state == "posted")
        keys = {
            (move.company_id.id, move.invoice_date, "sale", False)
            for move in posted
            if move.move_type in SALES and move.invoice_date
        }
        # Safe: whether a supplier's claim is settled by it; nothing is shown.
        for move in posted.sudo():
            origin = move.reversed_entry_id
            if move.aftersales_claim_id or origin.aftersales_claim_id:
                keys.add((move.company_id.id, move.date, "claim", False))
        return keys

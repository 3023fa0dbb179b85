from odoo import api, models
from odoo.tools import SQL


class AccountPartialReconcile(models.Model):
    """A closed day stays closed for whatever settles an invoice (SV-54).

    Payments, write-offs, bank statement lines and entries by hand all end in a match
    of journal items, made or undone here, whichever door was used.
    """

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._check_aftersales_days()
        return partials

    def unlink(self):
        self._check_aftersales_days()
        return super().unlink()

    def _check_aftersales_days(self):
        """Neither matched nor undone on a day accounting has closed."""
        if not self.ids:
            return
        self.flush_model(["debit_move_id", "credit_move_id", "max_date"])
        self.env["aftersales.order"].flush_model(["invoice_ids"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.max_date, array_agg(DISTINCT r.order_id)
                  FROM account_partial_reconcile p
                  JOIN account_move_line y
                    ON y.id IN (p.debit_move_id, p.credit_move_id)
                  JOIN aftersales_order_account_move_rel r ON r.move_id = y.move_id
                 WHERE p.id IN %s
                 GROUP BY p.max_date
                """,
                tuple(self.ids),
            )
        )
        for day, order_ids in rows:
            self.env["aftersales.order"].browse(order_ids)._check_fee_days(day)

from odoo import models


class AftersalesDepositEntry(models.Model):
    """Penalties, claims and balances are figures of a supplier (KP-10)."""

    _inherit = "aftersales.deposit.entry"

    def write(self, vals):
        if not vals.keys() & {"state", "given_back"}:
            return super().write(vals)
        result = super().write(vals)
        # Safe: marks what the job computes again; nothing is shown.
        self.env["aftersales.kpi.dirty"].sudo()._mark(
            {
                (entry.company_id.id, entry.date, topic, False)
                for entry in self
                for topic in ("deposit", "claim")
            }
        )
        return result

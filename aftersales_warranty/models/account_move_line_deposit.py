from odoo import models

from odoo.addons.aftersales_service.models.account_payment import ALLOW_CHANGE

# What moves a booked amount to another supplier or account.
MOVING = {"partner_id", "account_id", "debit", "credit", "balance", "amount_currency"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        """Items of a deposit entry stay with their supplier and account (case 36)."""
        if vals.keys() & MOVING:
            booked = self.filtered(lambda line: line.parent_state == "posted")
            if self.env.context.get("aftersales_change") is not ALLOW_CHANGE:
                booked.move_id._check_aftersales_deposit()
        return super().write(vals)

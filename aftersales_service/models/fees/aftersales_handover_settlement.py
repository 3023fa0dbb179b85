from odoo import fields, models
from odoo.exceptions import (
    AccessError,
    UserError,
)
from odoo.fields import Command
from odoo.tools import format_amount


class AftersalesHandover(models.Model):
    """The difference of a handover, and its confirmation."""

    _inherit = "aftersales.handover"

    def action_settle(self, amount=False):
        """The technician pays what was missing, or gets back what was over.

        :param amount: part of what is due; nothing: all of it
        """
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("accountant")
        self.env["aftersales.collection"]._check_accounting()
        handover = self.sudo()  # Safe: rights were checked above.
        handover._lock_for_action()
        handover.invalidate_recordset(["amount_settled", "amount_due"])
        amount = handover._check_can_settle(amount)
        move = handover.env["account.move"].with_company(handover.company_id)
        move = move.create(handover._prepare_settlement(amount))
        move._post(soft=False)
        settled = handover.amount_settled + amount
        rest = handover.currency_id.is_zero(handover.amount_due - amount)
        handover.write(
            {
                "amount_settled": settled,
                "settle_move_ids": [Command.link(move.id)],
                "state": "settled" if rest else "difference",
            }
        )
        handover._match_settlement()
        return True

    def _check_can_settle(self, amount):
        """Return the rounded amount with the sign of what is due."""
        if self.state != "difference" or self.currency_id.is_zero(self.amount_due):
            raise UserError(self.env._("%s has no difference left to pay.", self.name))
        if self.technician_id.user_id == self.env.user:
            raise UserError(
                self.env._(
                    "Somebody else than %s has to count the money.",
                    self.technician_id.name,
                )
            )
        try:
            amount = self.currency_id.round(float(amount or self.amount_due))
        except (TypeError, ValueError):
            amount = 0.0
        share = amount / self.amount_due
        over = self.currency_id.compare_amounts(abs(amount), abs(self.amount_due)) > 0
        if share <= 0 or over:
            raise UserError(
                self.env._(
                    "Enter an amount up to %s.",
                    format_amount(self.env, self.amount_due, self.currency_id),
                )
            )
        return amount

    def _prepare_settlement(self, amount):
        company = self.company_id
        entry = self.move_id.line_ids.filtered(
            lambda line: line.account_id == self._get_difference_account()
        )[:1]
        balance = company.currency_id.round(
            entry.balance * amount / entry.amount_currency
        )
        cash = company.aftersales_cash_journal_id
        return {
            "move_type": "entry",
            "journal_id": cash.id,
            "company_id": company.id,
            "date": company._aftersales_today(),
            "ref": f"{self.name} {self.technician_id.name}",
            "line_ids": [
                Command.create(
                    self._prepare_entry(cash.default_account_id, amount, balance)
                ),
                Command.create(
                    self._prepare_entry(entry.account_id, -amount, -balance)
                ),
            ],
        }

    def _match_settlement(self):
        account = self._get_difference_account()
        if account.reconcile:
            entries = (self.move_id + self.settle_move_ids).line_ids.filtered(
                lambda line: line.account_id == account and not line.reconciled
            )
            entries.reconcile()

    def action_confirm(self):
        """The technician agrees with what was counted (SV-52)."""
        self.check_access("read")
        # Safe: the own handover only; who confirmed is written nowhere else.
        for handover in self.sudo():
            if handover.technician_id.user_id != self.env.user:
                raise AccessError(
                    self.env._("Only the technician confirms the own handover.")
                )
            handover._lock_for_action()
            if handover.state in ("draft", "cancelled") or handover.confirmed_at:
                raise UserError(self._blocked_message("confirm", handover))
            handover.write(
                {
                    "confirmed_by_id": self.env.uid,
                    "confirmed_at": fields.Datetime.now(),
                }
            )
        return True

    def action_view_move(self):
        """Open the journal entry, for those who may."""
        self.ensure_one()
        return self.move_id._get_records_action(name=self.move_id.display_name)

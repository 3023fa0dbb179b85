from odoo import models

from ...const import DEDUCTIONS


class AftersalesDepositEntry(models.Model):
    """Every deduction gets its set-off notice: amount, legal basis, evidence.

    The notice is drafted when a manager approves the deduction and takes the amounts
    of the booking when it is posted. Whoever takes the deduction back takes the notice
    back: a draft is dropped, for one that has gone out a revocation is drafted.
    """

    _name = "aftersales.deposit.entry"
    _inherit = ["aftersales.deposit.entry"]

    def _after_approve(self):
        result = super()._after_approve()
        self._draft_notices()
        return result

    def _after_post(self):
        result = super()._after_post()
        for letter in self._draft_notices():
            if letter.state == "draft":
                letter.amount = letter.entry_id._get_booked_amount()
                letter._fill_text()
        return result

    def action_withdraw(self, reason=False):
        """The notice of an approval taken back is taken back as well."""
        result = super().action_withdraw(reason)
        self._revoke_notices(reason)
        return result

    def _cancel(self, reason):
        result = super()._cancel(reason)
        self._revoke_notices(reason)
        return result

    def _reverse(self, reason, amount=False):
        """The supplier is told what it gets back, and why."""
        before = self.given_back
        result = super()._reverse(reason, amount)
        self._tell_give_back(self.currency_id.round(self.given_back - before), reason)
        return result

    def _tell_give_back(self, amount, reason):
        notices = self._get_notices()
        sent = notices.filtered(lambda letter: letter.state != "draft")
        drafts = notices - sent
        if self.state == "reversed":
            notices._cancel(reason)
        elif drafts:
            drafts.amount = self._get_booked_amount() - self.given_back
            drafts._fill_text()
        # Safe: the caller may reverse the entry; nothing is sent here.
        self.env["aftersales.letter"].sudo()._draft(
            [self._prepare_give_back(letter, amount, reason) for letter in sent]
        )

    def _get_statement_parts(self):
        """The letter that told the supplier."""
        sent = self._get_notices().filtered(lambda letter: letter.state != "draft")
        return [*super()._get_statement_parts(), *sent.mapped("name")]

    def _draft_notices(self):
        """:return: the notices of the deductions, as superuser"""
        deductions = self.filtered(lambda entry: entry.kind in DEDUCTIONS)
        # Safe: the consequence of approving or posting; nothing is sent here.
        return (
            self.env["aftersales.letter"]
            .sudo()
            ._draft([entry._prepare_notice() for entry in deductions])
        )

    def _prepare_notice(self):
        return {
            "kind": "set_off",
            "partner_id": self.partner_id.id,
            "deposit_id": self.deposit_id.id,
            "entry_id": self.id,
            "amount": self.amount,
            "origin": f"set_off:{self.id}",
        }

    def _prepare_give_back(self, letter, amount, reason):
        return {
            **letter._prepare_take_back(reason),
            "amount": amount,
            "origin": f"give_back:{self.id}:{self.currency_id.round(self.given_back)}",
        }

    def _get_notices(self):
        """Set-off notices of the entries that still stand, as superuser."""
        # Safe: the consequence of what the caller may do with the entry.
        return (
            self.env["aftersales.letter"]
            .sudo()
            .search(
                [
                    ("entry_id", "in", self.ids),
                    ("kind", "=", "set_off"),
                    ("state", "!=", "cancelled"),
                ]
            )
        )

    def _revoke_notices(self, reason):
        self._get_notices()._revoke((reason or "").strip())

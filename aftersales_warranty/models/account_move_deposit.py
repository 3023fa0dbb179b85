from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.models.account_payment import ALLOW_CHANGE

LINKS = ("aftersales_deposit_entry_id", "aftersales_compensation_id")
GUARDED = (*LINKS, "aftersales_deposit_key")


class AccountMove(models.Model):
    """Entries of a deposit follow it, never the other way round (case 36)."""

    _inherit = "account.move"

    aftersales_deposit_entry_id = fields.Many2one(
        "aftersales.deposit.entry",
        "Deposit entry",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_compensation_id = fields.Many2one(
        "aftersales.compensation",
        "Compensation",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_deposit_key = fields.Char(
        readonly=True, copy=False, help="What of the deposit entry this books."
    )

    _aftersales_deposit_uniq = models.UniqueIndex(
        "(aftersales_deposit_entry_id, aftersales_deposit_key) "
        "WHERE aftersales_deposit_entry_id IS NOT NULL",
        "This deposit entry has been posted already.",
    )
    _aftersales_compensation_uniq = models.UniqueIndex(
        "(aftersales_compensation_id, aftersales_deposit_key) "
        "WHERE aftersales_compensation_id IS NOT NULL",
        "This compensation has been booked already.",
    )

    @api.model
    def _has_field_access(self, field, operation):
        """Nobody links an entry to a deposit, or unlinks it, by hand."""
        if field.name in GUARDED and operation == "write":
            return self.env.su
        return super()._has_field_access(field, operation)

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._follow_aftersales_deposits()
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._follow_aftersales_deposits()
        return result

    def _follow_aftersales_deposits(self):
        """Items somebody booked by hand on a deposit: locked, never below zero."""
        if self.env.context.get("aftersales_change") is ALLOW_CHANGE:
            return
        deposits = self.env["aftersales.deposit"]._find_for_items(self.line_ids)
        deposits._follow_ledger()

    def _check_aftersales_links(self):
        super()._check_aftersales_links()
        if self.env.context.get("aftersales_change") is ALLOW_CHANGE:
            return
        self._check_aftersales_deposit()

    def _check_aftersales_deposit(self):
        # Safe: only the number of what the entry books is shown.
        for move in self.sudo():
            link = move.aftersales_deposit_entry_id or move.aftersales_compensation_id
            if link:
                raise UserError(
                    self.env._(
                        "This entry books %(name)s of a supplier's deposit. Reverse it "
                        "there, with a reason.",
                        name=link.name,
                    )
                )

    def write(self, vals):
        """A posted entry of a deposit stays posted, also over RPC."""
        if vals.get("state") in ("draft", "cancel"):
            self.filtered(lambda move: move.state == "posted")._check_aftersales_links()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_aftersales_deposit(self):
        self._check_aftersales_deposit()

from odoo import fields, models
from odoo.exceptions import UserError

from ...const import PENDING_ENTRY


class AftersalesDepositEntry(models.Model):
    """Entries that a penalty proposes, approves and takes back (WA-23, WA-28).

    A posted entry of a revoked penalty carries ``give_back_reason``: a proposal to
    accounting, which alone books the reversing entry (one click, the reason is there).
    A company may let the reversing entry be booked at once instead.
    """

    _name = "aftersales.deposit.entry"
    _inherit = ["aftersales.deposit.entry"]

    penalty_id = fields.Many2one(
        "aftersales.penalty",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    person_ids = fields.One2many(
        "aftersales.penalty.person", "entry_id", "Fined person", readonly=True
    )
    give_back_reason = fields.Char(
        "To give back because",
        readonly=True,
        copy=False,
        help="The penalty was revoked after it was posted: accounting reverses it.",
    )

    own_evidence = fields.Text(
        "Evidence as proposed",
        readonly=True,
        copy=False,
        help="What the ladder wrote. As long as nobody changes it, it follows the "
        "complaints.",
    )

    _give_back_idx = models.Index("(deposit_id) WHERE give_back_reason IS NOT NULL")

    def _has_own_evidence(self):
        """Nobody has written the evidence anew: it can be made from the records."""
        self.ensure_one()
        return bool(self.penalty_id) and self.evidence == self.own_evidence

    def _get_statement_parts(self):
        """The rule stands before its complaints."""
        number, *complaints = super()._get_statement_parts()
        rule = self.penalty_id.rule_id.name
        return [number, *([rule] if rule else []), *complaints]

    def _refresh_evidence(self):
        """While they wait, entries say what the complaints say now."""
        waiting = self.filtered(lambda entry: entry.state in PENDING_ENTRY)
        for entry in waiting.filtered(lambda entry: entry._has_own_evidence()):
            words = entry.penalty_id._get_words()
            entry.write({"evidence": words, "own_evidence": words})

    # -------------------------------------------------------------------------
    # APPROVE
    # -------------------------------------------------------------------------

    def action_approve(self):
        """An entry of a proposed penalty is approved with its penalty."""
        # Safe: only the state of the penalty decides the way.
        penalties = self.sudo().penalty_id.filtered(lambda p: p.state == "proposed")
        penalties.with_env(self.env).action_approve()
        others = self.filtered(lambda entry: entry.sudo().penalty_id not in penalties)
        if others:
            super(AftersalesDepositEntry, others).action_approve()
        return True

    def _approve_of_penalty(self):
        """As superuser, after the penalty's own check of who may approve it."""
        if not self:
            return
        self._lock_with_agreement()
        self._check_transition("approve")
        self._check_can_approve()
        self._transition("approve")
        self._after_approve()

    def action_cancel(self, reason=False):
        """Entries of a penalty in force go with it, not without it."""
        # Safe: only the state of the penalty is looked at.
        if live := self.sudo().penalty_id.filtered(lambda p: p.is_live):
            raise UserError(
                self.env._(
                    "%s is in force. Exempt the supplier from it, with a reason.",
                    live[0].name,
                )
            )
        return super().action_cancel(reason)

    # -------------------------------------------------------------------------
    # GIVE BACK
    # -------------------------------------------------------------------------

    def _ask_give_back(self, reason):
        """As superuser: accounting is to reverse what was posted (WA-28)."""
        for entry in self:
            entry.give_back_reason = reason
            entry._log_reason(self.env._("To give back"), reason)
            if entry.company_id.aftersales_penalty_reversal == "post":
                entry._lock_with_agreement()
                entry._reverse(reason)

    def action_give_back(self):
        """Book the reversing entries that a revoked penalty asks for.

        :raise AccessError: not accounting
        """
        self.deposit_id._check_accountant()
        self.check_access("read")
        for entry in self:
            if not entry.give_back_reason:
                raise UserError(self.env._("Nothing asks to give %s back.", entry.name))
            entry.action_reverse(entry.give_back_reason)
        return True

    def _after_reverse(self, amount):
        super()._after_reverse(amount)
        if self.state == "reversed":
            self.give_back_reason = False

    def _after_post(self):
        """The fund was paid, the deposit forfeited: the ladder looks again."""
        super()._after_post()
        if self.kind == "fund" and self.penalty_id:
            self.env["aftersales.penalty.due"]._mark_suppliers(
                self.company_id, self.partner_id, self.penalty_id.period_start
            )

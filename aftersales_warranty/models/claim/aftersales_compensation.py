from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount

from odoo.addons.aftersales_service.tools.records import require_reason

FIGURES = ("advanced", "offset_amount", "recovered", "lost", "open_amount")


class AftersalesCompensation(models.Model):
    """Pay the customer first, recover from the supplier later (WA-27).

    ============ ============= =====================================================
    Action       Group         Restriction
    ============ ============= =====================================================
    propose      supervisor    reason needed
    approve      manager       never the own proposal; makes the draft for accounting
    book         accountant    pays the customer; the supplier owes it from then on
    offset       supervisor    proposes an entry of the deposit for what is open
    give up      manager       reason; accounting then books the loss
    book loss    accountant    only what a manager has given up
    close        supervisor    nothing open any more
    ============ ============= =====================================================

    ``advanced``, ``recovered`` and ``open_amount`` come from the journal item that
    makes the receivable and from what was matched with it: offsets, payments of the
    supplier, a booked loss. Nothing is typed.
    """

    _name = "aftersales.compensation"
    _description = "Advance compensation"
    _inherit = ["aftersales.proposal.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    FIXED = frozenset({"deposit_id", "customer_id", "amount", "method", "journal_id"})

    customer_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    order_id = fields.Many2one(
        "aftersales.order", index="btree_not_null", check_company=True
    )
    complaint_id = fields.Many2one(
        "aftersales.complaint", index="btree_not_null", check_company=True
    )
    amount = fields.Monetary(required=True, tracking=True)
    reason = fields.Text(help="What happened, and why the supplier has to bear it.")
    method = fields.Selection(
        [("payment", "Payment"), ("credit_note", "Credit note")],
        required=True,
        default="payment",
        tracking=True,
    )
    journal_id = fields.Many2one(
        "account.journal",
        "Paid from",
        domain="[('type', 'in', ('bank', 'cash')), ('company_id', '=', company_id)]",
        ondelete="restrict",
        check_company=True,
        help="Empty: the first bank journal of the company.",
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("advanced", "Customer paid"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    booked_by_id = fields.Many2one(
        "res.users", "Booked by", readonly=True, copy=False, ondelete="restrict"
    )
    given_up_by_id = fields.Many2one(
        "res.users", "Given up by", readonly=True, copy=False, ondelete="restrict"
    )
    given_up_reason = fields.Text("Why given up", readonly=True, copy=False)
    advance_move_id = fields.Many2one(
        "account.move",
        "Receivable booked",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    loss_move_id = fields.Many2one(
        "account.move",
        "Loss booked",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    payment_id = fields.Many2one(
        "account.payment",
        "Payment to the customer",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    credit_note_id = fields.Many2one(
        "account.move",
        "Credit note to the customer",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    entry_ids = fields.One2many(
        "aftersales.deposit.entry",
        "compensation_id",
        "Offsets",
        copy=False,
        guarded=True,
    )
    advanced = fields.Monetary(compute="_compute_figures", guarded=True)
    offset_amount = fields.Monetary(
        "From the deposit", compute="_compute_figures", guarded=True
    )
    recovered = fields.Monetary(
        compute="_compute_figures",
        help="Taken from the deposit or paid by the supplier.",
        guarded=True,
    )
    lost = fields.Monetary(compute="_compute_figures", guarded=True)
    open_amount = fields.Monetary(
        "Still owed", compute="_compute_figures", guarded=True
    )

    _advanced_has_move = models.Constraint(
        "CHECK (state NOT IN ('advanced', 'closed') OR advance_move_id IS NOT NULL)",
        "A compensation that was paid needs its journal entry.",
    )

    @api.depends(
        "advance_move_id",
        "loss_move_id",
        "advance_move_id.line_ids.amount_residual_currency",
        "entry_ids.state",
        "entry_ids.given_back",
    )
    def _compute_figures(self):
        for row in self.sudo():  # Safe: sums of the entries the record itself made.
            advance = row._get_debt()
            loss = sum(
                -line.amount_currency
                for line in row.loss_move_id.line_ids
                if line.account_id == advance.account_id
            )
            row.advanced = advance.amount_currency
            row.open_amount = advance.amount_residual_currency
            row.lost = loss
            row.recovered = row.advanced - row.open_amount - loss
            row.offset_amount = sum(
                entry.deposit_amount - entry.given_back
                for entry in row.entry_ids
                if entry.state == "posted"
            )

    def _get_debt(self):
        """The journal item by which the supplier owes the compensation."""
        self.ensure_one()
        account = self.deposit_id.receivable_account_id
        return self.advance_move_id.line_ids.filtered(
            lambda line: line.account_id == account
        )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    # -------------------------------------------------------------------------
    # DECIDE
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "approve": (("proposed",), "approved"),
            "book": (("approved",), "advanced"),
            "close": (("advanced",), "closed"),
            "cancel": (("proposed", "approved"), "cancelled"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name == "book":
            values["booked_by_id"] = self.env.uid
        return values

    def action_approve(self):
        """A manager agrees; the payment or credit note waits as a draft.

        :raise AccessError: not a manager, or the own proposal
        """
        self._check_decider()
        self._check_not_own()
        rows = self._begin("approve")
        for row in rows:
            if not (row.reason or "").strip():
                raise UserError(self.env._("%s: write down the reason.", row.name))
            row._create_draft()
        rows._transition("approve")
        return True

    def action_cancel(self, reason=False):
        """Drop it before the customer was paid; its draft goes with it."""
        self._check_decider()
        reason = require_reason(self.env, reason)
        rows = self._begin("cancel")
        for row in rows:
            row.payment_id.filtered(lambda p: p.state == "draft").action_cancel()
            row.credit_note_id.filtered(lambda m: m.state == "draft").button_cancel()
        rows._log_reason(self.env._("Cancelled"), reason)
        rows._transition("cancel")
        return True

    # -------------------------------------------------------------------------
    # RECOVER
    # -------------------------------------------------------------------------

    def action_offset(self):
        """Propose taking what is open from the deposit; a second click finds it."""
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        self._check_advanced()
        pending = self.entry_ids.filtered(
            lambda entry: entry.state in ("proposed", "approved")
        )
        if pending:
            return pending[0]._get_form_action()
        [entry] = self.entry_ids._propose([self._prepare_offset()])
        return entry._get_form_action()

    def _prepare_offset(self):
        done = self.entry_ids.filtered(lambda entry: entry.state != "cancelled")
        return {
            "deposit_id": self.deposit_id.id,
            "kind": "compensation",
            "amount": self.open_amount,
            "compensation_id": self.id,
            "complaint_ids": [Command.set(self.complaint_id.ids)],
            "evidence": self.reason,
            "origin": f"compensation:{self.id}:{len(done) + 1}",
        }

    def _check_advanced(self):
        self._check_transition("close")
        if self.currency_id.is_zero(self.open_amount):
            raise UserError(self.env._("Nothing of %s is open any more.", self.name))

    def action_give_up(self, reason=False):
        """A manager gives up what cannot be recovered; accounting books it."""
        self._check_decider()
        reason = require_reason(
            self.env, reason, self.env._("Say why it cannot be recovered.")
        )
        for row in self.sudo():  # Safe: rights were checked above.
            row._lock_for_action()
            row._check_advanced()
            row.write({"given_up_by_id": self.env.uid, "given_up_reason": reason})
            row._log_reason(self.env._("Given up"), reason)
        return True

    def action_close(self):
        """Nothing is owed any more.

        :raise UserError: names what is still open
        """
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        rows = self._begin("close")
        for row in rows:
            if not row.currency_id.is_zero(row.open_amount):
                raise UserError(
                    self.env._(
                        "%(name)s cannot be closed: %(supplier)s still owes "
                        "%(amount)s.",
                        name=row.name,
                        supplier=row.partner_id.name,
                        amount=format_amount(
                            self.env, row.open_amount, row.currency_id
                        ),
                    )
                )
        rows._transition("close")
        return True

    def action_view_moves(self):
        """All journal entries of the chain, oldest first."""
        moves = (
            self.advance_move_id
            | self.payment_id.move_id
            | self.credit_note_id
            | self.entry_ids.move_ids
            | self.loss_move_id
        )
        return moves._get_records_action(name=self.env._("Journal entries"))

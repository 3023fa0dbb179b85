from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_amount

from odoo.addons.aftersales_service.tools.records import labels, require_reason

from ...const import DEDUCTIONS
from .aftersales_deposit_treatment import KINDS

# Money that comes in is proven by the bank, nobody has to approve it.
NO_APPROVAL = ("receipt", "top_up")
WITH_TREATMENT = ("penalty", "claim", "forfeiture")
DEFAULT_TREATMENT = {
    "penalty": "penalty",
    "forfeiture": "penalty",
    "claim": "cost_recharge",
}


class AftersalesDepositEntry(models.Model):
    """A movement of a deposit: proposed, approved, posted (WA-22, WA-23, WA-27).

    ============ ================== ==============================================
    Action       Group              Restriction
    ============ ================== ==============================================
    propose      supervisor,        with evidence; money coming in: accountant
                 accountant
    edit         proposer, manager  while proposed
    approve      manager            never the own proposal
    withdraw     manager            an approval not posted yet, with a reason
    cancel       manager            not posted yet, with a reason
    post         accountant         approved; receipts and top-ups at once
    reverse      accountant         whole or in part, by an entry, with a reason
    ============ ================== ==============================================

    ``origin`` is unique: whoever proposes the same thing twice gets the first entry.
    Posting locks the agreement, updates it, reads the ledger again and makes exactly
    one journal entry (unique key on the move). What a deduction exceeds becomes due
    from the supplier: the balance never falls below zero.
    """

    _name = "aftersales.deposit.entry"
    _description = "Deposit entry"
    _inherit = ["aftersales.proposal.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    # What is fixed once somebody has decided on it.
    FIXED = frozenset(
        {
            "deposit_id",
            "kind",
            "amount",
            "treatment",
            "treatment_id",
            "compensation_id",
            "opening",
        }
    )
    # How it is booked: accounting's business once it is approved.
    BOOKING = frozenset(
        {
            "date",
            "source",
            "payment_journal_id",
            "counterpart_account_id",
            "settle_receivable",
        }
    )

    kind = fields.Selection(
        [
            ("receipt", "Receipt"),
            ("top_up", "Top-up"),
            ("penalty", "Penalty"),
            ("claim", "Claim offset"),
            ("compensation", "Compensation offset"),
            ("forfeiture", "Forfeiture"),
            ("fund", "Complaint fund"),
            ("refund", "Refund"),
        ],
        required=True,
        default=lambda self: self._default_kind(),
        tracking=True,
    )
    amount = fields.Monetary(
        required=True,
        tracking=True,
        help="With tax. A forfeiture takes the balance of the day it is posted.",
    )
    treatment = fields.Selection(
        KINDS,
        compute="_compute_treatment",
        store=True,
        readonly=False,
        precompute=True,
        help="What the deduction is for the books: decides accounts and tax.",
    )
    treatment_id = fields.Many2one(
        "aftersales.deposit.treatment",
        "Booked as",
        compute="_compute_treatment_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        check_company=True,
        domain="[('company_id', '=', company_id), ('kind', '=', treatment)]",
    )
    origin = fields.Char(
        readonly=True,
        copy=False,
        help="What the entry comes from; the same origin is booked once.",
    )
    compensation_id = fields.Many2one(
        "aftersales.compensation",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    complaint_ids = fields.Many2many(
        "aftersales.complaint",
        "aftersales_deposit_entry_complaint_rel",
        "entry_id",
        "complaint_id",
        "Complaints",
        copy=False,
        check_company=True,
        groups="aftersales_service.aftersales_service_group_operator",
    )
    date = fields.Date(tracking=True, help="Day of the journal entry.")
    due_on = fields.Date(
        "Due",
        copy=False,
        compute="_compute_due_on",
        store=True,
        readonly=False,
        help="Until when the supplier pays the complaint fund.",
    )
    evidence = fields.Text(
        help="Why the supplier owes this: facts, dates, serial numbers. Attach photos "
        "and papers below."
    )
    note = fields.Char()
    opening = fields.Boolean(
        "Opening balance",
        help="Held since before this system: booked against the account it stood on.",
    )
    source = fields.Selection(
        [
            ("bank", "Bank or cash"),
            ("payable", "Kept back from payables"),
            ("other", "Another account"),
        ],
        "Money from / to",
        default="bank",
        required=True,
    )
    payment_journal_id = fields.Many2one(
        "account.journal",
        "Bank or cash",
        domain="[('type', 'in', ('bank', 'cash')), ('company_id', '=', company_id)]",
        ondelete="restrict",
        check_company=True,
        help="Empty: the first bank journal of the company.",
    )
    counterpart_account_id = fields.Many2one(
        "account.account",
        "Other account",
        ondelete="restrict",
        check_company=True,
        help="For opening balances: where the deposit stood before.",
    )
    settle_receivable = fields.Boolean(
        "Settles what is owed first",
        help="The money pays what the supplier owes; only the rest is deposit.",
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("posted", "Posted"),
            ("reversed", "Reversed"),
            ("cancelled", "Cancelled"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    proposed_at = fields.Datetime(
        "Proposed on", readonly=True, copy=False, default=fields.Datetime.now
    )
    posted_by_id = fields.Many2one(
        "res.users", "Posted by", readonly=True, copy=False, ondelete="restrict"
    )
    posted_at = fields.Datetime("Posted on", readonly=True, copy=False)
    deposit_amount = fields.Monetary(
        "From the deposit",
        readonly=True,
        copy=False,
        help="What the deposit paid when it was posted.",
    )
    receivable_amount = fields.Monetary(
        "Due from supplier",
        readonly=True,
        copy=False,
        help="What exceeded the deposit when it was posted.",
    )
    given_back = fields.Monetary(readonly=True, copy=False)
    move_id = fields.Many2one(
        "account.move",
        "Journal entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    move_ids = fields.One2many(
        "account.move",
        "aftersales_deposit_entry_id",
        "Journal entries",
        readonly=True,
        copy=False,
    )

    _origin_uniq = models.UniqueIndex(
        "(company_id, origin) WHERE origin IS NOT NULL AND state != 'cancelled'",
        "This has been proposed already.",
    )
    _posted_has_move = models.Constraint(
        "CHECK (state NOT IN ('posted', 'reversed') OR move_id IS NOT NULL)",
        "A posted deposit entry needs its journal entry.",
    )
    _pending_idx = models.Index(
        "(deposit_id, kind) WHERE state IN ('proposed', 'approved')"
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.model
    def _default_kind(self):
        """Accounting books what comes in; everybody else proposes a deduction."""
        accountant = self.env["res.users"]._has_aftersales_role("accountant")
        return "receipt" if accountant else "penalty"

    @api.depends("kind")
    def _compute_treatment(self):
        for entry in self:
            if entry.kind not in WITH_TREATMENT:
                entry.treatment = False
            else:
                entry.treatment = entry.treatment or DEFAULT_TREATMENT[entry.kind]

    @api.depends("treatment", "company_id")
    def _compute_treatment_id(self):
        treatments = self.env["aftersales.deposit.treatment"]
        found = {}
        for entry in self:
            if not entry.treatment:
                entry.treatment_id = False
                continue
            if entry.treatment_id.kind == entry.treatment:
                continue
            key = (entry.company_id, entry.treatment)
            if key not in found:
                found[key] = treatments._find(*key)
            entry.treatment_id = found[key]

    @api.depends("kind", "date")
    def _compute_due_on(self):
        """The complaint fund is payable at once (WA-25)."""
        for entry in self:
            if entry.kind != "fund":
                entry.due_on = False
            elif not entry.due_on:
                entry.due_on = entry.date

    @api.depends("name", "kind", "partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = labels(self, "kind")
        for entry in self:
            number = "" if entry.name == "/" else entry.name
            entry.display_name = f"{number} {kinds.get(entry.kind, '')}".strip()

    @api.onchange("kind", "deposit_id")
    def _onchange_kind(self):
        """A forfeiture takes the whole balance, a refund what may leave."""
        if self.kind == "forfeiture":
            self.amount = self.deposit_id.balance
        elif self.kind == "refund" and self.deposit_id:
            self.amount = self.deposit_id._get_refundable()
        elif self.kind == "top_up":
            self.amount = self.deposit_id.shortfall

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model
    def _prepare_guarded_values(self, vals_list):
        vals_list = super()._prepare_guarded_values(vals_list)
        for vals in vals_list:
            vals.setdefault("origin", vals["name"])
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries._check_can_propose()
        return entries

    def _check_can_propose(self):
        """Service proposes deductions; money coming in is the accountant's."""
        if self.env.su:
            return
        incoming = self.filtered(lambda e: e.kind in NO_APPROVAL or e.opening)
        if incoming:
            self.env["res.users"]._check_aftersales_role("accountant")
        if self - incoming:
            self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        if ended := self.deposit_id.filtered(lambda d: d.state == "ended"):
            raise UserError(self.env._("%s has ended.", ended[0].display_name))

    def write(self, vals):
        if not self._writes_itself(vals):
            self._check_may_write(vals)
        return super().write(vals)

    def _check_may_write(self, vals):
        if vals.keys() & {"evidence", "complaint_ids", "due_on"}:
            self._check_open(("proposed",))
        if vals.keys() & self.BOOKING:
            self._check_open(("proposed", "approved"))
            if self.filtered(lambda entry: entry.state == "approved"):
                self.env["res.users"]._check_aftersales_role("accountant")

    def _check_open(self, states):
        if blocked := self.filtered(lambda entry: entry.state not in states):
            raise UserError(self._blocked_message("change", blocked))

    def _check_can_edit(self):
        super()._check_can_edit()
        if self.env["res.users"]._has_aftersales_role("manager"):
            return
        if self.filtered(lambda entry: entry.proposed_by_id != self.env.user):
            raise AccessError(
                self.env._("Only who proposed it or a manager changes the proposal.")
            )

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Opening balances of deposits"),
                "template": "/aftersales_warranty/static/xls/"
                "aftersales_deposit_entry.csv",
            }
        ]

    # -------------------------------------------------------------------------
    # PROPOSE AND DECIDE
    # -------------------------------------------------------------------------

    @api.model
    def _propose(self, vals_list):
        """Propose entries; the same ``origin`` again gives the first entry.

        The way in for the ladder, claims and compensations. Call it after checking
        the user's rights; with a ``deposit_id`` of the origin's own company.

        :param vals_list: values; ``origin`` such as ``"penalty:12"``
        :return: entries in the order of ``vals_list``
        """
        # Safe: the caller has checked who may propose; nothing is booked here.
        entries = self.sudo()
        origins = [vals["origin"] for vals in vals_list if vals.get("origin")]
        deposits = self.env["aftersales.deposit"].browse(
            {vals["deposit_id"] for vals in vals_list}
        )
        known = {
            (entry.company_id, entry.origin): entry
            for entry in entries.search(
                Domain("origin", "in", origins)
                # Safe: only the company of the agreement.
                & Domain("company_id", "in", deposits.sudo().company_id.ids)
                & Domain("state", "!=", "cancelled")
            )
        }
        result, todo = [], []
        for vals in vals_list:
            # Safe: only the company of the agreement.
            company = deposits.browse(vals["deposit_id"]).sudo().company_id
            found = known.get((company, vals.get("origin")))
            result.append(found)
            if not found:
                todo.append({"proposed_by_id": self.env.uid, **vals})
        created = iter(entries.create(todo) if todo else ())
        return self.browse([(entry or next(created)).id for entry in result])

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "approve": (("proposed",), "approved"),
            "withdraw": (("approved",), "proposed"),
            "cancel": (("proposed", "approved"), "cancelled"),
            "post": (("approved",), "posted"),
            "post_incoming": (("proposed", "approved"), "posted"),
            "reverse": (("posted",), "reversed"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        if name == "withdraw":
            values.update(approved_by_id=False, approved_at=False)
        elif name in ("post", "post_incoming"):
            values.update(posted_by_id=self.env.uid, posted_at=now)
        return values

    def _lock_with_agreement(self):
        """Agreement first, then the entries: always in the same order."""
        self.deposit_id.sorted("id")._lock_agreement()
        self._lock_for_action()
        self.invalidate_recordset()

    def action_approve(self):
        """A manager agrees to what somebody else has proposed.

        :raise AccessError: not a manager, or the own proposal
        """
        self._check_decider()
        self._check_not_own()
        entries = self.sudo()  # Safe: rights were checked above.
        entries._lock_with_agreement()
        entries._check_transition("approve")
        entries._check_can_approve()
        entries._transition("approve")
        entries._after_approve()
        return True

    def _check_can_approve(self):
        for entry in self:
            if entry.kind in DEDUCTIONS and not (entry.evidence or "").strip():
                raise UserError(
                    self.env._(
                        "%s: write down the evidence first. The supplier may ask for "
                        "it.",
                        entry.name,
                    )
                )
            if entry.kind == "refund":
                entry._check_refund()

    def _after_approve(self):
        """Extension point: the set-off notice or the demand (WA-29)."""

    def action_withdraw(self, reason=False):
        """Take an approval back, for instance to correct the amount."""
        self._check_decider()
        reason = require_reason(self.env, reason)
        entries = self.sudo()  # Safe: rights were checked above.
        entries._lock_with_agreement()
        entries._transition("withdraw")
        entries._log_reason(self.env._("Approval withdrawn"), reason)
        return True

    def action_cancel(self, reason=False):
        """Drop what was not posted; its origin can be proposed again."""
        self._check_decider()
        self._cancel(require_reason(self.env, reason))
        return True

    def _cancel(self, reason):
        """As superuser, after the caller's checks: a complaint was withdrawn."""
        entries = self.sudo()  # Safe: the caller has checked who may drop it.
        entries._lock_with_agreement()
        entries._transition("cancel")
        entries._log_reason(self.env._("Cancelled"), reason)

    def _get_statement_parts(self):
        """What a line of the statement says; later rooms add what it rests on."""
        self.ensure_one()
        return [self.display_name, *self.complaint_ids.mapped("name")]

    def action_view_moves(self):
        """The journal entries of this entry, for those who may open them."""
        return self.move_ids._get_records_action(name=self.env._("Journal entries"))

    def _money(self, amount):
        return format_amount(self.env, amount, self.currency_id)

from odoo import api, fields, models
from odoo.exceptions import (
    UserError,
    ValidationError,
)
from odoo.fields import Command, Domain
from odoo.tools import format_amount

from ...const import ALLOW_CHANGE
from ...tools.records import require_reason


class AftersalesHandover(models.Model):
    """Cash of one technician and day, counted by the cashier (SV-52, SV-54).

    ============= ============ ====================================================
    Action        Group        Restriction
    ============= ============ ====================================================
    create, edit  accountant   draft
    post          accountant   with accounting rights; never the technician himself
    cancel        accountant   reason; the entry is reversed, not deleted
    settle        accountant   what a technician owes is paid later, in parts or whole
    confirm       technician   the own handover, once it is booked
    ============= ============ ====================================================

    One entry moves the money from the on-site account to the cash box; what is
    missing is due from the technician. ``move_id`` is unique and written in the locked
    row together with the state: two clicks make one entry.
    """

    _name = "aftersales.handover"
    _description = "Handover of money"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char("Number", readonly=True, copy=False, default="/")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    technician_id = fields.Many2one(
        "aftersales.technician",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    date = fields.Date(
        required=True,
        default=lambda self: self._default_date(),
        copy=False,
        tracking=True,
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    collection_ids = fields.One2many(
        "aftersales.collection", "handover_id", "Money taken", copy=False, guarded=True
    )
    expected_amount = fields.Monetary(
        "Taken", compute="_compute_amounts", store=True, copy=False
    )
    counted_amount = fields.Monetary(
        "Counted",
        compute="_compute_counted_amount",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
    )
    count_ids = fields.One2many(
        "aftersales.handover.count", "handover_id", "Notes and coins", copy=False
    )
    difference_account_id = fields.Many2one(
        "account.account",
        "Difference goes to",
        copy=False,
        check_company=True,
        help="Account of what is short or over. Empty: it stays due from the "
        "technician.",
    )
    amount_settled = fields.Monetary("Paid later", readonly=True, copy=False)
    amount_due = fields.Monetary(
        "Due from the technician",
        compute="_compute_amount_due",
        store=True,
        copy=False,
        help="Short and not yet paid; below zero what the technician gets back.",
    )
    difference = fields.Monetary(
        compute="_compute_amounts",
        store=True,
        copy=False,
        help="Counted less taken; what is missing is due from the technician.",
    )
    state = fields.Selection(
        [
            ("draft", "To count"),
            ("done", "Handed in"),
            ("difference", "Difference"),
            ("settled", "Difference settled"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    counted_by_id = fields.Many2one(
        "res.users", "Counted by", readonly=True, copy=False, ondelete="restrict"
    )
    counted_at = fields.Datetime("Counted on", readonly=True, copy=False)
    move_id = fields.Many2one(
        "account.move",
        "Journal entry",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    settle_move_ids = fields.Many2many(
        "account.move",
        "aftersales_handover_settle_rel",
        "handover_id",
        "move_id",
        "Later payments",
        readonly=True,
        copy=False,
    )
    confirmed_by_id = fields.Many2one(
        "res.users", "Confirmed by", readonly=True, copy=False, ondelete="restrict"
    )
    confirmed_at = fields.Datetime("Confirmed on", readonly=True, copy=False)
    can_confirm = fields.Boolean(compute="_compute_can_confirm")
    note = fields.Char(copy=False, help="Needed when nothing at all was handed in.")

    _day_uniq = models.UniqueIndex(
        "(technician_id, date, currency_id) WHERE state != 'cancelled'",
        "This technician already has a handover for that day.",
    )
    _move_uniq = models.UniqueIndex(
        "(move_id) WHERE move_id IS NOT NULL", "This entry already has a handover."
    )
    _counted_positive = models.Constraint(
        "CHECK (counted_amount >= 0)", "The counted amount cannot be negative."
    )

    @api.model
    def _default_date(self):
        """Today by the company's clock: money is taken on days of that clock."""
        return self.env.company._aftersales_today()

    @api.depends("company_id")
    def _compute_currency_id(self):
        for handover in self:
            handover.currency_id = handover.company_id.currency_id

    @api.depends("collection_ids.amount", "counted_amount")
    def _compute_amounts(self):
        for handover in self:
            expected = sum(handover.collection_ids.mapped("amount"))
            handover.expected_amount = expected
            handover.difference = handover.counted_amount - expected

    @api.depends("count_ids.denomination", "count_ids.quantity")
    def _compute_counted_amount(self):
        """Notes and coins add up; without them the sum is typed."""
        for handover in self:
            if handover.count_ids:
                handover.counted_amount = sum(
                    count.denomination * count.quantity for count in handover.count_ids
                )
            else:
                handover.counted_amount = handover.counted_amount or 0.0

    @api.depends("difference", "amount_settled", "difference_account_id", "state")
    def _compute_amount_due(self):
        for handover in self:
            booked = handover.state in ("difference", "settled")
            kept = booked and not handover.difference_account_id
            due = -handover.difference - handover.amount_settled
            handover.amount_due = handover.currency_id.round(due) if kept else 0.0

    @api.depends_context("uid")
    @api.depends("state", "confirmed_at", "technician_id.user_id")
    def _compute_can_confirm(self):
        for handover in self:
            handover.can_confirm = (
                handover.state in ("done", "difference", "settled")
                and not handover.confirmed_at
                and handover.technician_id.user_id == self.env.user
            )

    @api.constrains("technician_id", "company_id")
    def _check_technician_company(self):
        for handover in self:
            company = handover.technician_id.company_id
            if company and company != handover.company_id:
                raise ValidationError(
                    self.env._(
                        "%(technician)s belongs to another company.",
                        technician=handover.technician_id.name,
                    )
                )

    @api.onchange("technician_id", "date", "currency_id")
    def _onchange_technician_id(self):
        """Show before saving what the technician holds; saving looks again."""
        self._fetch_collections()

    @api.model
    def _prepare_guarded_values(self, vals_list):
        self.env["ir.sequence"]._aftersales_number("aftersales.handover", vals_list)
        return super()._prepare_guarded_values(vals_list)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("count_ids"):  # what lies on the table counts, not the sum
                vals.pop("counted_amount", None)
        handovers = super().create(vals_list)
        handovers._fetch_collections()
        return handovers

    def write(self, vals):
        fixed = vals.keys() & {
            "technician_id",
            "date",
            "currency_id",
            "counted_amount",
            "count_ids",
            "difference_account_id",
        }
        if not self._writes_itself(vals) and fixed:
            self._check_draft()
        result = super().write(vals)
        if vals.keys() & {"technician_id", "currency_id", "date"}:
            self._fetch_collections()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        self._check_draft()

    def _check_draft(self):
        if blocked := self.filtered(lambda handover: handover.state != "draft"):
            raise UserError(self._blocked_message("change", blocked))

    # -------------------------------------------------------------------------
    # COUNT AND POST
    # -------------------------------------------------------------------------

    def _held_domain(self):
        """Cash of these technicians nobody has handed in."""
        return (
            Domain("state", "=", "collected")
            & Domain("method", "=", "cash")
            & Domain("technician_id", "in", self.technician_id.ids)
            & Domain("company_id", "in", self.company_id.ids)
        )

    def action_fetch(self):
        """Look again which money the technician holds."""
        self.check_access("write")
        self._check_draft()
        self._fetch_collections()
        return True

    def _fetch_collections(self):
        # Safe: the accountant may see the money of every technician of the company.
        drafts = self.sudo().filtered(lambda handover: handover.state == "draft")
        held = drafts.env["aftersales.collection"].search(
            drafts._held_domain()
            & (
                Domain("handover_id", "=", False)
                | Domain("handover_id", "in", drafts.ids)
            )
        )
        for handover in drafts:
            mine = held.filtered(
                lambda c, handover=handover: (
                    c.technician_id == handover.technician_id
                    and c.currency_id == handover.currency_id
                    and c.company_id == handover.company_id
                    and c._get_day() <= handover.date
                )
            )
            handover.collection_ids = [Command.set(mine.ids)]

    def action_post(self):
        """Book what was counted: one entry, the difference due from the technician.

        :raise UserError: already booked, counted by the technician himself, nothing
            to hand in
        :raise RedirectWarning: a journal or account of the company is missing
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("accountant")
        self.env["aftersales.collection"]._check_accounting()
        for handover in self.sudo():  # Safe: rights were checked above.
            handover._lock_for_action()
            handover._check_can_post()
            handover._do_post()
        return True

    def _check_can_post(self):
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "%(name)s was already booked by %(user)s.",
                    name=self.name,
                    user=self.counted_by_id.name or "–",
                )
            )
        if self.technician_id.user_id == self.env.user:
            raise UserError(
                self.env._(
                    "Somebody else than %s has to count the money.",
                    self.technician_id.name,
                )
            )
        if not self.collection_ids:
            raise UserError(
                self.env._("%s has no money to hand in.", self.technician_id.name)
            )
        self._check_count()
        if self.currency_id.is_zero(self.counted_amount) and not self.note:
            raise UserError(
                self.env._(
                    "Enter the counted amount, or write a note why nothing was "
                    "handed in."
                )
            )
        self.collection_ids.order_id._check_fee_days(self.date)
        self._check_settings()
        company = self.company_id
        company._check_aftersales_lock(
            self.date, company.aftersales_cash_journal_id, self.name
        )

    def _check_count(self):
        counted = sum(self.count_ids.mapped("amount"))
        if self.count_ids and self.currency_id.compare_amounts(
            counted, self.counted_amount
        ):
            raise UserError(
                self.env._(
                    "Notes and coins add up to %(counted)s, not to %(sum)s.",
                    counted=format_amount(self.env, counted, self.currency_id),
                    sum=format_amount(self.env, self.counted_amount, self.currency_id),
                )
            )

    def _check_settings(self):
        company = self.company_id
        short = not self.currency_id.is_zero(self.difference)
        company._check_aftersales_setting(
            company.aftersales_collection_journal_id,
            self.env._("the journal “On-site collections” with its account"),
        )
        company._check_aftersales_setting(
            company.aftersales_cash_journal_id,
            self.env._("the journal “Cash box” with its account"),
        )
        if short:
            company._check_aftersales_setting(
                self._get_difference_account(),
                self.env._("the account “Due from technicians”"),
            )

    def _do_post(self):
        collections = self.collection_ids
        collections._lock_for_action()
        if gone := collections.filtered(lambda c: c.state != "collected"):
            raise UserError(self._blocked_message("post", gone))
        collections._get_unbooked()._book()
        move = self.env["account.move"].with_company(self.company_id)
        move = move.create(self._prepare_move())
        move._post(soft=False)
        short = not self.currency_id.is_zero(self.difference)
        self.write(
            {
                "state": "difference" if short else "done",
                "move_id": move.id,
                "counted_by_id": self.env.uid,
                "counted_at": fields.Datetime.now(),
            }
        )
        collections.write({"state": "handed_over"})
        self._clear_account()

    def _prepare_move(self):
        """The one entry; amounts in company currency follow the booked payments."""
        company = self.company_id
        onsite = company.aftersales_collection_journal_id.default_account_id
        entries = self._get_onsite_entries()
        booked = sum(entries.mapped("balance"))
        share = self.counted_amount / self.expected_amount
        counted = company.currency_id.round(booked * share)
        lines = [
            (onsite, -self.expected_amount, -booked),
            (
                company.aftersales_cash_journal_id.default_account_id,
                self.counted_amount,
                counted,
            ),
            (
                self._get_difference_account(),
                -self.difference,
                booked - counted,
            ),
        ]
        return {
            "move_type": "entry",
            "journal_id": company.aftersales_cash_journal_id.id,
            "company_id": company.id,
            "date": self.date,
            "ref": f"{self.name} {self.technician_id.name}",
            "line_ids": [
                Command.create(self._prepare_entry(*line))
                for line in lines
                if not self.currency_id.is_zero(line[1])
            ],
        }

    def _get_difference_account(self):
        """The account chosen for this difference, else what technicians owe."""
        return (
            self.difference_account_id
            or self.company_id.aftersales_technician_account_id
        )

    def _prepare_entry(self, account, amount, balance):
        return {
            "account_id": account.id,
            "partner_id": self.technician_id.partner_id.id,
            "currency_id": self.currency_id.id,
            "amount_currency": amount,
            "balance": balance,
            "name": f"{self.name} {self.technician_id.name}",
        }

    def _get_onsite_entries(self):
        account = self.company_id.aftersales_collection_journal_id.default_account_id
        return self.collection_ids.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id == account
        )

    def _clear_account(self):
        """Match the on-site account where it is kept by open items."""
        account = self.company_id.aftersales_collection_journal_id.default_account_id
        if account.reconcile:
            entries = self._get_onsite_entries() + self.move_id.line_ids.filtered(
                lambda line: line.account_id == account
            )
            entries.filtered(lambda line: not line.reconciled).reconcile()

    def action_cancel(self, reason=False):
        """Counted wrongly: reverse the entry, the technician holds the money again."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("accountant")
        self.env["aftersales.collection"]._check_accounting()
        reason = require_reason(
            self.env, reason, self.env._("Say why the handover is cancelled.")
        )
        for handover in self.sudo():  # Safe: rights were checked above.
            handover._lock_for_action()
            if handover.state == "cancelled":
                raise UserError(self._blocked_message("cancel", handover))
            handover._check_can_take_back()
            move = handover.move_id.with_context(aftersales_change=ALLOW_CHANGE)
            if move:
                today = handover.company_id._aftersales_today()
                move._reverse_moves([{"date": today}], cancel=True)
            handover.collection_ids.write({"state": "collected", "handover_id": False})
            handover.state = "cancelled"
            handover.message_post(body=reason)
        self.flush_recordset(["state"])  # the day is free again at once
        return True

    def _check_can_take_back(self):
        """Money of a closed day stays handed in; paid differences stay paid."""
        if self.settle_move_ids:
            raise UserError(
                self.env._(
                    "The difference of %s was paid later. Correct it with a handover "
                    "of today.",
                    self.name,
                )
            )
        if self.move_id:
            self.collection_ids.order_id._check_fee_days(self.date)

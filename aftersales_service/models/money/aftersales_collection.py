from odoo import api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tools import format_amount

from ...const import ALLOW_CHANGE
from ...tools.records import labels, require_reason
from .aftersales_collection_method import KINDS


class AftersalesCollection(models.Model):
    """Money a technician has taken from a customer (SV-52).

    ============= ====================== ===========================================
    Action        Group                  Restriction
    ============= ====================== ===========================================
    create        technician, supervisor only through ``action_collect`` of the order
    book          accountant             once; posts the payment, matches the invoice
    cancel        supervisor, accountant not handed in; reason; booked: accountant
    hand in       accountant             through the handover, not the technician
    ============= ====================== ===========================================

    ``payment_id`` is written in the locked row in the transaction that creates the
    payment, and is unique: one collection is one payment.
    """

    _name = "aftersales.collection"
    _description = "Money taken on site"
    _inherit = ["aftersales.guard.mixin"]
    _order = "collected_at desc, id desc"
    _check_company_auto = True

    name = fields.Char("Receipt", readonly=True, copy=False, default="/")
    order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="order_id.company_id", store=True, index=True, precompute=True
    )
    team_id = fields.Many2one(related="order_id.team_id")
    partner_id = fields.Many2one(
        related="order_id.partner_id", store=True, index=True, precompute=True
    )
    technician_id = fields.Many2one(
        "aftersales.technician",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    currency_id = fields.Many2one(
        related="order_id.currency_id", store=True, precompute=True
    )
    amount = fields.Monetary(required=True, readonly=True)
    method_id = fields.Many2one(
        "aftersales.collection.method",
        "Paid by",
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    method = fields.Selection(
        KINDS, "Kind of payment", required=True, readonly=True, default="cash"
    )
    reference = fields.Char(readonly=True, help="Receipt or transaction number.")
    collected_at = fields.Datetime(
        "Taken on", required=True, readonly=True, default=fields.Datetime.now
    )
    state = fields.Selection(
        [
            ("collected", "With the technician"),
            ("handed_over", "Handed in"),
            ("cancelled", "Cancelled"),
        ],
        default="collected",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    payment_id = fields.Many2one(
        "account.payment",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    is_booked = fields.Boolean("Booked", compute="_compute_is_booked", store=True)
    request_key = fields.Char(readonly=True, copy=False)
    cancel_reason = fields.Char(readonly=True, copy=False)

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "The amount taken must be positive."
    )
    _request_uniq = models.UniqueIndex(
        "(order_id, request_key) WHERE request_key IS NOT NULL",
        "This money has already been recorded.",
    )
    _payment_uniq = models.UniqueIndex(
        "(payment_id) WHERE payment_id IS NOT NULL",
        "This payment already belongs to another collection.",
    )
    _held_idx = models.Index(
        "(technician_id, currency_id) WHERE state = 'collected' AND method = 'cash'"
    )

    @api.depends("payment_id")
    def _compute_is_booked(self):
        for collection in self:
            collection.is_booked = bool(collection.payment_id)

    @api.model
    def _prepare_guarded_values(self, vals_list):
        orders = self.env["aftersales.order"]
        self.env["ir.sequence"]._aftersales_number(
            "aftersales.collection",
            vals_list,
            lambda vals: orders.browse(vals.get("order_id")).company_id,
        )
        return super()._prepare_guarded_values(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(
            self.env._("Money taken on site is never deleted; cancel it with a reason.")
        )

    def _is_held(self):
        """Cash in the technician's pocket."""
        return self.method == "cash" and self.state == "collected"

    def _taken_message(self):
        return self.env._(
            "%(technician)s took %(amount)s (%(method)s), receipt %(receipt)s",
            technician=self.technician_id.name,
            amount=format_amount(self.env, self.amount, self.currency_id),
            method=self._get_method_name(),
            receipt=self.name,
        )

    def _get_method_name(self):
        kinds = labels(self, "method")
        return self.method_id.display_name or kinds[self.method]

    # -------------------------------------------------------------------------
    # BOOK
    # -------------------------------------------------------------------------

    def action_book(self):
        """Post the payments and match them with the invoices (SV-52).

        :raise RedirectWarning: the journal for the money is not set
        """
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("accountant")
        self._check_accounting()
        # Safe: an accountant posts what technicians have recorded, nothing else.
        collections = self.sudo()
        collections._lock_for_action()
        todo = collections._get_unbooked()
        if not todo:
            raise UserError(
                self.env._("%(name)s is already booked.", name=self[:1].name)
            )
        todo._check_journals()
        todo._book()
        return True

    def _check_accounting(self):
        """Entries are posted by people who may post entries (Principle 5)."""
        if not self.env.su and not self.env.user.has_group(
            "account.group_account_invoice"
        ):
            raise AccessError(
                self.env._("Only accounting can book this. Ask the accountant.")
            )

    def _get_unbooked(self):
        return self.filtered(
            lambda collection: (
                not collection.payment_id and collection.state != "cancelled"
            )
        )

    def _get_journal(self):
        """Cash lies in the on-site journal until handed in; the rest where it came."""
        company = self.company_id
        if self.method == "cash":
            return company.aftersales_collection_journal_id
        return (
            self.method_id.journal_id
            or company.aftersales_electronic_journal_id
            or self._get_bank_journal()
            or company.aftersales_collection_journal_id
        )

    def _get_bank_journal(self):
        """A bank of the company: on the on-site account only cash may stand."""
        company = self.company_id
        journals = self.env["account.journal"]
        return journals.search(
            [
                *journals._check_company_domain(company),
                ("type", "=", "bank"),
                ("id", "!=", company.aftersales_collection_journal_id.id),
            ],
            limit=1,
        )

    def _check_journals(self):
        """Before anything is made: every journal is there and can be used."""
        checked = set()
        for collection in self:
            journal = collection._get_journal()
            company = collection.company_id
            if (journal, company) in checked:
                continue
            checked.add((journal, company))
            company._check_aftersales_setting(
                journal,
                self.env._("the journal “On-site collections” with its account")
                if collection.method == "cash" or not journal
                else self.env._("the journal of %s", collection.method_id.display_name),
            )

    def _book(self):
        """One posted payment per collection, in one batch per company."""
        for company, collections in self.grouped("company_id").items():
            payments = self.env["account.payment"].with_company(company)
            created = payments.with_context(force_payment_move=True).create(
                [collection._prepare_payment() for collection in collections]
            )
            for collection, payment in zip(collections, created, strict=True):
                collection.payment_id = payment
            collections._set_onsite_account(created)
            created.action_post()
        self.filtered(lambda collection: collection.method != "cash").write(
            {"state": "handed_over"}
        )
        self._match_invoices()

    def _prepare_payment(self):
        """Values of the payment; add-ons extend the dict."""
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": self.partner_id.commercial_partner_id.id,
            "company_id": self.company_id.id,
            "amount": self.amount,
            "currency_id": self.currency_id.id,
            "date": self._get_payment_day(),
            "journal_id": self._get_journal().id,
            "memo": f"{self.order_id.name} {self.name}",
            "payment_reference": self.reference or self.name,
        }

    def _set_onsite_account(self, payments):
        """The account of the on-site journal itself shows what technicians hold.

        Odoo derives the account from the payment method after creation, so it is set
        afterwards.
        """
        journal = self.company_id.aftersales_collection_journal_id
        payments.filtered(
            lambda payment: payment.journal_id == journal
        ).outstanding_account_id = journal.default_account_id

    def _get_payment_day(self):
        """The day it was taken, unless a later part says otherwise."""
        return self._get_day()

    def _get_day(self):
        return self.company_id._aftersales_day(self.collected_at)

    def _match_invoices(self):
        """Reconcile booked money with the posted invoices of the same orders."""
        plan = []
        for order, collections in self.grouped("order_id").items():
            invoices = order.invoice_ids.filtered(
                lambda move: move.state == "posted" and move.move_type == "out_invoice"
            )
            entries = (invoices + collections.payment_id.move_id).line_ids.filtered(
                lambda line: (
                    line.account_id.account_type == "asset_receivable"
                    and not line.reconciled
                )
            )
            groups = entries.grouped(lambda line: (line.account_id, line.currency_id))
            plan += [
                group
                for group in groups.values()
                if len({line.balance > 0 for line in group}) > 1
            ]
        if plan:
            self.env["account.move.line"]._reconcile_plan(plan)

    def _match_posted_invoices(self):
        """Called when invoices are posted: book what can be booked, then match.

        Without a journal the money stays unbooked and the accountant sees it in the
        list; the invoice must not fail for it.
        """
        todo = self.try_lock_for_update()._get_unbooked()
        ready = todo.filtered(lambda c: c._get_journal().default_account_id)
        try:
            with self.env.cr.savepoint():
                ready._check_journals()
                ready._book()
                (self - ready)._match_invoices()
        except (UserError, RedirectWarning) as error:
            self.order_id._log_reason(
                self.env._("Money taken on site could not be booked"),
                str(error.args[0]),
            )

    # -------------------------------------------------------------------------
    # CANCEL
    # -------------------------------------------------------------------------

    def _check_can_cancel(self):
        """Raise when the money has gone on; later parts add theirs."""
        if blocked := self.filtered(lambda c: c.state != "collected"):
            raise UserError(self._blocked_message("cancel", blocked))

    def action_cancel(self, reason=False):
        """Money recorded by mistake; not once it was handed in."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("supervisor", "accountant")
        reason = require_reason(
            self.env, reason, self.env._("Say why the money is cancelled.")
        )
        if self.sudo().payment_id:  # Safe: only looks whether it is booked.
            self._check_accounting()
        # Safe: rights were checked; the state is written nowhere else.
        collections = self.sudo()
        collections._lock_for_action()
        collections._check_can_cancel()
        payments = collections.payment_id.with_context(aftersales_change=ALLOW_CHANGE)
        payments.action_draft()
        payments.action_cancel()
        collections.write({"state": "cancelled", "cancel_reason": reason})
        for collection in collections:
            title = self.env._("Receipt %(name)s cancelled", name=collection.name)
            collection.order_id._log_reason(title, reason)

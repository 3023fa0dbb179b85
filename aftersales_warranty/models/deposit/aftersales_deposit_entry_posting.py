from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from odoo.addons.aftersales_service.const import ALLOW_CHANGE
from odoo.addons.aftersales_service.tools.records import require_reason

from ...tools.deposit import split_deduction, split_give_back

INCOMING = ("receipt", "top_up")
TREATED = ("penalty", "claim", "forfeiture")


class AftersalesDepositEntry(models.Model):
    """How a deposit entry becomes a journal entry (docs/rules.md, Deposit entries).

    A plan is a list of ``(values of the line, amount)``, amounts in the currency of
    the deposit, debit above zero; it adds up to zero. The plan is made after the
    agreement was locked and the ledger read again.
    """

    _inherit = "aftersales.deposit.entry"

    # -------------------------------------------------------------------------
    # POST
    # -------------------------------------------------------------------------

    def action_post(self):
        """Book it: one journal entry, however often it is clicked.

        :raise UserError: not approved, already posted, locked period, too much
        :raise RedirectWarning: an account, journal or treatment is missing
        """
        self.check_access("read")
        self.deposit_id._check_accountant()
        # Safe: rights were checked; amounts were approved by a manager.
        for entry in self.sudo().sorted(lambda e: (e.deposit_id.id, e.id)):
            entry._lock_with_agreement()
            entry._check_can_post()
            entry._do_post()
        return True

    def _check_can_post(self):
        if self.state in ("posted", "reversed"):
            raise UserError(
                self.env._(
                    "%(name)s was already posted by %(user)s on %(day)s.",
                    name=self.name,
                    user=self.posted_by_id.name or "–",
                    day=format_date(self.env, self.posted_at),
                )
            )
        self._check_transition(self._get_post_transition())
        if self.deposit_id.state != "running":
            raise UserError(
                self.env._(
                    "%s is not running. Start the agreement first.",
                    self.deposit_id.display_name,
                )
            )
        self.deposit_id._check_settings()
        if self.kind == "refund":
            self._check_refund()

    def _get_post_transition(self):
        return "post_incoming" if self.kind in INCOMING else "post"

    def _do_post(self):
        deposit = self.deposit_id
        deposit.invalidate_recordset()
        if self.kind == "forfeiture":
            self._take_whole_balance()
        taken, owed, plan = self._plan()
        move = self._create_move(plan, self.date, "post")
        self.write(
            {
                "move_id": move.id,
                "date": move.date,
                "deposit_amount": taken,
                "receivable_amount": owed,
            }
        )
        self._transition(self._get_post_transition())
        self._match_receivable(move)
        if self.kind == "forfeiture":
            deposit.forfeited_on = move.date
        deposit._review_demand(move.date, create=self.kind not in (*INCOMING, "fund"))
        self._after_post()

    def _after_post(self):
        """Extension point: letters, claims and penalties follow."""

    def _take_whole_balance(self):
        """Forfeited is the balance at posting, whatever was proposed."""
        balance = self.deposit_id.balance
        if self.currency_id.compare_amounts(balance, 0) <= 0:
            raise UserError(
                self.env._(
                    "The deposit of %s is empty, nothing is left to forfeit. Cancel "
                    "the proposal.",
                    self.partner_id.name,
                )
            )
        self.amount = balance

    def _check_refund(self):
        """What is disputed or owed stays (Example 23 c)."""
        deposit = self.deposit_id
        if self.currency_id.compare_amounts(self.amount, deposit._get_refundable()) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s cannot be refunded to %(supplier)s: of %(balance)s "
                    "held, %(reserved)s are reserved and %(receivable)s are owed.",
                    amount=self._money(self.amount),
                    supplier=self.partner_id.name,
                    balance=self._money(deposit.balance),
                    reserved=self._money(deposit.reserved),
                    receivable=self._money(deposit.receivable),
                )
            )

    # -------------------------------------------------------------------------
    # PLANS
    # -------------------------------------------------------------------------

    def _plan(self):
        """:return: (effect on the deposit, due from the supplier, lines)"""
        if self.kind in INCOMING:
            return self._plan_incoming()
        if self.kind == "fund":
            fund = {"account_id": self.deposit_id.fund_account_id.id}
            return 0.0, 0.0, [self._source_line(self.amount), (fund, -self.amount)]
        if self.kind == "refund":
            lines = [self._deposit_line(self.amount), self._source_line(-self.amount)]
            return self.amount, 0.0, lines
        if self.kind == "compensation":
            return self._plan_offset()
        return self._plan_deduction()

    def _plan_incoming(self):
        settled = 0.0
        if self.settle_receivable:
            settled, _rest = split_give_back(self.amount, self.deposit_id.receivable)
        rest = self.currency_id.round(self.amount - settled)
        lines = [
            self._source_line(self.amount),
            self._receivable_line(-settled),
            self._deposit_line(-rest),
        ]
        return rest, -settled, lines

    def _plan_deduction(self):
        taken, owed = split_deduction(self.amount, self.deposit_id.balance)
        owed = self.currency_id.round(owed)
        treated = self._split_by_treatment(self.amount)
        lines = [self._deposit_line(taken), self._receivable_line(owed)]
        lines += [(values, -amount) for values, amount in treated]
        return taken, owed, lines

    def _plan_offset(self):
        """The receivable of a compensation is settled as far as the deposit goes."""
        wanted = min(self.amount, self.compensation_id.open_amount)
        taken, _rest = split_deduction(wanted, self.deposit_id.balance)
        taken = self.currency_id.round(taken)
        if self.currency_id.is_zero(taken):
            raise UserError(
                self.env._(
                    "%(name)s has nothing to offset: the deposit holds %(balance)s, "
                    "%(open)s are open.",
                    name=self.name,
                    balance=self._money(self.deposit_id.balance),
                    open=self._money(self.compensation_id.open_amount),
                )
            )
        return taken, 0.0, [self._deposit_line(taken), self._receivable_line(-taken)]

    def _get_treatment(self):
        """:raise RedirectWarning: no treatment, or its account is gone"""
        treatment = self.treatment_id
        if not treatment:
            treatments = self.env["aftersales.deposit.treatment"]
            treatment = treatments._get_or_warn(self.company_id, self.treatment)
            self.treatment_id = treatment
        if not treatment.active or not treatment.account_id.active:
            self.deposit_id._warn_setting(
                self.env._("the account of “%s”", treatment.name)
            )
        if treatment.tax_id and not treatment.tax_id.active:
            self.deposit_id._warn_setting(self.env._("the tax of “%s”", treatment.name))
        return treatment

    def _split_by_treatment(self, amount):
        """Lines of a deduction, net and tax; the agreement may name its income."""
        treatment = self._get_treatment()
        account = treatment.account_id
        own = self.deposit_id.income_account_id
        if treatment.kind == "penalty" and own:
            if not own.active:
                self.deposit_id._warn_setting(self.env._("the penalty income account"))
            account = own
        return treatment._split(amount, account, self.currency_id, self.partner_id)

    def _deposit_line(self, amount):
        return {"account_id": self.deposit_id.account_id.id}, amount

    def _receivable_line(self, amount):
        return {"account_id": self.deposit_id.receivable_account_id.id}, amount

    def _source_line(self, amount):
        """Where the money comes from or goes to."""
        return {"account_id": self._get_source_account().id}, amount

    def _get_source_account(self):
        company = self.company_id
        account = self.counterpart_account_id
        if self.source == "payable":
            partner = self.partner_id.with_company(company)
            account = partner.property_account_payable_id
        elif self.source == "bank":
            account = self._get_payment_account()
        if not account or not account.active:
            self.deposit_id._warn_setting(
                self.env._("the account the money of %s goes through", self.name)
            )
        return account

    def _get_payment_account(self):
        journals = self.env["account.journal"]
        journal = self.payment_journal_id or journals.search(
            [("company_id", "=", self.company_id.id), ("type", "=", "bank")], limit=1
        )
        if not journal.active:
            return self.env["account.account"]
        lines = (
            journal.outbound_payment_method_line_ids
            if self.kind == "refund"
            else journal.inbound_payment_method_line_ids
        )
        return lines.payment_account_id[:1] or journal.default_account_id

    # -------------------------------------------------------------------------
    # JOURNAL ENTRY
    # -------------------------------------------------------------------------

    def _create_move(self, plan, day, key, **values):
        """One posted journal entry of the plan; its key is unique on the entry."""
        company = self.company_id
        day = company._aftersales_get_open_day(
            day,
            self.deposit_id.journal_id,
            self.name,
            has_tax=any("tax_ids" in line for line, _amount in plan),
            fixed=key != "post",
        )
        moves = self.env["account.move"].with_company(company)
        move = moves.with_context(skip_invoice_sync=True).create(
            {
                "move_type": "entry",
                "journal_id": self.deposit_id.journal_id.id,
                "company_id": company.id,
                "date": day,
                "ref": f"{self.name} {self.deposit_id.name}",
                "partner_id": self.partner_id.id,
                "aftersales_deposit_entry_id": self.id,
                "aftersales_deposit_key": key,
                "line_ids": [
                    Command.create(line) for line in self._prepare_lines(plan, day)
                ],
                **values,
            }
        )
        move.with_context(aftersales_change=ALLOW_CHANGE, skip_invoice_sync=True)._post(
            soft=False
        )
        return move

    def _prepare_lines(self, plan, day):
        """Lines in both currencies; the last one takes what rounding leaves."""
        company, currency = self.company_id, self.currency_id
        label = self.with_context(lang=self.partner_id.lang).display_name
        rows = []
        for values, amount in plan:
            if currency.is_zero(amount):
                continue
            rows.append(
                {
                    "name": label,
                    **values,
                    "partner_id": self.partner_id.id,
                    "currency_id": currency.id,
                    "amount_currency": currency.round(amount),
                    "balance": currency._convert(
                        amount, company.currency_id, company, day
                    ),
                }
            )
        rest = company.currency_id.round(sum(row["balance"] for row in rows))
        if rows and not company.currency_id.is_zero(rest):
            rows[-1]["balance"] -= rest
        return rows

    def _match_receivable(self, move):
        """Match what settles a receivable with the oldest debts it may settle."""
        account = self.deposit_id.receivable_account_id
        credits = move.line_ids.filtered(
            lambda line: line.account_id == account and line.balance < 0
        )
        if not credits or not account.reconcile:
            return
        own = self.move_ids - move
        if self.kind == "compensation":
            own = self.compensation_id.advance_move_id
        first = own.line_ids.filtered(
            lambda line: line.account_id == account and line.balance > 0
        )
        for debts in (first, self._get_open_debts(account)):
            todo = (credits | debts).filtered(lambda line: not line.reconciled)
            if todo & credits and todo - credits:
                todo.reconcile()

    def _get_open_debts(self, account):
        """Unmatched debts of the supplier on the receivable account, oldest first.

        What is given back of a deduction settles no advance.
        """
        partner = self.partner_id.commercial_partner_id
        domain = [
            ("account_id", "=", account.id),
            ("company_id", "=", self.company_id.id),
            ("partner_id", "child_of", partner.id),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("balance", ">", 0),
        ]
        if self.kind in TREATED:
            domain.append(("move_id.aftersales_compensation_id", "=", False))
        return self.env["account.move.line"].search(domain, order="date, id")

    # -------------------------------------------------------------------------
    # REVERSE
    # -------------------------------------------------------------------------

    def action_reverse(self, reason=False, amount=False):
        """Give back, whole or in part, by an entry; nothing is deleted (WA-28).

        :param reason: why, kept with the entry
        :param amount: part to give back; without it all that is left
        """
        self.check_access("read")
        self.deposit_id._check_accountant()
        reason = require_reason(self.env, reason)
        # Safe: rights were checked above.
        for entry in self.sudo().sorted(lambda e: (e.deposit_id.id, e.id)):
            entry._lock_with_agreement()
            entry._reverse(reason, amount)
        return True

    def _reverse(self, reason, amount=False):
        """As superuser, the agreement locked."""
        self._check_transition("reverse")
        deposit, currency = self.deposit_id, self.currency_id
        deposit.invalidate_recordset()
        booked = self._get_booked_amount()
        left = currency.round(booked - self.given_back)
        part = currency.round(amount or left)
        if not part > 0 or currency.compare_amounts(part, left) > 0:
            raise UserError(
                self.env._(
                    "At most %(left)s of %(name)s can be given back.",
                    left=self._money(left),
                    name=self.name,
                )
            )
        plan = self._plan_reversal(part, left)
        day = max(self.company_id._aftersales_today(), self.date)
        whole = not currency.compare_amounts(part, booked)
        origin = {"reversed_entry_id": self.move_id.id} if whole else {}
        key = f"reverse:{currency.round(self.given_back + part)}"
        move = self._create_move(plan, day, key, **origin)
        self.given_back = currency.round(self.given_back + part)
        if not currency.compare_amounts(part, left):
            self._transition("reverse")
        self._match_receivable(move)
        if self.kind == "forfeiture":
            deposit.forfeited_on = False
        deposit._review_demand(day, create=self.kind in INCOMING)
        self._log_reason(self.env._("Given back %s", self._money(part)), reason)
        self._after_reverse(part)

    def _after_reverse(self, amount):
        """Extension point: penalties, claims and letters follow."""

    def _get_booked_amount(self):
        return self.deposit_amount if self.kind == "compensation" else self.amount

    def _plan_reversal(self, part, left):
        if self.kind in TREATED:
            return self._plan_give_back(part, left)
        if self.kind == "compensation":
            return [self._receivable_line(part), self._deposit_line(-part)]
        if self.kind == "refund":
            return [self._source_line(part), self._deposit_line(-part)]
        if self.kind == "fund":
            fund = {"account_id": self.deposit_id.fund_account_id.id}
            return [(fund, part), self._source_line(-part)]
        return self._plan_receipt_back(part)

    def _plan_give_back(self, part, left):
        """What the supplier owes is settled first, the rest is his deposit again."""
        settled, rest = split_give_back(part, self._get_debt_of_deductions())
        before = self._split_by_treatment(left)
        after = self._split_by_treatment(self.currency_id.round(left - part))
        kept = [amount for _values, amount in after]
        kept += [0.0] * (len(before) - len(kept))
        lines = [
            (values, self.currency_id.round(amount - stays))
            for (values, amount), stays in zip(before, kept, strict=True)
        ]
        return [
            *lines,
            self._receivable_line(-settled),
            self._deposit_line(-self.currency_id.round(rest)),
        ]

    def _get_debt_of_deductions(self):
        """What the supplier owes of deductions; an advance waits for its own offset."""
        deposit = self.deposit_id
        advances = self.env["aftersales.compensation"].search(
            [("deposit_id", "=", deposit.id), ("state", "=", "advanced")]
        )
        open_amount = sum(advances.mapped("open_amount"))
        return max(0.0, self.currency_id.round(deposit.receivable - open_amount))

    def _plan_receipt_back(self, part):
        """A receipt that was none: as far as the deposit still holds it."""
        settled = min(part, -self.receivable_amount)
        rest = self.currency_id.round(part - settled)
        if self.currency_id.compare_amounts(rest, self.deposit_id.balance) > 0:
            raise UserError(
                self.env._(
                    "The deposit covers %(balance)s of %(amount)s: reverse what was "
                    "deducted first.",
                    balance=self._money(self.deposit_id.balance),
                    amount=self._money(rest),
                )
            )
        return [
            self._receivable_line(settled),
            self._deposit_line(rest),
            self._source_line(-part),
        ]

"""Locked periods for the money of suppliers (Reliability 35, WA-20 … WA-27)."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import format_date

from ..claim.common_claim import ClaimCommon
from .test_deposit import DepositCommon

LOCKS = {
    "fiscalyear_lock_date": ("penalty", "allowance"),
    "tax_lock_date": ("allowance", "service_sale"),
    "hard_lock_date": ("penalty", "allowance"),
}


class LockCommon(DepositCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.deposit)
        cls.yesterday = cls.today - timedelta(days=1)
        cls.tomorrow = cls.today + timedelta(days=1)
        cls.env["account.move"].search(
            [("state", "=", "draft"), ("company_id", "=", cls.company.id)]
        ).unlink()  # a hard lock refuses to stand before drafts
        cls._book("receipt", 50000, cls.yesterday)

    def _locked(self, name, day):
        """Set a lock date for the time of a block; the hard one cannot be lowered."""
        savepoint = self.cr.savepoint()
        self.env.flush_all()
        self.company[name] = day
        return savepoint

    def _unlock(self, savepoint):
        self.env.flush_all()
        savepoint.close(rollback=True)
        self.env.invalidate_all()

    def _assert_told(self, action, day, name):
        """The message names the record, the day, the lock and what to do."""
        moves = self.env["account.move"].search_count([("state", "=", "posted")])
        with self.assertRaises(UserError) as caught, self.cr.savepoint():
            action()
        self.env.invalidate_all()
        text = str(caught.exception)
        for part in (name, format_date(self.env, day), "locked", "next open day"):
            self.assertIn(part, text)
        self.assertEqual(
            self.env["account.move"].search_count([("state", "=", "posted")]), moves
        )
        return text


@tagged("post_install", "-at_install")
class TestDepositLocks(LockCommon):
    def test_deduction_in_a_locked_period_is_refused_by_each_lock(self):
        for lock, treatments in LOCKS.items():
            for treatment in treatments:
                with self.subTest(lock=lock, treatment=treatment):
                    entry = self._propose(
                        "penalty", 113, self.yesterday, treatment=treatment
                    )
                    entry.action_approve()
                    savepoint = self._locked(lock, self.yesterday)
                    text = self._assert_told(
                        entry.action_post, self.yesterday, entry.name
                    )
                    label = self.company.fields_get([lock])[lock]["string"]
                    self.assertIn(label, text)
                    self.assertIn("Enter a later day", text)
                    found = entry.state, len(entry.move_ids)
                    self.assertEqual(found, ("approved", 0))
                    entry.date = self.today
                    entry.action_post()
                    self.assertEqual(entry.move_id.date, self.today)
                    self._unlock(savepoint)

    def test_the_tax_lock_holds_only_what_carries_tax(self):
        self.company.tax_lock_date = self.yesterday
        for kind, treatment, day in (
            ("penalty", "penalty", self.yesterday),
            ("penalty", "cost_recharge", self.yesterday),
            ("receipt", False, self.yesterday),
            ("penalty", "allowance", self.today),
            ("penalty", "service_sale", self.today),
        ):
            with self.subTest(kind=kind, treatment=treatment):
                self.company.aftersales_deposit_lock_policy = "next"
                entry = self._book(kind, 113, self.yesterday, treatment=treatment)
                self.assertEqual(entry.move_id.date, day)
                self.assertEqual(entry.date, day, "the entry shows the day booked")

    def test_every_kind_of_entry_takes_the_next_open_day(self):
        self.company.aftersales_deposit_lock_policy = "next"
        for lock in ("fiscalyear_lock_date", "hard_lock_date"):
            savepoint = self._locked(lock, self.yesterday)
            for kind in ("receipt", "top_up", "penalty", "claim", "fund", "refund"):
                with self.subTest(lock=lock, kind=kind):
                    entry = self._book(kind, 100, self.yesterday)
                    self.assertEqual(entry.move_id.date, self.today)
                    self.assertEqual(entry.date, self.today)
            entry = self._book("forfeiture", 1, self.yesterday)
            self.assertEqual(entry.move_id.date, self.today)
            self._assert_figures(balance=0.0)
            self._unlock(savepoint)

    def test_the_last_of_several_locks_counts(self):
        self.company.aftersales_deposit_lock_policy = "next"
        self.company.fiscalyear_lock_date = self.yesterday - timedelta(days=30)
        self.company.tax_lock_date = self.yesterday
        entry = self._book("penalty", 113, "2026-01-05", treatment="service_sale")
        self.assertEqual(entry.move_id.date, self.today)
        entry = self._book("penalty", 113, "2026-01-05")
        self.assertEqual(entry.move_id.date, self.today - timedelta(days=30))

    def test_sale_and_purchase_locks_do_not_hold_the_deposit_journal(self):
        self.company.sale_lock_date = self.yesterday
        self.company.purchase_lock_date = self.yesterday
        entry = self._book("penalty", 113, self.yesterday, treatment="service_sale")
        self.assertEqual(entry.move_id.date, self.yesterday)

    def test_a_reversal_in_a_locked_period_says_who_can_open_it(self):
        plain = self._book("penalty", 3000)
        taxed = self._book("penalty", 1130, treatment="allowance")
        for lock, entry in (
            ("fiscalyear_lock_date", plain),
            ("hard_lock_date", plain),
            ("tax_lock_date", taxed),
        ):
            with self.subTest(lock):
                savepoint = self._locked(lock, self.today)
                text = self._assert_told(
                    lambda e=entry: e.action_reverse("Appeal", 100),
                    self.today,
                    entry.name,
                )
                self.assertIn("Ask accounting", text)
                self.assertEqual((entry.state, entry.given_back), ("posted", 0.0))
                self.company.aftersales_deposit_lock_policy = "next"
                entry.action_reverse("Appeal", 100)
                move = entry.move_ids - entry.move_id
                self.assertEqual(move.date, self.tomorrow)
                self._unlock(savepoint)
        self.company.tax_lock_date = self.today
        plain.action_reverse("Appeal", 100)
        self.assertEqual((plain.move_ids - plain.move_id).date, self.today)

    def test_an_exception_for_the_accountant_opens_the_period_for_him_alone(self):
        self.company.fiscalyear_lock_date = self.yesterday
        entry = self._propose("receipt", 10, self.yesterday)
        self.env["account.lock_exception"].create(
            {
                "company_id": self.company.id,
                "user_id": self.users["accountant"].id,
                "fiscalyear_lock_date": self.yesterday - timedelta(days=9),
                "end_datetime": fields.Datetime.now() + timedelta(hours=1),
            }
        )
        with self.assertRaisesRegex(UserError, "locked"), self.cr.savepoint():
            entry.action_post()
        self.env.invalidate_all()
        self.as_user("accountant", entry).action_post()
        self.assertEqual(entry.move_id.date, self.yesterday)

    def test_the_accountant_is_told_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.users["accountant"].lang = "zh_CN"
        self.company.fiscalyear_lock_date = self.yesterday
        entry = self._propose("receipt", 10, self.yesterday)
        user = self.users["accountant"]
        entry = entry.with_user(user).with_context(lang="zh_CN")
        with self.assertRaisesRegex(UserError, "请填写以后的日期"):
            entry.action_post()

    def test_foreign_deposit_takes_the_rate_of_the_day_it_is_booked(self):
        """Not of the day that was asked for (37, 38)."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            [
                {"currency_id": euro.id, "name": day, "rate": rate}
                for day, rate in ((self.yesterday, 0.5), (self.today, 0.8))
            ]
        )
        deposit = self._create_deposit(
            self._create_supplier("Foreign"), currency_id=euro.id, required_amount=1000
        )
        self._book("receipt", 1000, self.yesterday, deposit=deposit)
        self.company.fiscalyear_lock_date = self.yesterday
        self.company.aftersales_deposit_lock_policy = "next"
        entry = self._book("penalty", 100.01, self.yesterday, deposit=deposit)
        line = entry.move_id.line_ids.filtered(
            lambda ln: ln.account_id == deposit.account_id
        )
        self.assertEqual((line.amount_currency, line.balance), (100.01, 125.01))
        self.assertEqual(sum(entry.move_id.line_ids.mapped("balance")), 0.0)
        self.assertEqual(deposit.balance, 899.99)


@tagged("post_install", "-at_install")
class TestCompensationLocks(LockCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_compensation_product_id = cls.labour

    def _compensation(self, **values):
        row = self.env["aftersales.compensation"].create(
            {
                "deposit_id": self.deposit.id,
                "customer_id": self.customer.id,
                "amount": 800,
                "date": self.yesterday,
                "reason": "The supplier refuses",
                **values,
            }
        )
        row.action_approve()
        self.env.flush_all()
        return row

    def test_customer_is_not_paid_in_a_locked_period(self):
        for method, lock in (
            ("payment", "fiscalyear_lock_date"),
            ("credit_note", "fiscalyear_lock_date"),
            ("credit_note", "sale_lock_date"),
        ):
            with self.subTest(method=method, lock=lock):
                row = self._compensation(method=method)
                savepoint = self._locked(lock, self.yesterday)
                self._assert_told(row.action_book, self.yesterday, row.name)
                document = row.payment_id or row.credit_note_id
                self.assertEqual((row.state, document.state), ("approved", "draft"))
                self.company.aftersales_deposit_lock_policy = "next"
                row.action_book()
                move = row.payment_id.move_id or row.credit_note_id
                self.assertEqual(move.date, self.today)
                expected = self.yesterday if lock == "sale_lock_date" else self.today
                self.assertEqual(row.advance_move_id.date, expected)
                self._unlock(savepoint)

    def test_a_hard_lock_is_told_before_the_draft_exists_or_after(self):
        """Odoo sets no hard lock over drafts: the draft is of today, the row older."""
        row = self._compensation()
        row.payment_id.date = self.today
        self.company.hard_lock_date = self.yesterday
        self._assert_told(row.action_book, self.yesterday, row.name)
        self.assertEqual(row.payment_id.state, "draft", "nothing half booked")
        self.company.aftersales_deposit_lock_policy = "next"
        row.action_book()
        self.assertEqual(row.advance_move_id.date, self.today)

    def test_offset_and_loss_meet_the_lock(self):
        row = self._compensation(date=self.today)
        row.action_book()
        row.action_offset()
        offset = row.entry_ids
        offset.action_approve()
        offset.date = self.yesterday
        self.company.fiscalyear_lock_date = self.yesterday
        self._assert_told(offset.action_post, self.yesterday, offset.name)
        offset.action_cancel("Insolvent")
        row.action_give_up("Insolvent")
        self.company.fiscalyear_lock_date = self.today
        text = self._assert_told(row.action_book_loss, self.today, row.name)
        self.assertIn("Ask accounting", text)
        self.company.aftersales_deposit_lock_policy = "next"
        row.action_book_loss()
        self.assertEqual(row.loss_move_id.date, self.tomorrow)
        self.assertEqual(row.open_amount, 0.0)

    def test_a_loss_is_booked_when_it_is_given_up(self):
        row = self._compensation(date="2026-01-05")
        row.action_book()
        row.action_give_up("Insolvent")
        row.action_book_loss()
        self.assertEqual(row.loss_move_id.date, self.today)


@tagged("post_install", "-at_install")
class TestProvisionLocks(LockCommon):
    def test_provision_of_a_locked_year(self):
        codes = {"PL1": "income", "PL2": "liability_current", "PL3": "expense"}
        income, liability, expense = self.env["account.account"].create(
            [{"name": c, "code": c, "account_type": k} for c, k in codes.items()]
        )
        row = self.env["aftersales.warranty.provision"].create(
            {
                "date_from": "2025-01-01",
                "date_to": "2025-12-31",
                "rate": 2.5,
                "account_id": liability.id,
                "expense_account_id": expense.id,
                "income_account_ids": [Command.set(income.ids)],
            }
        )
        sale = self.env["account.move"].create(
            {
                "date": "2025-06-30",
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": amount})
                    for account, amount in ((expense, 1000.0), (income, -1000.0))
                ],
            }
        )
        sale.action_post()
        for lock in ("fiscalyear_lock_date", "hard_lock_date"):
            with self.subTest(lock):
                savepoint = self._locked(lock, "2025-12-31")
                day = fields.Date.to_date("2025-12-31")
                self._assert_told(row.action_propose, day, "Warranty provision")
                self.company.aftersales_deposit_lock_policy = "next"
                row.action_propose()
                self.assertEqual(str(row.move_ids.date), "2026-01-01")
                row.move_ids.action_post()
                self.assertEqual(str(row.move_ids.date), "2026-01-01")
                self.assertEqual((row.accrued, row.to_book), (25.0, 0.0))
                self._unlock(savepoint)


@tagged("post_install", "-at_install")
class TestClaimLocks(ClaimCommon):
    def test_offset_of_a_claim_meets_each_lock(self):
        today = fields.Date.context_today(self.warranty)
        yesterday = today - timedelta(days=1)
        claim = self._accept(self._claim())
        self._set_up_deposit(1000.0)
        claim.action_deduct()
        entry = claim.entry_ids
        entry.date = yesterday
        entry.action_approve()
        self.company.fiscalyear_lock_date = yesterday
        with self.assertRaisesRegex(UserError, "locked"), self.cr.savepoint():
            entry.action_post()
        self.env.invalidate_all()
        self.assertEqual((claim.state, claim.settled_amount), ("accepted", 0.0))
        self.company.aftersales_deposit_lock_policy = "next"
        entry.action_post()
        self.assertEqual(entry.move_id.date, today)
        self.assertEqual((claim.state, claim.open_amount), ("settled", 0.0))

    def test_credit_note_of_a_locked_period_settles_on_the_day_odoo_books_it(self):
        today = fields.Date.context_today(self.warranty)
        yesterday = today - timedelta(days=1)
        for lock in ("purchase_lock_date", "fiscalyear_lock_date"):
            with self.subTest(lock):
                claim = self._accept(self._claim())
                claim.action_credit_note()
                note = claim.credit_note_ids
                note.invoice_date = note.date = yesterday
                savepoint = self.cr.savepoint()
                self.company[lock] = yesterday
                note.action_post()
                self.assertGreater(note.date, yesterday)
                claim.invalidate_recordset()
                self.assertEqual((claim.state, claim.open_amount), ("settled", 0.0))
                savepoint.close(rollback=True)
                self.env.invalidate_all()

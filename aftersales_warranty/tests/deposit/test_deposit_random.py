import random

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_deposit import ENTRY, DepositCommon


class Model:
    """The rules of a deposit in a few lines, written without the code they check."""

    def __init__(self, currency):
        self.round = currency.round
        self.balance = self.owed = self.income = 0.0

    def receipt(self, amount, settle):
        paid = min(amount, self.owed) if settle else 0.0
        self.owed = self.round(self.owed - paid)
        self.balance = self.round(self.balance + amount - paid)

    def penalty(self, amount):
        taken = min(amount, self.balance)
        self.balance = self.round(self.balance - taken)
        self.owed = self.round(self.owed + amount - taken)
        self.income = self.round(self.income + amount)

    def give_back(self, amount):
        self.income = self.round(self.income - amount)
        self.receipt(amount, settle=True)

    def refund(self, amount):
        self.balance = self.round(self.balance - amount)


@tagged("post_install", "-at_install")
class TestDepositRandom(DepositCommon):
    """Any order of receipts, deductions, appeals and refunds (Reliability 37, 38)."""

    def _play(self, code, seed, steps=20):
        dice = random.Random(seed)
        currency = self.env.ref(f"base.{code}")
        currency.active = True
        if currency != self.company.currency_id:
            self.env["res.currency.rate"].create(
                {"currency_id": currency.id, "name": "2020-01-01", "rate": 6.789}
            )
        self.deposit = self._create_deposit(
            self._create_supplier(code), currency_id=currency.id, required_amount=500
        )
        self.model, self.penalties = Model(currency), self.env[ENTRY]
        for _step in range(steps):
            amount = currency.round(dice.uniform(1, 400))
            getattr(self, dice.choice(("_in", "_out", "_out", "_back", "_leave")))(
                dice, amount
            )
            self._compare(currency)

    def _in(self, dice, amount):
        settle = dice.random() < 0.5
        self._book("receipt", amount, settle_receivable=settle, deposit=self.deposit)
        self.model.receipt(amount, settle)

    def _out(self, dice, amount):
        treatment = dice.choice(("penalty", "allowance", "service_sale"))
        self.penalties |= self._book(
            "penalty", amount, treatment=treatment, deposit=self.deposit
        )
        self.model.penalty(amount)

    def _back(self, dice, amount):
        posted = self.penalties.filtered(lambda entry: entry.state == "posted")
        if not posted:
            return
        entry = dice.choice(list(posted))
        left = entry.currency_id.round(entry.amount - entry.given_back)
        amount = min(amount, left)
        entry.action_reverse("Appeal", amount)
        self.model.give_back(amount)

    def _leave(self, dice, amount):
        entry = self._propose("refund", amount, deposit=self.deposit)
        free = self.model.balance - self.model.owed
        if amount > free:
            with self.assertRaises(UserError):
                entry.action_approve()
            entry.action_cancel("Too much")
            return
        entry.action_approve()
        entry.action_post()
        self.model.refund(amount)

    def _compare(self, currency):
        self.deposit.invalidate_recordset()
        figures = (self.deposit.balance, self.deposit.receivable)
        expected = (self.model.balance, self.model.owed)
        for found, wanted in zip(figures, expected, strict=True):
            self.assertFalse(
                currency.compare_amounts(found, wanted), (figures, expected)
            )
        self.assertGreaterEqual(self.deposit.balance, 0)
        opened = self.deposit.demand_ids.filtered(lambda row: row.state == "open")
        self.assertLessEqual(len(opened), 1)
        for move in self.deposit.entry_ids.move_ids:
            self.assertFalse(
                self.company.currency_id.round(sum(move.line_ids.mapped("balance")))
            )
        given_back = sum(self.penalties.mapped("given_back"))
        self.assertFalse(
            currency.compare_amounts(
                sum(self.penalties.mapped("amount")) - given_back, self.model.income
            )
        )

    def test_random_order_in_company_currency(self):
        self._play("USD", 1, steps=30)
        tie = self.env["aftersales.deposit.tie_out"].get_tie_out(self.company.id)
        for name in ("balance", "receivable", "fund"):
            self.assertEqual(tie[name]["difference"], 0.0)
            self.assertEqual(tie[name]["by_hand"], [])
        statement = self.deposit._get_statement(
            fields.Date.to_date("2000-01-01"), fields.Date.today()
        )
        self.assertAlmostEqual(statement["closing"], self.model.balance)

    def test_random_order_without_decimals(self):
        self._play("JPY", 2)

    def test_random_order_with_three_decimals(self):
        self._play("KWD", 3)

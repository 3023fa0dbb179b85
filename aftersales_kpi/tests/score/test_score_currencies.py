"""Bonus, fines and accrual to the last unit of every currency (Reliability 37)."""

import random
from decimal import Decimal
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import freeze_time, tagged

from ...tools.score import Fact, effective_fine, round_money
from ..common import ScoreCommon

D = Decimal
MARCH = fields.Date.to_date("2026-03-01")
DIGITS = {"JPY": 0, "EUR": 2, "KWD": 3}
MODES = ("bonus", "full", "off")
FINE = D("-7.35")  # no whole number of yen


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestScoreCurrencies(ScoreCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = cls.env["aftersales.score.rule"]
        cls.bonus_rule = cls.rules.search([("kind", "=", "bonus")], limit=1)
        cls.bonus_rule.rate = 0.37
        cls.fine_rule = cls.rules.search([("kind", "=", "hotline_missed")], limit=1)
        cls.fine_rule.money = float(FINE)

    def _create_company(self, code, mode):
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", code)])
        currency.active = True
        company = self.env["res.company"].create(
            {
                "name": f"{code} {mode}",
                "currency_id": currency.id,
                "aftersales_fine_mode": mode,
            }
        )
        self.assertEqual(currency.decimal_places, DIGITS[code])
        self.users["manager"].company_ids += company
        return company

    def _create_people(self, company):
        teams = self.env["aftersales.team"].create(
            [{"name": f"Team {n}", "company_id": company.id} for n in (1, 2)]
        )
        return self.env["aftersales.technician"].create(
            [
                {
                    "name": f"{company.name} {number}",
                    "company_id": company.id,
                    "team_id": team.id,
                }
                for number, team in enumerate((teams[0], teams[0], teams[1]))
            ]
        )

    def _invent(self, chance, people, digits):
        """Random orders shared by random hours, and missed calls of the hotline."""
        facts, orders = [], {}
        for number in range(1, 41):
            amount = D(chance.randrange(10**7)).scaleb(-digits)
            crew = chance.sample(people.ids, chance.randint(1, 3))
            hours = tuple((who, chance.choice((0, 0.25, 1, 7.5))) for who in crew)
            orders[number] = amount
            facts += [
                Fact("bonus", who, "aftersales.order", number, "", False, amount, hours)
                for who in crew
            ]
        for number in range(1, chance.randint(2, 9)):
            who = chance.choice(people.ids)
            facts.append(
                Fact("hotline_missed", who, "aftersales.score.incident", number)
            )
        return facts, orders

    def _compute_with(self, company, people, facts):
        source = type(self.env["aftersales.score.facts"])
        with patch.object(source, "_collect", return_value=facts):
            sheets = self.sheets._compute_month(company, MARCH, people)
        lines = sheets.line_ids
        for line in lines.filtered(lambda line: line.approval_state == "pending"):
            line.approval_state = "approved"
            line._refresh()
        self.env.flush_all()
        self.env.invalidate_all()
        return sheets

    def test_parts_add_up_to_the_last_unit(self):
        chance = random.Random(37)
        for code, digits in DIGITS.items():
            for mode in MODES:
                with self.subTest(currency=code, mode=mode):
                    self._check_month(chance, code, digits, mode)

    def _check_month(self, chance, code, digits, mode):
        company = self._create_company(code, mode)
        people = self._create_people(company)
        facts, orders = self._invent(chance, people, digits)
        sheets = self._compute_with(company, people, facts)
        self._check_bonus(sheets, orders, digits)
        for sheet in sheets:
            self._check_fine(sheet, facts, digits, mode)
        self._check_accrual(company, sheets, digits)

    def _exact(self, amount, digits):
        """What is stored is a whole number of the smallest unit."""
        exact = D(repr(amount))
        self.assertEqual(exact, round_money(exact, digits))
        return exact

    def _check_bonus(self, sheets, orders, digits):
        lines = self._lines(sheets, "bonus")
        total = D(0)
        for number, amount in orders.items():
            mine = lines.filtered(lambda line, number=number: line.res_id == number)
            whole = round_money(amount * D("0.37") / 100, digits)
            parts = sum(self._exact(line.money, digits) for line in mine)
            self.assertEqual(parts, whole)
            total += whole
        self.assertEqual(sum(self._exact(s.bonus, digits) for s in sheets), total)

    def _check_fine(self, sheet, facts, digits, mode):
        who = sheet.technician_id.id
        missed = [
            f for f in facts if f.kind == "hotline_missed" and f.technician == who
        ]
        asked = -round_money(FINE, digits) * len(missed)
        bonus, fine = (self._exact(sheet[name], digits) for name in ("bonus", "fine"))
        self.assertEqual(self._exact(sheet.fine_asked, digits), asked)
        lines = self._lines(sheet, "hotline_missed")
        self.assertEqual(-sum(self._exact(x.money, digits) for x in lines), asked)
        self.assertEqual(fine, effective_fine(asked, bonus, mode, D(0)))
        self.assertEqual(self._exact(sheet.payout, digits), bonus - fine)

    def _check_accrual(self, company, sheets, digits):
        self._set_accounts(company)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE aftersales_score_sheet SET state = 'closed' WHERE id = ANY(%s)",
            [sheets.ids],
        )
        self.env.invalidate_all()
        mine = self.as_user("manager", sheets).with_context(
            allowed_company_ids=company.ids
        )
        mine.action_accrue()
        move = sheets.accrual_move_id
        payout = sum(self._exact(sheet.payout, digits) for sheet in sheets)
        rows = move.line_ids
        expense = rows.filtered(
            lambda row: row.account_id == company.aftersales_bonus_expense_id
        )
        self.assertEqual(len(move), 1)
        self.assertEqual(move.currency_id, company.currency_id)
        self.assertEqual(sum(D(repr(row.balance)) for row in rows), 0)
        self.assertEqual(sum(self._exact(x.balance, digits) for x in expense), payout)

    def _set_accounts(self, company):
        accounts = self.env["account.account"].create(
            [
                {
                    "name": kind,
                    "code": f"BON{number}",
                    "account_type": kind,
                    "company_ids": [Command.set(company.ids)],
                }
                for number, kind in enumerate(("expense", "liability_current"))
            ]
        )
        journal = self.env["account.journal"].create(
            {
                "name": "Bonus",
                "code": "BON",
                "type": "general",
                "company_id": company.id,
            }
        )
        company.write(
            {
                "aftersales_bonus_journal_id": journal.id,
                "aftersales_bonus_expense_id": accounts[0].id,
                "aftersales_bonus_payable_id": accounts[1].id,
            }
        )

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...tools.provision import provision
from ..common import WarrantyCommon


@tagged("post_install", "-at_install")
class TestWarrantyProvision(WarrantyCommon):
    """Example 24, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["accountant"].group_ids += cls.env.ref(
            "account.group_account_invoice"
        )
        cls.income = cls._account("Sales", "PRV1", "income")
        cls.liability = cls._account("Provision", "PRV2", "liability_current")
        cls.expense = cls._account("Warranty cost", "PRV3", "expense")
        cls.bank = cls._account("Bank", "PRV4", "asset_current")
        cls.row = cls.env["aftersales.warranty.provision"].create(
            {
                "date_from": "2026-01-01",
                "date_to": "2026-06-30",
                "rate": 2.5,
                "account_id": cls.liability.id,
                "expense_account_id": cls.expense.id,
                "income_account_ids": [Command.set(cls.income.ids)],
            }
        )

    @classmethod
    def _account(cls, name, code, kind):
        return cls.env["account.account"].create(
            {"name": name, "code": code, "account_type": kind}
        )

    def _post(self, debit, credit, amount, day="2026-03-15"):
        move = self.env["account.move"].create(
            {
                "date": day,
                "line_ids": [
                    Command.create({"account_id": debit.id, "balance": amount}),
                    Command.create({"account_id": credit.id, "balance": -amount}),
                ],
            }
        )
        move.action_post()
        self.row.invalidate_recordset()
        return move

    def _figures(self):
        self.row.invalidate_recordset()
        names = ("sales", "accrued", "used", "left", "needed", "to_book")
        return tuple(self.row[name] for name in names)

    def test_accrued_used_and_released(self):
        self._post(self.bank, self.income, 1200000.0)
        self.assertEqual(self._figures(), (1200000, 0, 0, 0, 30000, 30000))
        self.as_user("accountant", self.row).action_propose()
        self.as_user("accountant", self.row).action_propose()
        accrual = self.row.move_ids
        self.assertEqual((len(accrual), accrual.state), (1, "draft"))
        self.assertEqual(self._figures()[1], 0.0, "a draft sets nothing aside")
        self.assertEqual(self.row.draft_amount, 30000.0)
        accrual.action_post()
        self._post(self.liability, self.bank, 18000.0)
        self.assertEqual(self._figures(), (1200000, 30000, 18000, 12000, 12000, 0))
        with self.assertRaisesRegex(UserError, "Nothing to book"):
            self.row.action_propose()
        self.row.rate = 2.2
        self.assertEqual(self._figures(), (1200000, 30000, 18000, 12000, 8400, -3600))
        self.row.action_propose()
        release = self.row.move_ids - accrual
        line = release.line_ids.filtered(lambda ln: ln.account_id == self.liability)
        self.assertEqual(line.balance, 3600.0)
        release.action_post()
        self.assertEqual(self._figures(), (1200000, 26400, 18000, 8400, 8400, 0))

    def test_used_up_needs_nothing_more_and_nothing_outside_the_period(self):
        self._post(self.bank, self.income, 1000.0, "2025-12-31")
        self._post(self.liability, self.bank, 50.0, "2026-07-01")
        self.assertEqual(self._figures(), (0, 0, 0, 0, 0, 0))
        self.assertEqual(provision(1000.0, 2.0, 30.0, 20.0), (-10.0, 0.0, 10.0))

    def test_the_estimate_is_rounded_before_use_is_taken_off(self):
        self._post(self.bank, self.income, 750245.0)
        self.row.rate = 4.6
        self.row.action_propose()
        self.assertEqual(self.row.draft_amount, 34511.27)
        self.row.move_ids.action_post()
        self._post(self.liability, self.bank, 8688.0)
        self.row.rate = 4.1
        # 30,760.045 is 30,760.05: half up, as every amount shown.
        self.assertEqual(
            self._figures(), (750245.0, 34511.27, 8688.0, 25823.27, 22072.05, -3751.22)
        )
        release = self.row.move_ids
        self.row.action_propose()
        release = self.row.move_ids - release
        release.action_post()
        self.assertEqual(self._figures()[-1], 0.0, "not a cent stays")

    def test_only_accounting_and_never_by_rpc(self):
        for role in ("manager", "supervisor", "technician"):
            with self.assertRaises(AccessError):
                self.as_user(role, self.row).action_propose()
        with self.assertRaises(AccessError):
            self.as_user("accountant", self.row).write({"version": 5})
        self._post(self.bank, self.income, 1000.0)
        self.row.action_propose()
        with self.assertRaises(UserError):
            self.as_user("accountant", self.row).date_to = "2026-12-31"
        with self.assertRaises(UserError):
            self.row.unlink()

from odoo.tests import tagged

from .test_deposit import DepositCommon


@tagged("post_install", "-at_install")
class TestDepositCarry(DepositCommon):
    """No money stands on two agreements; what is given back settles its own debt."""

    def _advance(self, amount, day="2026-03-01"):
        row = self.env["aftersales.compensation"].create(
            {
                "deposit_id": self.deposit.id,
                "customer_id": self.customer.id,
                "amount": amount,
                "date": day,
                "reason": "Broken",
            }
        )
        row.action_approve()
        row.action_book()
        return row

    def test_a_paid_fund_goes_on_to_the_next_agreement(self):
        self._book("fund", 1000, "2026-02-01")
        old = self.deposit
        self.assertEqual(old.fund_balance, 1000.0)
        old.action_end()
        old.invalidate_recordset()
        self.assertEqual(old.fund_balance, 1000.0, "nobody else has it")
        new = self._create_deposit(self.supplier)
        (old | new).invalidate_recordset()
        self.assertEqual((old.fund_balance, new.fund_balance), (0.0, 1000.0))
        self.assertEqual(
            sum((old | new).mapped("fund_balance")), self._sum(new.fund_account_id)
        )

    def test_a_give_back_settles_no_advance(self):
        self._book("receipt", 1000, "2026-01-05")
        penalty = self._book("penalty", 1500, "2026-02-01")
        self._assert_figures(balance=0.0, receivable=500.0)
        row = self._advance(8000)
        self._assert_figures(balance=0.0, receivable=8500.0)
        penalty.action_reverse("Appeal", 700)
        # 500 were owed of this deduction, 200 had come from the deposit.
        self._assert_figures(balance=200.0, receivable=8000.0)
        self.assertEqual(row.open_amount, 8000.0)
        row.action_offset()
        row.entry_ids.action_approve()
        row.entry_ids.action_post()
        self._assert_figures(balance=0.0, receivable=7800.0)
        self.assertEqual(row.open_amount, 7800.0)

    def test_a_demand_follows_the_shortfall_down(self):
        self.deposit.required_amount = 1000.0
        self._book("receipt", 1000, "2026-01-05")
        penalty = self._book("penalty", 600, "2026-02-01")
        demand = self.deposit.demand_ids
        self.assertEqual((demand.amount, demand.state), (600.0, "open"))
        letters = self.env["aftersales.letter"].search([("demand_id", "=", demand.id)])
        letters._issue("registered")
        penalty.action_reverse("Appeal", 200)
        self.assertEqual((demand.amount, demand.state), (400.0, "open"))
        found = letters.search([("demand_id", "=", demand.id)])
        self.assertEqual(found, letters, "less is told in the next letter")
        self._book("penalty", 50, "2026-03-01")
        latest = letters.search([("demand_id", "=", demand.id)]) - letters
        self.assertEqual((demand.amount, latest.amount), (450.0, 450.0))
        self.assertEqual(latest.supersedes_id, letters)

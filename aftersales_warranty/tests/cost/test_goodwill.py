from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..common import WarrantyCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestGoodwill(WarrantyCommon):
    """Gifts need an approval and stay within the budget (WA-05)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.budget = cls.env["aftersales.goodwill.budget"].create(
            {"company_id": cls.company.id, "year": 2026, "amount": 500.0}
        )
        cls.board = cls._create_product("Main board", list_price=200.0)
        cls.general = new_test_user(
            cls.env,
            login="as_general",
            groups="aftersales_warranty.aftersales_warranty_group_general_manager",
            company_id=cls.company.id,
        )

    def _line(self, quantity=1.0, **values):
        order = self.env["aftersales.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "team_id": self.team.id,
                "called_at": "2026-06-15 03:00:00",
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "kind": "part",
                            "product_id": self.board.id,
                            "quantity": quantity,
                        },
                    )
                ],
                **values,
            }
        )
        return order.line_ids

    def test_a_manager_gives_within_the_budget(self):
        first = self._line(2.0)
        self.as_user("manager", first).action_override_payer("goodwill", "Old customer")
        self.assertEqual((self.budget.used, self.budget.left), (400.0, 100.0))
        second = self._line()
        with self.assertRaisesRegex(UserError, "does not hold it"), self.cr.savepoint():
            self.as_user("manager", second).action_override_payer("goodwill", "Again")
        self.assertEqual(second.payer, "customer")
        self.as_user("manager", first).action_override_payer(False, False)
        self.budget.invalidate_recordset()
        self.assertEqual(self.budget.used, 0.0)
        self.as_user("manager", second).action_override_payer("goodwill", "Again")
        self.assertEqual(second.payer, "goodwill")

    def test_an_approval_too(self):
        self.company.aftersales_approve_free = True
        line = self._line(3.0, service_type="free")
        approval = line.approval_ids
        self.assertEqual(approval.kind, "gift")
        with self.assertRaisesRegex(UserError, "does not hold it"), self.cr.savepoint():
            self.as_user("manager", approval).action_approve()
        self.assertEqual(approval.state, "pending")
        approval.with_user(self.general).action_approve("For the hospital")
        self.assertEqual(line.approval_state, "approved")
        self.assertEqual(self.budget.used, 600.0)

    def test_a_service_point_has_its_own(self):
        own = self.budget.create(
            {
                "company_id": self.company.id,
                "team_id": self.team.id,
                "year": 2026,
                "amount": 100.0,
            }
        )
        line = self._line()
        with self.assertRaises(UserError), self.cr.savepoint():
            self.as_user("manager", line).action_override_payer("goodwill", "x")
        own.amount = 200.0
        self.as_user("manager", line).action_override_payer("goodwill", "x")
        self.assertEqual((own.used, self.budget.used), (200.0, 0.0))
        self.assertEqual(
            self.env["aftersales.order.line"].search(own._get_domain()), line
        )

    def test_the_year_is_that_of_the_call_at_the_company(self):
        self.company.partner_id.tz = "Asia/Shanghai"
        line = self._line(called_at="2025-12-31 16:30:00")
        self.as_user("manager", line).action_override_payer("goodwill", "x")
        self.assertEqual(self.budget.used, 200.0)
        last = self._line(9.0, called_at="2025-12-31 15:30:00")
        self.as_user("manager", last).action_override_payer("goodwill", "no budget")
        self.assertEqual(self.budget.used, 200.0)

    def test_who_may_set_it(self):
        for role in ("operator", "technician", "supervisor", "accountant"):
            with self.assertRaises(AccessError):
                self.as_user(role, self.budget).write({"amount": 1e6})
        self.assertTrue(self.as_user("accountant", self.budget).used is not None)
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.budget.create(
            {"company_id": other.id, "year": 2026, "amount": 1.0}
        )
        seen = self.as_user("manager", self.budget).search([])
        self.assertNotIn(foreign, seen)

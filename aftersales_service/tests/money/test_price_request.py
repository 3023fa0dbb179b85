from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common import GROUP, AftersalesCommon


@tagged("post_install", "-at_install")
class TestPriceRequest(AftersalesCommon):
    """A price off the list is asked for in the office, with a reason (SV-50)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.discount.limit"].search([]).active = False
        cls.order = cls._create_order(line_ids=[cls._line_values("labour", cls.labour)])
        cls.line = cls.order.line_ids

    def _form(self, role="operator", line=None):
        model = self.as_user(role, self.env["aftersales.price.request"])
        context = {"default_line_id": (line or self.line).id}
        return Form(model.with_context(**context))

    def _ask(self, price, reason="Old customer", **kwargs):
        with self._form(**kwargs) as form:
            form.price_unit = price
            form.reason = reason
        form.record.action_confirm()
        return form.record

    def _limit(self, percent=10.0, orders=2):
        return self.env["aftersales.discount.limit"].create(
            {
                "group_id": self.env.ref(f"{GROUP}operator").id,
                "percent": percent,
                "orders_per_week": orders,
            }
        )

    def test_the_manager_reads_why(self):
        form = self._form()
        self.assertEqual((form.list_price, form.price_unit), (200.0, 200.0))
        self.assertIn("needs no approval", form.outcome)
        form.price_unit = 150.0
        self.assertEqual(form.deviation, -25.0)
        self.assertIn("manager decides", form.outcome)
        with self.assertRaisesRegex(UserError, "Say why"):
            form.save().action_confirm()
        self.assertEqual(self.line.price_unit, 200.0)
        self._ask(150.0)
        approval = self.line.approval_ids
        self.assertEqual((approval.state, approval.reason), ("pending", "Old customer"))
        self.assertEqual(approval.requested_by_id, self.users["operator"])
        self.as_user("manager", approval).action_approve()
        self.assertEqual(self.line.approval_state, "approved")

    def test_refused_is_asked_again_with_more_to_say(self):
        self._ask(150.0)
        self.as_user("manager", self.line.approval_ids).action_reject("Too low")
        self.assertEqual(self.line.approval_state, "rejected")
        self._ask(150.0, "The competitor offers 140")
        self.assertEqual(self.line.approval_state, "pending")
        latest = self.line.approval_ids.sorted("id")[-1]
        self.assertEqual(latest.reason, "The competitor offers 140")
        self.assertEqual(len(self.line.approval_ids), 2, "the history stays")

    def test_price_of_the_list_takes_the_request_back(self):
        self._ask(150.0)
        self._ask(200.0, "")
        self.assertEqual(self.line.approval_state, "none")

    def test_own_limit_is_told_before_and_counted(self):
        self._limit(percent=10.0, orders=1)
        form = self._form()
        form.price_unit = 190.0
        self.assertIn("own limit", form.outcome)
        form.price_unit = 150.0
        self.assertIn("your limit is 10 %", form.outcome)
        self._ask(185.0)
        self.assertEqual(self.line.approval_state, "approved")
        self.assertTrue(self.line.approval_ids.by_limit)
        self.assertEqual(self.line.approval_ids.reason, "Old customer")
        other = self._create_order(line_ids=[self._line_values("labour", self.labour)])
        self._ask(185.0, line=other.line_ids)
        self.assertEqual(other.approval_state, "pending", "one order a week")
        self._ask(181.0)
        self.assertEqual(self.line.approval_state, "approved", "the same order")

    def test_price_typed_in_the_list_is_explained_afterwards(self):
        self.as_user("operator", self.line).price_unit = 120.0
        order = self.as_user("operator", self.order)
        with self.assertRaisesRegex(UserError, "Say why"):
            order.action_explain_approval(" ")
        order.action_explain_approval("Framework contract")
        self.assertEqual(self.line.approval_ids.reason, "Framework contract")
        with self.assertRaises(UserError):
            self.as_user("operator", self.line.approval_ids).write({"reason": "x"})
        self.as_user("manager", self.line.approval_ids).action_approve()
        with self.assertRaisesRegex(UserError, "any more"):
            order.action_explain_approval("Too late")

    def test_who_may_ask(self):
        for role in ("accountant", "parts"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._form(role)
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, self.order).action_explain_approval("x")

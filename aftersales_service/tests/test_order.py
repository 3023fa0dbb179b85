from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestOrder(AftersalesCommon):
    def test_number_and_defaults_come_by_themselves(self):
        order = self._create_order()
        self.assertRegex(order.name, r"SV/\d{4}/\d{5}")
        self.assertEqual(order.product_id, self.server)
        self.assertEqual(order.phone, self.customer.phone)

    def test_journey_to_closed(self):
        order = self._create_reported_order()
        self.as_user("technician", order).action_complete()
        self.assertEqual(order.state, "done")
        self.as_user("supervisor", order).action_close()
        self.assertEqual(order.state, "closed")
        with self.assertRaises(UserError):
            self.as_user("supervisor", order).write({"remedy": "changed"})

    def test_incomplete_report_says_what_is_missing(self):
        order = self._create_order(technician_id=self.technician.id)
        order.action_dispatch()
        with self.assertRaisesRegex(UserError, "the cause"):
            order.action_complete()
        self.assertEqual(order.state, "dispatched")

    def test_second_open_order_asks_first(self):
        self._create_order()
        with self.assertRaisesRegex(UserError, "already has an open order"):
            self._create_order(duplicate_confirmed=False)

    def test_state_cannot_be_written(self):
        order = self._create_order()
        for values in ({"state": "done"}, {"amount_customer": 1}, {"name": "X"}):
            with self.assertRaises(AccessError):
                self.as_user("manager", order).write(values)
            with self.assertRaises(AccessError):
                self.as_user("manager", order).create([self._order_values(**values)])

    def test_price_off_list_waits_for_the_manager(self):
        order = self.as_user("operator", self.env["aftersales.order"]).create(
            self._order_values(
                line_ids=[self._line_values("labour", self.labour, price_unit=150.0)]
            )
        )
        self.assertEqual(order.approval_state, "pending")
        self.assertEqual(order.line_ids.list_price, 200.0)
        with self.assertRaisesRegex(UserError, "not approved"):
            order._check_approved()
        with self.assertRaises(AccessError):
            self.as_user("supervisor", order.approval_ids).action_approve()
        self.as_user("manager", order.approval_ids).action_approve()
        self.assertEqual(order.approval_state, "approved")
        order.line_ids.price_unit = 100.0
        self.assertEqual(order.approval_state, "pending")

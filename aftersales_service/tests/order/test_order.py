from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import AftersalesCommon


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
        self.as_user("supervisor", order).action_invoice()
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

    def test_queries_do_not_grow_with_the_number_of_orders(self):
        assets = self.env["aftersales.asset"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.server.id,
                    "serial": f"B{number}",
                }
                for number in range(111)
            ]
        )
        lines = [
            self._line_values("part", self.disk),
            self._line_values("labour", self.labour),
        ]

        def count_queries(machines):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["aftersales.order"].create(
                [
                    self._order_values(asset_id=machine.id, line_ids=lines)
                    for machine in machines
                ]
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count_queries(assets[:1])  # caches of groups, rules and sequences
        few, many = count_queries(assets[1:11]), count_queries(assets[11:])
        self.assertLessEqual(many, few + 2, "ninety orders more, no query each")

    def test_equal_lines_of_a_batch_are_priced_like_single_ones(self):
        values = [
            self._order_values(
                service_type=service_type,
                line_ids=[self._line_values("labour", self.labour, quantity)],
            )
            for service_type in ("chargeable", "contract", "chargeable")
            for quantity in (1, 2)
        ]
        together = self.env["aftersales.order"].create(values)
        alone = self.env["aftersales.order"].browse()
        for vals in values:
            alone |= self.env["aftersales.order"].create([vals])
        for batch, single in zip(together.line_ids, alone.line_ids, strict=True):
            for field in ("list_price", "payer", "payer_reason", "customer_total"):
                self.assertEqual(batch[field], single[field])
        self.assertEqual(together.mapped("amount_customer"), [200, 400, 0, 0, 200, 400])
        self.assertEqual(together.mapped("amount_covered"), [0, 0, 200, 400, 0, 0])

    def test_guarded_fields_cannot_ride_on_nested_lines_or_context(self):
        orders = self.as_user("operator", self.env["aftersales.order"])
        smuggled = [self._line_values("labour", self.labour, payer="goodwill")]
        with self.assertRaises(AccessError):
            orders.create([self._order_values(line_ids=smuggled)])
        for context in ({"default_state": "done"}, {"aftersales_pass": True}):
            with self.assertRaises(AccessError):
                orders.with_context(**context).create(
                    [
                        self._order_values(
                            **({} if "default_state" in context else {"state": "done"})
                        )
                    ]
                )

    def test_the_form_of_a_closed_order_takes_no_input(self):
        arch = self.env["aftersales.order"].get_view(view_type="form")["arch"]
        form = etree.fromstring(arch)
        remedy = form.xpath("//field[@name='remedy']")[0]
        self.assertIn("closed", remedy.get("readonly"))
        number = form.xpath("//field[@name='name'][not(ancestor::field)]")[0]
        self.assertNotIn("closed", number.get("readonly") or "")

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import AftersalesCommon

SIGNATURE = b"iVBORw0KGgo="


@tagged("post_install", "-at_install")
class TestQuote(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "cui@example.com"
        cls.inspection = cls._create_product(
            "Inspection", type="service", list_price=80.0
        )
        cls.company.aftersales_inspection_product_id = cls.inspection

    def _create_quoted_order(self, **values):
        values.setdefault(
            "line_ids",
            [
                self._line_values("part", self.disk, 2),
                self._line_values("labour", self.labour),
            ],
        )
        order = self._create_order(technician_id=self.technician.id, **values)
        order.action_dispatch()
        self.as_user("technician", order).action_quote()
        return order

    def test_sent_by_mail_with_link_and_date(self):
        order = self._create_quoted_order()
        self.assertEqual(order.quote_state, "sent")
        self.assertEqual(order.quote_amount, 1800.0)
        self.assertEqual(
            order.quote_valid_until,
            fields.Date.context_today(order)
            + timedelta(days=self.company.aftersales_quote_days),
        )
        message = order.message_ids.filtered(lambda m: m.message_type == "comment")
        self.assertIn(self.customer, message.partner_ids)
        self.assertIn(order.access_token, message.body)

    def test_customer_without_address_is_no_dead_end(self):
        self.customer.email = False
        order = self._create_quoted_order()
        self.assertEqual(order.quote_state, "sent")
        self.as_user("technician", order).action_accept_quote("Ms Cui", SIGNATURE)
        self.assertEqual(order.quote_state, "accepted")

    def test_waiting_approval_blocks(self):
        order = self.as_user("operator", self.env["aftersales.order"]).create(
            self._order_values(
                line_ids=[self._line_values("labour", self.labour, price_unit=100.0)]
            )
        )
        with self.assertRaisesRegex(UserError, "not approved"):
            order.action_quote()
        with self.assertRaisesRegex(UserError, "not approved"):
            order.action_accept_quote("Ms Cui")

    def test_nothing_to_pay_needs_no_quotation(self):
        with self.assertRaisesRegex(UserError, "nothing to pay"):
            self._create_quoted_order(service_type="contract")

    def test_roles(self):
        order = self._create_quoted_order()
        for action, args in (
            ("action_quote", ()),
            ("action_accept_quote", ("X", SIGNATURE)),
            ("action_refuse_quote", ("Too dear",)),
        ):
            for role in ("parts", "accountant"):
                with (
                    self.subTest(action=action, role=role),
                    self.assertRaises(AccessError),
                ):
                    getattr(self.as_user(role, order), action)(*args)

    def test_accepted_on_the_screen(self):
        order = self._create_quoted_order()
        with self.assertRaisesRegex(UserError, "name"):
            order.action_accept_quote("  ", SIGNATURE)
        self.as_user("technician", order).action_accept_quote(" Ms Cui ", SIGNATURE)
        self.assertEqual(order.quote_state, "accepted")
        self.assertEqual(order.quote_decided_by, "Ms Cui")
        self.assertTrue(order.quote_signature)
        self.assertTrue(order.quote_decided_at)
        with self.assertRaisesRegex(UserError, "cannot be decided"):
            order.action_accept_quote("Ms Cui", SIGNATURE)

    def test_expired_quotation_is_not_accepted(self):
        order = self._create_quoted_order()
        order.quote_valid_until = fields.Date.today() - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "valid until"):
            order.action_accept_quote("Ms Cui")
        order.action_quote()
        order.action_accept_quote("Ms Cui")

    def test_refused_means_inspection_only(self):
        order = self._create_quoted_order()
        order.action_refuse_quote("Too dear")
        self.assertEqual(order.quote_state, "refused")
        self.assertEqual(order.line_ids.product_id, self.inspection)
        self.assertEqual(order.amount_customer, 80.0)
        self.assertIn(
            "Disk",
            order.message_ids.mapped("body")[0]
            + "".join(order.message_ids.mapped("body")),
        )
        with self.assertRaisesRegex(UserError, "no quotation to refuse"):
            order.action_refuse_quote("again")

    def test_refused_keeps_covered_lines(self):
        order = self._create_quoted_order()
        contract = order.line_ids[1]
        self.as_user("manager", contract).action_override_payer("contract", "Plan A")
        self.assertEqual(order.quote_state, "none", "the offer has changed")
        order.action_quote()
        order.action_refuse_quote("Too dear")
        self.assertEqual(order.line_ids.product_id, self.labour + self.inspection)

    def test_refused_without_inspection_product(self):
        self.company.aftersales_inspection_product_id = False
        order = self._create_quoted_order()
        order.action_refuse_quote("Too dear")
        self.assertFalse(order.line_ids)
        self.assertIn("No inspection fee", order.message_ids[0].body)

    def test_change_takes_a_sent_quotation_back(self):
        for change in (
            {"quantity": 3},
            {"discount": 5.0},
            {"product_id": self.travel.id, "kind": "travel"},
        ):
            with self.subTest(change=change):
                order = self._create_quoted_order()
                order.line_ids[0].write(change)
                self.assertEqual(order.quote_state, "none")
                self.assertIn("no longer valid", order.message_ids[0].body)

    def test_accepted_holds_while_the_customer_pays_no_more(self):
        order = self._create_quoted_order()
        order.action_accept_quote("Ms Cui", SIGNATURE)
        order.line_ids[0].quantity = 1
        self.assertEqual(order.quote_state, "accepted")
        order.write({"line_ids": [self._line_values("travel", self.travel)]})
        self.assertEqual(order.quote_state, "none", "another article")

    def test_accepted_falls_when_it_gets_dearer(self):
        order = self._create_quoted_order()
        order.action_accept_quote("Ms Cui", SIGNATURE)
        order.line_ids[0].quantity = 4
        self.assertEqual(order.quote_state, "none")
        self.assertFalse(order.quote_signature)

    def test_misuse_makes_a_contract_order_dearer(self):
        order = self._create_quoted_order()
        order.action_accept_quote("Ms Cui", SIGNATURE)
        line = self._line_values("labour", self.labour, 5)
        order.write({"service_type": "contract", "line_ids": [line]})
        self.assertEqual(order.quote_state, "accepted")
        order.misuse = True
        self.assertEqual(order.quote_state, "none")

    def test_required_answer_stops_completion(self):
        self.company.aftersales_quote_required = True
        order = self._create_reported_order()
        with self.assertRaisesRegex(UserError, "answer to the quotation"):
            order.action_complete()
        order.action_withdraw_signature()
        order.action_accept_quote("Ms Cui", SIGNATURE)
        order.action_sign("Ms Cui", SIGNATURE)
        order.action_complete()
        self.assertEqual(order.state, "done")

    def test_withdraw_signature_unlocks_the_lines(self):
        order = self._create_reported_order()
        technician = self.as_user("technician", order)
        with self.assertRaisesRegex(UserError, "has signed"):
            technician.line_ids.quantity = 2
        with self.assertRaises(AccessError):
            self.as_user("operator", order).action_withdraw_signature("x")
        technician.action_withdraw_signature("Two hours")
        self.assertFalse(order.signed_at or order.signature or order.signed_by)
        self.assertIn("Two hours", order.message_ids[0].body)
        technician.line_ids.quantity = 2
        with self.assertRaisesRegex(UserError, "not signed"):
            technician.action_withdraw_signature("x")
        technician.action_sign("Ms Cui", SIGNATURE)
        technician.action_complete()
        with self.assertRaisesRegex(UserError, "not possible now"):
            technician.action_withdraw_signature("x")

    def test_decision_fields_cannot_be_written(self):
        order = self._create_quoted_order()
        for values in (
            {"quote_state": "accepted"},
            {"quote_decided_by": "X"},
            {"quote_valid_until": "2099-01-01"},
            {"quote_amount": 1.0},
            {"quote_lines": []},
            {"quote_signature": SIGNATURE},
            {"charge_state": "paid"},
            {"invoice_ids": [Command.clear()]},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.as_user("manager", order).write(values)

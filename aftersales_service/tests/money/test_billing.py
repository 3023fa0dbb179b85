from unittest.mock import patch

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged

from ..common import AftersalesCommon


class BillingCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_invoice_policy = "manual"
        cls.env["account.journal"].search(
            [("company_id", "=", cls.company.id), ("type", "=", "sale")], limit=1
        ) or cls.env["account.journal"].create(
            {"name": "Sales", "code": "SVI", "type": "sale"}
        )

    @classmethod
    def _create_done_order(cls, **values):
        order = cls._create_reported_order(**values)
        order.action_complete()
        return order

    @classmethod
    def _pay(cls, invoice, amount=None):
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({})
        )
        if amount:
            wizard.amount = amount
        return wizard._create_payments()

    @classmethod
    def _credit(cls, invoice, cancel=True):
        return invoice._reverse_moves([{"invoice_date": invoice.date}], cancel=cancel)


@tagged("post_install", "-at_install")
class TestBilling(BillingCommon):
    def test_one_click_makes_one_draft_with_everything(self):
        terms = self.env.ref("account.account_payment_term_30days")
        self.customer.property_payment_term_id = terms
        address = self.env["res.partner"].create(
            {"name": "Books", "type": "invoice", "parent_id": self.customer.id}
        )
        order = self._create_done_order()
        self.assertEqual(order.charge_state, "to_invoice")
        self.as_user("accountant", order).action_invoice()
        invoice = order.invoice_ids
        self.assertEqual(len(invoice), 1)
        self.assertEqual(invoice.state, "draft")
        self.assertEqual(invoice.partner_id, address)
        self.assertEqual(invoice.invoice_payment_term_id, terms)
        self.assertEqual(invoice.invoice_origin, order.name)
        self.assertEqual(invoice.amount_total, order.amount_customer)
        self.assertEqual(
            invoice.invoice_line_ids.aftersales_order_line_id, order.line_ids
        )
        self.assertEqual(invoice.delivery_date, order.done_at.date())
        self.assertEqual(order.charge_state, "invoiced")

    def test_second_click_gives_a_clear_error(self):
        order = self._create_done_order()
        order.action_invoice()
        with self.assertRaisesRegex(UserError, "already invoiced"):
            self.as_user("supervisor", order).action_invoice()
        self.assertEqual(len(order.invoice_ids), 1)

    def test_wrong_state_and_wrong_role_are_refused(self):
        order = self._create_reported_order()
        with self.assertRaisesRegex(UserError, "Complete the work first"):
            self.as_user("accountant", order).action_invoice()
        order.action_complete()
        for role in ("operator", "dispatcher", "technician", "parts"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, order).action_invoice()
        self.assertFalse(order.invoice_ids)

    def test_supervisor_without_accounting_makes_a_draft(self):
        order = self._create_done_order()
        supervisor = self.as_user("supervisor", order)
        self.assertFalse(supervisor.env["account.move"].has_access("create"))
        supervisor.action_invoice()
        self.assertEqual(order.invoice_ids.state, "draft")
        self.assertEqual(order.invoice_ids.create_uid, self.users["supervisor"])

    def test_policy_invoices_at_completion(self):
        for policy, state in (("draft", "draft"), ("posted", "posted")):
            with self.subTest(policy=policy):
                self.company.aftersales_invoice_policy = policy
                order = self._create_reported_order()
                self.as_user("technician", order).action_complete()
                self.assertEqual(order.invoice_ids.state, state)
                self.assertEqual(order.charge_state, "invoiced")

    def test_missing_journal_names_company_and_setting(self):
        order = self._create_done_order()
        self.env["account.journal"].search([("type", "=", "sale")]).active = False
        with self.assertRaisesRegex(RedirectWarning, self.company.name):
            self.as_user("accountant", order).action_invoice()
        self.assertFalse(order.invoice_ids)
        self.company.aftersales_invoice_policy = "posted"
        other = self._create_reported_order()
        self.as_user("technician", other).action_complete()
        self.assertEqual(other.state, "done")
        self.assertEqual(other.charge_state, "to_invoice")
        self.assertIn("no sales journal", other.message_ids[0].body)

    def test_covered_lines_are_not_invoiced(self):
        order = self._create_done_order(service_type="contract")
        self.assertEqual(order.charge_state, "nothing")
        self.assertGreater(order.amount_covered, 0)
        with self.assertRaisesRegex(UserError, "nothing to invoice"):
            order.action_invoice()
        order.action_close()

    def test_states_flow_back_from_accounting(self):
        order = self._create_done_order()
        order.action_invoice()
        order.invoice_ids.unlink()
        self.assertEqual(order.charge_state, "to_invoice")
        order.action_invoice()
        order.invoice_ids.button_cancel()
        self.assertEqual(order.charge_state, "to_invoice")
        order.action_invoice()
        invoice = order.invoice_ids.filtered(lambda move: move.state == "draft")
        invoice.action_post()
        self.assertEqual(order.charge_state, "invoiced")
        self._pay(invoice, 50.0)
        self.assertEqual(order.charge_state, "partial")
        self._pay(invoice)
        self.assertEqual(order.charge_state, "paid")
        self._credit(invoice, cancel=False).action_post()
        self.assertEqual(order.charge_state, "refunded")

    def test_credit_note_then_invoice_again(self):
        order = self._create_done_order()
        order.action_invoice()
        order.invoice_ids.action_post()
        self._credit(order.invoice_ids)
        self.assertEqual(order.charge_state, "refunded")
        self.assertEqual(len(order.invoice_ids), 2)
        with self.assertRaisesRegex(UserError, "already invoiced"):
            order.action_invoice()
        self.as_user("accountant", order).action_invoice_again("Wrong address")
        self.assertEqual(order.charge_state, "to_invoice")
        order.action_invoice()
        self.assertEqual(order.charge_state, "invoiced")
        with self.assertRaises(UserError):
            order.action_invoice_again("again")

    def test_copy_of_an_invoice_is_not_the_orders(self):
        order = self._create_done_order()
        order.action_invoice()
        copy = order.invoice_ids.copy()
        self.assertNotIn(copy, order.invoice_ids)

    def test_invoice_stands_in_the_way(self):
        order = self._create_done_order()
        with self.assertRaisesRegex(UserError, "Invoice"):
            order.action_close()
        order.action_invoice()
        order.invoice_ids.action_post()
        for action in ("action_cancel", "action_reopen"):
            with (
                self.subTest(action=action),
                self.assertRaisesRegex(UserError, "is invoiced"),
            ):
                getattr(order, action)("Mistake")
        self._credit(order.invoice_ids)
        order.action_reopen("Wrong hours")
        order.action_complete()
        self.assertEqual(order.charge_state, "to_invoice")

    def test_open_approval_blocks(self):
        order = self._create_done_order()
        with (
            patch.object(
                type(order),
                "_check_approved",
                side_effect=UserError("is not approved yet"),
            ),
            self.assertRaisesRegex(UserError, "not approved"),
        ):
            order.action_invoice()

    def test_total_equals_the_voucher_to_the_last_unit(self):
        tax = self.env["account.tax"].create(
            {"name": "VAT 13", "amount": 13.0, "type_tax_use": "sale"}
        )
        included = tax.copy(
            {"name": "VAT 13 incl", "price_include_override": "tax_included"}
        )
        lines = [(33.33, 3, 0), (0.99, 7, 0), (19.995, 1, 0), (100.05, 0.35, 0)]
        for name in ("JPY", "EUR", "KWD"):
            currency = self.env.ref(f"base.{name}")
            currency.active = True
            pricelist = self.env["product.pricelist"].create(
                {"name": name, "currency_id": currency.id}
            )
            for taxes in (tax, included):
                for method in ("round_per_line", "round_globally"):
                    self.company.tax_calculation_rounding_method = method
                    with self.subTest(currency=name, tax=taxes.name, method=method):
                        self._check_total(pricelist, taxes, lines)

    def _check_total(self, pricelist, taxes, lines):
        self.labour.taxes_id = taxes
        order = self._create_order(
            pricelist_id=pricelist.id,
            line_ids=[
                self._line_values("labour", self.labour, quantity, price_unit=price)
                for price, quantity, _discount in lines
            ],
        )
        order.write({"state": "done", "done_at": "2026-03-02 08:00:00"})
        for line in order.line_ids:
            line.write(
                {"approved_price": line._get_net_price(), "approved_payer": "customer"}
            )
        order.action_invoice()
        invoice = order.invoice_ids
        self.assertEqual(invoice.currency_id, pricelist.currency_id)
        self.assertEqual(invoice.invoice_line_ids.tax_ids, taxes)
        for field, other in (
            ("amount_total", "amount_customer"),
            ("amount_untaxed", "amount_untaxed"),
            ("amount_tax", "amount_tax"),
        ):
            self.assertEqual(
                invoice.currency_id.compare_amounts(invoice[field], order[other]),
                0,
                field,
            )

    def test_queries_do_not_grow_with_the_number_of_orders(self):
        def invoice(count):
            orders = self.env["aftersales.order"].browse()
            for _i in range(count):
                orders |= self._create_done_order()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            with patch.object(
                type(self.env["account.move"]), "create", lambda self, vals: self
            ):
                orders._lock_for_invoice()._create_invoices()
            return self.cr.sql_log_count - before

        invoice(1)  # warms the caches
        few, many = invoice(2), invoice(8)
        self.assertLessEqual(many, few)

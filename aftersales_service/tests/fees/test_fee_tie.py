from odoo import fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..common import GROUP
from .test_fee_desk import FeeCommon


@tagged("post_install", "-at_install")
class TestFeeTie(FeeCommon):
    """The desk against the ledger, in every way an invoice can be made."""

    def _tax(self, name, included=False):
        tax = self.env["account.tax"].create(
            {
                "name": name,
                "amount": 13.0,
                "type_tax_use": "sale",
                "price_include_override": "tax_included"
                if included
                else "tax_excluded",
            }
        )
        self._book_tax(tax)
        return tax

    def _foreign_pricelist(self, rate=0.137):
        currency = self.env.ref("base.EUR")
        if currency == self.company.currency_id:
            currency = self.env.ref("base.USD")
        currency.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "rate": rate,
                "name": "2020-01-01",
                "company_id": self.company.id,
            }
        )
        return self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )

    def test_nothing_differs_with_taxes_included_and_excluded(self):
        for included in (False, True):
            self.labour.taxes_id = self._tax(f"VAT {included}", included)
            order = self._create_done_order(
                line_ids=[self._line_values("labour", self.labour, 1.37)]
            )
            self._invoice(order)
            self._assert_codes(order)
            line = self._line(order)
            self.assertEqual(line.invoiced, order.amount_customer)
            self.assertEqual(line.open, order.amount_customer)
        ties = self._assert_ties()
        self.assertGreater(ties["revenue"]["ledger"], 0)
        self.assertGreater(ties["receivable"]["ledger"], 0)

    def test_partial_payment_refund_and_cancelled_invoice(self):
        paid, credited, cancelled = (self._create_done_order() for _i in range(3))
        self._pay(self._invoice(paid), 50.0)
        self._credit(self._invoice(credited))
        self._invoice(cancelled).button_draft()
        cancelled.invoice_ids.button_cancel()
        line = self._line(paid)
        self.assertEqual((line.paid, line.open), (50.0, 150.0))
        line = self._line(credited)
        self.assertEqual((line.credited, line.paid, line.open), (200.0, 0.0, 0.0))
        self._assert_codes(credited, "not_invoiced", "credited")
        line = self._line(cancelled)
        self.assertEqual((line.invoiced, line.codes), (0.0, "not_invoiced"))
        self._assert_ties()

    def test_two_currencies_and_their_rate_difference(self):
        pricelist = self._foreign_pricelist()
        order = self._create_done_order(
            pricelist_id=pricelist.id,
            line_ids=[self._line_values("labour", self.labour, 1.37)],
        )
        self._create_done_order().action_invoice()
        invoice = self._invoice(order)
        line = self._line(order)
        self.assertEqual(line.currency_id, pricelist.currency_id)
        self.assertEqual(line.invoiced, order.amount_customer)
        self.assertEqual(line.invoiced_company, invoice.amount_total_signed)
        self.assertEqual(line.open_company, invoice.amount_residual_signed)
        self.assertAlmostEqual(line.agreed_company, line.invoiced_company, delta=0.05)
        self._assert_ties()
        tomorrow = fields.Date.add(self.today, days=1)
        self.env["res.currency.rate"].create(
            {
                "currency_id": pricelist.currency_id.id,
                "rate": 0.2,
                "name": tomorrow,
                "company_id": self.company.id,
            }
        )
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": tomorrow})
        )
        wizard._create_payments()
        line = self._line(order)
        self.assertEqual((line.open, line.open_company), (0.0, 0.0))
        self.assertNotEqual(line.rate_difference, 0.0)
        self._assert_ties()

    def test_cash_rounding_is_not_an_exception(self):
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "0.05",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "profit_account_id": self.env["account.account"]
                .search([("account_type", "=", "income")], limit=1)
                .id,
                "loss_account_id": self.env["account.account"]
                .search([("account_type", "=", "expense")], limit=1)
                .id,
            }
        )
        self.labour.taxes_id = self._tax("VAT")
        order = self._create_done_order(
            line_ids=[self._line_values("labour", self.labour, 0.17)]
        )
        self.assertEqual(order.amount_customer, 38.42)
        order.action_invoice()
        order.invoice_ids.invoice_cash_rounding_id = rounding
        order.invoice_ids.action_post()
        self.assertNotEqual(order.invoice_ids.amount_total, order.amount_customer)
        self._assert_codes(order)
        self._pay(order.invoice_ids)
        self.assertEqual(self._line(order).open, 0.0)
        ties = self._tie()
        self.assertEqual(ties["receivable"]["difference"], 0.0)
        listed = sum(entry["difference"] for entry in ties["revenue"]["entries"])
        self.assertAlmostEqual(listed, ties["revenue"]["difference"], 2)

    def test_early_payment_discount(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "2 % in 10 days",
                "early_discount": True,
                "discount_days": 10,
                "discount_percentage": 2.0,
            }
        )
        self.customer.property_payment_term_id = terms
        order = self._create_done_order()
        invoice = self._invoice(order)
        payment = self._pay(invoice)
        self.assertEqual(payment.amount, 196.0)
        line = self._line(order)
        self.assertEqual((line.open, line.written_off, line.paid), (0.0, 4.0, 196.0))
        self.assertEqual((line.state, line.codes), ("exception", "less"))
        self._assert_ties()

    def test_collective_invoice_is_shared_to_the_cent(self):
        orders = self.env["aftersales.order"].browse()
        for quantity in (0.3333, 0.77, 1.119):
            orders |= self._create_done_order(
                line_ids=[self._line_values("labour", self.labour, quantity)]
            )
        orders.action_invoice_collective()
        invoice = orders.invoice_ids
        invoice.action_post()
        self._pay(invoice, 100.0)
        lines = self.lines.browse(orders.ids)
        self._line(orders[0])
        self.assertFalse(any(lines.mapped("codes")))
        self.assertAlmostEqual(sum(lines.mapped("invoiced")), invoice.amount_total, 2)
        self.assertAlmostEqual(sum(lines.mapped("open")), invoice.amount_residual, 2)
        self._assert_ties()

    def test_lock_date_does_not_hide_anything(self):
        yesterday = fields.Date.subtract(self.today, days=1)
        order = self._create_done_order()
        order.done_at = fields.Datetime.subtract(order.done_at, days=1)
        self.company.fiscalyear_lock_date = yesterday
        order.action_invoice()
        order.invoice_ids.invoice_date = yesterday
        order.invoice_ids.action_post()
        self.assertGreater(order.invoice_ids.date, yesterday)
        self.assertEqual(self._line(order).invoiced, 200.0)
        self._assert_ties()

    def test_foreign_entry_on_a_revenue_account_is_listed(self):
        income = self.env["account.account"].create(
            {"name": "Service", "code": "605199", "account_type": "income"}
        )
        self.labour.property_account_income_id = income
        self.company.aftersales_revenue_account_ids = income
        self._invoice(self._create_done_order())
        self._assert_ties("revenue")
        other = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "x", "price_unit": 33.0, "account_id": income.id}
                    )
                ],
            }
        )
        other.invoice_line_ids.tax_ids = False
        other.action_post()
        tie = self._tie()["revenue"]
        self.assertEqual(tie["difference"], -33.0)
        self.assertEqual([e["id"] for e in tie["entries"]], other.ids)

    def test_receivable_is_that_of_the_last_evening(self):
        """A payment of tomorrow does not change what was open today."""
        order = self._create_done_order()
        invoice = self._invoice(order)
        self._pay(invoice, 50.0)
        tomorrow = fields.Date.add(self.today, days=1)
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": tomorrow})
        )
        wizard._create_payments()
        self.assertEqual(self._line(order).open, 0.0)
        ties = self.as_user("accountant", self.env["aftersales.fee.tie_out"])
        for end, rest in ((self.today, 150.0), (tomorrow, 0.0)):
            tie = ties.get_tie_out(self.company.id, self.today, end)["receivable"]
            self.assertEqual((tie["desk"], tie["ledger"]), (rest, rest), end)
        close = self._close()
        self.assertEqual(close.amount_open, 150.0)
        line = close._get_lines()
        self.assertEqual((line.paid, line.open), (200.0, 0.0), "the desk shows now")
        tie = close.figures["ties"]["receivable"]
        self.assertEqual((tie["desk"], tie["ledger"]), (150.0, 150.0))

    def test_cents_of_the_rate_are_listed_and_nothing_else_is(self):
        """The desk converts the document; a wrong balance is not taken from it."""
        order = self._create_done_order(
            pricelist_id=self._foreign_pricelist(0.1371).id,
            line_ids=[
                self._line_values("labour", self.labour, quantity)
                for quantity in (0.37, 1.113, 0.49, 2.77)
            ],
        )
        invoice = self._invoice(order)
        tie = self._tie()["revenue"]
        self.assertEqual(tie["difference"], 0.0)
        off = tie["desk"] - tie["ledger"]
        self.assertAlmostEqual(off, tie["rounding"], 2)
        self.assertNotEqual(tie["rounding"], 0.0, "choose quantities that round")
        self.assertEqual([entry["id"] for entry in tie["entries"]], invoice.ids)
        self.env.cr.execute(
            "UPDATE account_move_line SET balance = balance - 5"
            " WHERE move_id = %s AND display_type = 'product'",
            [invoice.id],
        )
        tie = self._tie()["revenue"]
        self.assertAlmostEqual(tie["difference"], -20.0, delta=0.5)
        self.assertEqual(tie["rounding"], 0.0)

    def test_yen_and_dinar_are_shared_to_the_last_unit(self):
        """Currencies of 0 and 3 decimals, collective and partly paid."""
        for name, quantities in (("JPY", (0.3333, 0.77)), ("KWD", (1.119, 0.0417))):
            currency = self.env["res.currency"].search(
                [("name", "=", name), ("active", "in", (True, False))]
            )
            currency.active = True
            self.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "rate": 21.37 if name == "JPY" else 0.0427,
                    "name": "2020-01-01",
                    "company_id": self.company.id,
                }
            )
            pricelist = self.env["product.pricelist"].create(
                {"name": name, "currency_id": currency.id}
            )
            orders = self.env["aftersales.order"]
            for quantity in quantities:
                orders |= self._create_done_order(
                    pricelist_id=pricelist.id,
                    line_ids=[self._line_values("labour", self.labour, quantity)],
                )
            orders.action_invoice_collective()
            invoice = orders.invoice_ids
            invoice.action_post()
            self._pay(invoice, currency.round(invoice.amount_total / 3))
            lines = self.lines.browse(orders.ids)
            self._line(orders[0])
            for field, whole in (("invoiced", "total"), ("open", "residual")):
                parts = sum(lines.mapped(field))
                total = invoice[f"amount_{whole}"]
                self.assertFalse(currency.compare_amounts(parts, total), (name, field))
            for line in lines:
                self.assertEqual(line.open, currency.round(line.open))
        self._assert_ties()

    # -- with technicians -------------------------------------------------------

    def test_balance_with_technicians_at_any_date(self):
        collection = self._collect(200.0)
        self._invoice(collection.order_id)
        day = fields.Date.add(self.today, days=1)
        handover = self._handover(200.0, date=day)
        handover.action_post()
        ties = self.as_user("accountant", self.env["aftersales.fee.tie_out"])
        held = {self.technician.id: 200.0}
        self.assertEqual(ties.get_held_at(self.company.id, self.today), held)
        self.assertEqual(ties.get_held_at(self.company.id, day), {})
        yesterday = fields.Date.subtract(self.today, days=1)
        self.assertEqual(ties.get_held_at(self.company.id, yesterday), {})
        for when in (yesterday, self.today, day):
            tie = self._tie(when)["technicians"]
            self.assertEqual(tie["difference"], 0.0, (when, tie))

    def test_money_not_booked_yet_is_listed(self):
        collection = self._collect(200.0)
        tie = self._tie()["technicians"]
        self.assertEqual((tie["desk"], tie["ledger"]), (200.0, 0.0))
        self.assertEqual(tie["entries"][0]["id"], collection.id)
        self.as_user("accountant", collection).action_book()
        self._assert_ties("technicians")

    def test_tie_out_is_for_accounting(self):
        for role in ("technician", "operator", "supervisor"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, self.env["aftersales.fee.tie_out"]).get_tie_out(
                    self.company.id, self.today, self.today
                )


@tagged("post_install", "-at_install")
class TestHandoverAfterwards(FeeCommon):
    def test_example_24_the_missing_20_are_paid_later(self):
        for amount in (200.0, 350.0, 120.0):
            self._collect(amount)
        handover = self._handover(650.0)
        handover.action_post()
        self.assertEqual((handover.state, handover.amount_due), ("difference", 20.0))
        for bad in (25.0, -5.0, "x"):
            with self.assertRaisesRegex(UserError, "up to"):
                handover.action_settle(bad)
        handover.action_settle(5.0)
        self.assertEqual((handover.state, handover.amount_due), ("difference", 15.0))
        handover.action_settle()
        self.assertEqual((handover.state, handover.amount_due), ("settled", 0.0))
        self.assertEqual(self._balance(self.due_account), 0.0)
        self.assertEqual(self._balance(self.box_account), 670.0)
        with self.assertRaisesRegex(UserError, "no difference"):
            handover.action_settle()
        with self.assertRaisesRegex(UserError, "paid later"):
            handover.action_cancel("Wrong")
        with self.assertRaisesRegex(UserError, "books the handover"):
            handover.sudo().settle_move_ids[0].button_draft()
        with self.assertRaises(AccessError):
            self.as_user("technician", handover).action_settle()

    def test_difference_to_the_account_chosen(self):
        self._collect(100.0)
        expense = self.env["account.account"].create(
            {"name": "Short", "code": "660199", "account_type": "expense"}
        )
        handover = self._handover(90.0, difference_account_id=expense.id)
        handover.action_post()
        self.assertEqual(self._balance(expense), 10.0)
        self.assertEqual(handover.amount_due, 0.0)

    def test_notes_and_coins_add_up(self):
        self._collect(100.0)
        handover = self._handover(
            0.0,
            count_ids=[
                Command.create({"denomination": 50.0, "quantity": 1}),
                Command.create({"denomination": 10.0, "quantity": 5}),
            ],
        )
        self.assertEqual(handover.counted_amount, 100.0)
        handover.action_post()
        with self.assertRaises(UserError):
            handover.count_ids[0].quantity = 3

    def test_technician_confirms_the_own_handover(self):
        self._collect(100.0)
        handover = self._handover(100.0)
        technician = self.as_user("technician", handover)
        with self.assertRaisesRegex(UserError, "not possible now"):
            technician.action_confirm()
        handover.action_post()
        with self.assertRaises(AccessError):
            handover.action_confirm()
        [waiting] = technician.env["aftersales.myday"].get_day()["handovers"]
        self.assertEqual((waiting["id"], waiting["counted"]), (handover.id, 100.0))
        technician.action_confirm()
        self.assertFalse(technician.env["aftersales.myday"].get_day()["handovers"])
        self.assertEqual(handover.confirmed_by_id, self.users["technician"])
        with self.assertRaises(UserError):
            technician.action_confirm()

    def test_limit_on_cash_warns_then_blocks(self):
        self.company.aftersales_cash_warning = 100.0
        self.company.aftersales_cash_limit = 300.0
        technician = self.as_user("technician", self.technician)
        self.assertFalse(technician.get_cash_warning())
        self._collect(200.0)
        self.assertIn("Hand it in soon", technician.get_cash_warning())
        order = self._create_done_order()
        with self.assertRaisesRegex(UserError, "limit"):
            self._collect(200.0, order=order)
        self._collect(200.0, "qr", order=order)
        self._collect(100.0)
        self.assertIn("reached", technician.get_cash_warning())


@tagged("post_install", "-at_install")
class TestFreeWork(FeeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.labour.standard_price = 80.0
        cls.cost, cls.wages = cls.env["account.account"].create(
            [
                {"name": "Contract work", "code": "640199", "account_type": "expense"},
                {"name": "Absorbed", "code": "640198", "account_type": "expense"},
            ]
        )
        cls.company.aftersales_free_work_journal_id = cls.env["account.journal"].create(
            {"name": "Free work", "code": "FRW", "type": "general"}
        )

    def _map(self, **values):
        return self.env["aftersales.free.work.account"].create(
            {
                "payer": "contract",
                "account_id": self.cost.id,
                "counter_account_id": self.wages.id,
                **values,
            }
        )

    def _work(self):
        return self.as_user("accountant", self.env["aftersales.free.work"]).create(
            {"date_from": self.today, "date_to": self.today}
        )

    def test_off_by_default_and_names_what_is_missing(self):
        self._create_done_order(service_type="contract")
        self.assertEqual(self.company.aftersales_free_work_policy, "off")
        with self.assertRaisesRegex(UserError, "switched off"):
            self._work().action_post()
        self.company.aftersales_free_work_policy = "period"
        with self.assertRaisesRegex(RedirectWarning, "Contract"):
            self._work().action_post()

    def test_one_entry_per_period_once(self):
        self.company.aftersales_free_work_policy = "period"
        self._map()
        for _i in range(2):
            self._create_done_order(service_type="contract")
        self._create_done_order()
        work = self._work()
        work.action_post()
        self.assertEqual(work.amount, 160.0)
        self.assertEqual(len(work.move_ids), 1)
        self.assertEqual(self._balance(self.cost), 160.0)
        self.assertEqual(self._balance(self.wages), -160.0)
        self.assertEqual(self._tie()["covered"]["difference"], 0.0)
        with self.assertRaises(UserError):
            work.action_post()
        with self.assertRaisesRegex(UserError, "No cost"):
            self._work().action_post()
        with self.assertRaisesRegex(UserError, "free work"):
            work.move_ids.button_draft()
        with self.assertRaisesRegex(UserError, "Say why"):
            work.action_reverse()
        work.action_reverse("Wrong rate")
        self.assertEqual(self._balance(self.cost), 0.0)
        self.labour.standard_price = 90.0
        self._work().action_post()
        self.assertEqual(self._balance(self.cost), 180.0)

    def test_one_entry_per_order_and_category(self):
        self.company.aftersales_free_work_policy = "order"
        category = self.env["product.category"].create({"name": "Labour"})
        special = self.env["account.account"].create(
            {"name": "Special", "code": "640197", "account_type": "expense"}
        )
        self.labour.categ_id = category
        self._map()
        self._map(categ_id=category.id, account_id=special.id)
        for _i in range(2):
            self._create_done_order(service_type="contract")
        work = self._work()
        work.action_post()
        self.assertEqual(len(work.move_ids), 2)
        self.assertEqual(self._balance(special), 160.0)
        tie = self._tie()["covered"]
        self.assertEqual((tie["desk"], tie["ledger"]), (160.0, 160.0))
        self.assertFalse(tie["entries"])
        other = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": special.id, "balance": 7.0}),
                    Command.create({"account_id": self.wages.id, "balance": -7.0}),
                ]
            }
        )
        other.action_post()
        tie = self._tie()["covered"]
        self.assertEqual(tie["difference"], -7.0)
        self.assertEqual(
            [(entry["model"], entry["id"]) for entry in tie["entries"]],
            [("account.move", other.id)],
        )
        other.button_draft()
        work.action_reverse("Wrong rate")
        tie = self._tie()["covered"]
        self.assertEqual((tie["desk"], tie["ledger"]), (0.0, 0.0))
        self.assertFalse(tie["entries"])

    def test_only_accounting_posts(self):
        self.company.aftersales_free_work_policy = "period"
        self._map()
        self._create_done_order(service_type="contract")
        work = self._work()
        for role in ("technician", "supervisor", "manager", "operator"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, work).action_post()
        with self.assertRaises(AccessError):
            work.write({"state": "posted"})
        clerk = new_test_user(self.env, login="as_clerk", groups=f"{GROUP}accountant")
        with self.assertRaises(AccessError):
            work.with_user(clerk).action_post()


@tagged("post_install", "-at_install")
class TestDiscountReport(FeeCommon):
    def test_per_person_and_month(self):
        order = self._create_order(
            line_ids=[self._line_values("labour", self.labour, 2.0)]
        )
        operator = self.as_user("operator", order.line_ids)
        operator.write({"price_unit": 150.0})
        self.env.flush_all()
        report = self.as_user("manager", self.env["aftersales.discount.report"])
        [(user, month, amount)] = report._read_group(
            [("order_id", "=", order.id)], ["user_id", "day:month"], ["amount:sum"]
        )
        self.assertEqual(user.sudo(), self.users["operator"])
        self.assertEqual(month, fields.Date.start_of(self.today, "month"))
        self.assertEqual(amount, -100.0)
        for role in ("technician", "operator"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, report).search([])

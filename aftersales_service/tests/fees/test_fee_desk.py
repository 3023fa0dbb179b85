import io
from zipfile import ZipFile

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ...models.fees.aftersales_fee_line import CODES
from ...tools.workbook import make_workbook
from ..common import GROUP
from ..money.test_collection import CollectionCommon


class FeeCommon(CollectionCommon):
    """Journals of the money taken on site, and the desk as the accountant sees it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = cls.as_user("accountant", cls.env["aftersales.fee.line"])
        cls.today = fields.Date.today()

    @classmethod
    def _book_tax(cls, tax):
        """A tax without an account would be booked on the income account."""
        account = cls.env["account.account"].search(
            [("code", "=", "222199")]
        ) or cls.env["account.account"].create(
            {"name": "VAT", "code": "222199", "account_type": "liability_current"}
        )
        lines = tax.invoice_repartition_line_ids + tax.refund_repartition_line_ids
        lines.filtered(lambda line: line.repartition_type == "tax").account_id = account

    @classmethod
    def _line(cls, order):
        cls.env.flush_all()
        cls.lines.invalidate_model()
        return cls.lines.browse(order.id)

    def _assert_codes(self, order, *codes):
        self.assertEqual(self._line(order).codes or "", ",".join(codes))

    @classmethod
    def _invoice(cls, order):
        order.action_invoice()
        order.invoice_ids.filtered(lambda m: m.state == "draft").action_post()
        return order.invoice_ids

    def _close(self, day=None, kind="day", team=None):
        closes = self.as_user("accountant", self.env["aftersales.fee.close"])
        return closes.action_close_period(
            (team or self.team).id, day or self.today, kind
        ).sudo()

    def _tie(self, day=None, team=False):
        ties = self.as_user("accountant", self.env["aftersales.fee.tie_out"])
        day = day or self.today
        return ties.get_tie_out(self.company.id, day, day, team)

    def _assert_ties(self, *names):
        ties = self._tie()
        for name in names or ("revenue", "receivable", "technicians"):
            self.assertEqual(ties[name]["difference"], 0.0, (name, ties[name]))
        return ties


@tagged("post_install", "-at_install")
class TestFeeLine(FeeCommon):
    def test_figures_of_an_order_from_the_voucher_to_the_cash_box(self):
        order = self._create_done_order()
        self._assert_codes(order, "not_invoiced")
        self._collect(200.0, order=order)
        self._assert_codes(order, "not_invoiced", "not_handed_over")
        self._invoice(order)
        self._assert_codes(order, "not_handed_over")
        self._handover(200.0).action_post()
        line = self._line(order)
        self.assertFalse(line.codes)
        self.assertEqual(line.state, "done")
        self.assertEqual(line.methods, "cash")
        for name in ("agreed", "invoiced", "collected", "handed", "paid"):
            self.assertEqual(line[name], 200.0, name)
        for name in ("open", "held", "credited", "deviation", "covered"):
            self.assertEqual(line[name], 0.0, name)

    def test_covered_order_is_settled_without_an_invoice(self):
        order = self._create_done_order(service_type="contract")
        line = self._line(order)
        self.assertEqual((line.state, line.agreed, line.covered), ("done", 0, 200))

    def test_invoice_that_differs_from_the_voucher(self):
        order = self._create_done_order()
        order.action_invoice()
        invoice = order.invoice_ids
        invoice.invoice_line_ids.price_unit = 180.0
        invoice.action_post()
        self._assert_codes(order, "voucher")
        other = self._create_done_order()
        other.action_invoice()
        other.invoice_ids.invoice_line_ids = [
            Command.create({"name": "Coffee", "price_unit": 3.0, "tax_ids": False})
        ]
        other.invoice_ids.action_post()
        self._assert_codes(other, "voucher")

    def test_invoiced_on_a_later_day_until_accepted(self):
        order = self._create_done_order()
        order.done_at = fields.Datetime.subtract(order.done_at, days=2)
        self._invoice(order)
        self._assert_codes(order, "late")
        self.company.aftersales_invoice_days = 2
        self._assert_codes(order)
        self.company.aftersales_invoice_days = 1
        self._line(order).action_accept("The customer asked for it")
        self._assert_codes(order)
        self.assertEqual(self._line(order).state, "accepted")

    def test_collective_invoice_of_a_later_day_is_agreed(self):
        orders = self._create_done_order() + self._create_done_order()
        orders.done_at = fields.Datetime.subtract(orders[0].done_at, days=2)
        orders.action_invoice_collective()
        orders.invoice_ids.action_post()
        for order in orders:
            self._assert_codes(order)

    def test_price_and_gift_nobody_approved(self):
        order = self._create_done_order()
        order.line_ids.write({"price_unit": 150.0})
        self.assertEqual(self._line(order).deviation, -50.0)
        self._assert_codes(order, "not_invoiced", "price")
        gift = self._create_done_order(service_type="contract")
        self.env.cr.execute(
            "UPDATE aftersales_order_line SET payer_rule = NULL WHERE order_id = %s",
            [gift.id],
        )
        self._assert_codes(gift, "free")

    def test_counted_but_not_booked_and_in_the_bank_but_not_booked(self):
        order = self._create_done_order()
        self._invoice(order)
        self._collect(200.0, order=order)
        self._handover(200.0)
        self._assert_codes(order, "not_booked")
        other = self._create_done_order()
        self._collect(200.0, "qr", order=other)
        self._assert_codes(other, "not_invoiced", "not_booked")
        self._line(other).action_book_money()
        self._assert_codes(other, "not_invoiced", "unmatched")

    def test_payment_that_matches_no_invoice(self):
        order = self._create_done_order()
        self._collect(200.0, "qr", order=order)
        self._invoice(order)
        self._assert_codes(order)
        payment = order.collection_ids.payment_id
        payment.move_id.line_ids.remove_move_reconcile()
        self._assert_codes(order, "unmatched")
        self._line(order).action_match()
        self._assert_codes(order)

    def test_refund_of_a_part_that_did_not_come_back(self):
        quant = self.env["stock.quant"]
        location = self.env["stock.warehouse"].search([], limit=1).lot_stock_id
        self.team.location_id = location
        quant._update_available_quantity(self.disk, location, 5)
        order = self._create_done_order(line_ids=[self._line_values("part", self.disk)])
        self._credit(self._invoice(order)[0])
        self._assert_codes(order, "not_invoiced", "refund")
        self.assertEqual(self._line(order).credited, 800.0)
        order.line_ids.action_return(1.0, "Not needed")
        self.assertNotIn("refund", self._line(order).codes or "")

    def test_documents_without_an_order(self):
        orphans = self.as_user("accountant", self.env["aftersales.fee.orphan"])
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create({"product_id": self.labour.id, "price_unit": 9.0})
                ],
            }
        )
        invoice.action_post()
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.customer.id,
                "amount": 7.0,
                "journal_id": self.onsite.id,
            }
        )
        payment.action_post()
        self.env.flush_all()
        found = orphans.search([])
        self.assertEqual(set(found.mapped("code")), {"no_order", "no_match"})
        with self.assertRaises(AccessError):
            self.as_user("accountant", invoice).write({"aftersales_orphan": False})
        with self.assertRaisesRegex(UserError, "cannot be closed"):
            self._close()
        with self.assertRaisesRegex(UserError, "Say why"):
            found.action_accept(" ")
        found.action_accept("Old customer")
        self.assertEqual(set(found.mapped("state")), {"accepted"})
        self._close()

    def test_every_exception_has_a_text_and_a_way_to_mend_it(self):
        codes = set(self.lines._get_exception_sql())
        self.assertEqual(codes, set(CODES))
        self.assertEqual(codes, set(self.lines._get_mending()))
        order = self._create_done_order()
        self.assertEqual(self._line(order).exceptions, "Done and not invoiced")
        action = self._line(order).action_mend()
        self.assertEqual(action["res_id"], order.invoice_ids.id)

    # -- tick and accept --------------------------------------------------------

    def test_accepted_amount_comes_up_again_when_it_changes(self):
        order = self._create_done_order()
        line = self._line(order)
        with self.assertRaisesRegex(UserError, "Say why"):
            line.action_accept("")
        with self.assertRaisesRegex(UserError, "exceptions"):
            line.action_tick()
        line.action_accept("Invoice next week")
        line = self._line(order)
        self.assertEqual(line.state, "accepted")
        self.assertEqual(line.checked_by_id, self.users["accountant"])
        self.assertEqual(line.accepted_reason, "Invoice next week")
        with self.assertRaisesRegex(UserError, "no exception left"):
            line.action_accept("again")
        order.line_ids.quantity = 2.0
        self._assert_codes(order, "not_invoiced")

    def test_tick_needs_no_reason(self):
        order = self._create_done_order()
        self._invoice(order)
        self._line(order).action_tick()
        line = self._line(order)
        self.assertEqual(line.checked_by_id, self.users["accountant"])
        self.assertEqual(line.state, "open")

    def test_who_sees_and_checks(self):
        order = self._create_done_order()
        self.env.flush_all()
        for role in ("technician", "operator", "dispatcher", "supervisor", "parts"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, self.lines).search([])
        manager = self.as_user("manager", self._line(order))
        self.assertEqual(manager.agreed, 200.0)
        with self.assertRaises(AccessError):
            manager.action_accept("Because")
        self.users["accountant"].group_ids -= self.env.ref(
            "account.group_account_invoice"
        )
        with self.assertRaises(AccessError):
            self._line(order).action_accept("Because")
        checks = self.env["aftersales.fee.check"]
        for role in self.users:
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, checks).create(
                    {"order_id": order.id, "code": "not_invoiced", "amount": 200}
                )

    def test_technicians_see_their_own_money_only(self):
        mine = self._collect(200.0)
        other_user = new_test_user(
            self.env, login="as_other_technician", groups=f"{GROUP}technician"
        )
        other = self._create_technician("Other", user_id=other_user.id)
        mine.technician_id = other
        seen = self.as_user("technician", self.env["aftersales.collection"]).search([])
        self.assertNotIn(mine, seen.sudo())
        self.assertIn(
            mine,
            self.env["aftersales.collection"].with_user(other_user).search([]).sudo(),
        )
        with self.assertRaises(AccessError):
            self.as_user("technician", self.env["aftersales.fee.tie_out"]).get_held_at(
                self.company.id, self.today
            )

    def test_other_company_sees_nothing(self):
        order = self._create_done_order()
        self.env.flush_all()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            login="as_stranger",
            groups=f"{GROUP}accountant",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        lines = self.env["aftersales.fee.line"].with_user(stranger)
        self.assertFalse(lines.search([("id", "=", order.id)]))
        seen = self.lines.search([]).order_id
        self.assertLessEqual(set(seen.ids), set(seen.search([]).ids))

    # -- rank -------------------------------------------------------------------

    def test_settled_orders_leave_the_list_and_come_back(self):
        clean = self._create_done_order(service_type="contract")
        bad = self._create_done_order()
        self.env["aftersales.order"]._settle_fees(1000)
        self.assertEqual((clean.fee_rank, bad.fee_rank), (1, 0))
        self.assertIn(bad.id, self.lines.search(self.lines._get_exception_domain()).ids)
        invoice = self._invoice(bad)
        self.env["aftersales.order"]._settle_fees(1000)
        self.assertEqual(bad.fee_rank, 1)
        stamp = bad.fee_stamp
        invoice.button_draft()
        self.env.flush_all()
        self.assertEqual(bad.fee_rank, 0)
        self.assertGreater(bad.fee_stamp, stamp)
        self._assert_codes(bad, "not_invoiced")

    def test_queries_do_not_grow_with_the_page(self):
        def read(count):
            orders = self.env["aftersales.order"].browse()
            for _i in range(count):
                orders |= self._create_done_order()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.lines.search_read([("id", "in", orders.ids)], ["name", "exceptions"])
            return self.cr.sql_log_count - before

        read(1)
        self.assertLessEqual(read(10), read(2))


@tagged("post_install", "-at_install")
class TestFeeClose(FeeCommon):
    def test_close_needs_an_empty_or_accepted_list(self):
        order = self._create_done_order()
        with self.assertRaisesRegex(UserError, order.name):
            self._close()
        self._line(order).action_accept("Monthly invoice")
        close = self._close()
        self.assertEqual(order.fee_close_id, close)
        self.assertEqual(self.team.fee_lock_date, self.today)
        self.assertEqual(close.accepted_count, 1)
        self.assertEqual(close.amount_agreed, 200.0)
        self.assertEqual(close.closed_by_id, self.users["accountant"])
        with self.assertRaisesRegex(UserError, "already closed"):
            self._close()

    def test_closed_money_does_not_move_backwards(self):
        order = self._create_done_order()
        invoice = self._invoice(order)
        open_order = self._create_done_order()
        self._line(open_order).action_accept("Later")
        self._close()
        for action in (
            invoice.button_draft,
            invoice.button_cancel,
            lambda: self._collect(10.0, order=open_order),
            lambda: open_order.action_reopen("Wrong"),
            lambda: open_order.action_cancel("Wrong"),
            lambda: self._invoice(open_order),
        ):
            with self.assertRaisesRegex(UserError, "closed up to"):
                action()
        tomorrow = fields.Date.add(self.today, days=1)
        credit = invoice._reverse_moves([{"invoice_date": tomorrow, "date": tomorrow}])
        credit.action_post()
        self.assertEqual(credit.state, "posted")

    def test_handover_and_receipt_of_a_closed_day_stay(self):
        collection = self._collect(200.0)
        self._invoice(collection.order_id)
        handover = self._handover(200.0)
        handover.action_post()
        held = self._collect(200.0)
        self._invoice(held.order_id)
        self._line(held.order_id).action_accept("Technician is ill")
        self._close()
        with self.assertRaisesRegex(UserError, "closed up to"):
            handover.action_cancel("Counted wrongly")
        with self.assertRaisesRegex(UserError, "closed up to"):
            self.as_user("accountant", held).action_cancel("Mistake")

    def test_work_done_after_the_close_counts_for_the_next_day(self):
        self._close()
        order = self._create_done_order()
        self.assertEqual(order.fee_day, fields.Date.add(self.today, days=1))

    def test_first_close_reaches_back_to_the_oldest_day_it_takes(self):
        """The tie-out of the close is about the very orders it signs off."""
        order = self._create_done_order()
        order.done_at = fields.Datetime.subtract(order.done_at, days=3)
        order.action_invoice()
        order.invoice_ids.invoice_date = order.fee_day
        order.invoice_ids.action_post()
        close = self._close()
        self.assertEqual(close.date_from, fields.Date.subtract(self.today, days=3))
        self.assertEqual(close.figures["ties"]["revenue"]["ledger"], 200.0)

    def test_day_to_come_and_month_not_over_are_refused(self):
        tomorrow = fields.Date.add(self.today, days=1)
        with self.assertRaisesRegex(UserError, "not over"):
            self._close(tomorrow)
        with self.assertRaisesRegex(UserError, "not over"):
            self._close(self.today, "month")
        for values in ((0, self.today, "day"), (self.team.id, False, "day")):
            with self.assertRaisesRegex(UserError, "Choose"):
                self.env["aftersales.fee.close"].action_close_period(*values)

    def test_month_takes_the_days_and_what_they_left(self):
        month = fields.Date.subtract(self.today, months=1)
        first, last = (
            fields.Date.start_of(month, "month"),
            fields.Date.end_of(month, "month"),
        )
        orders = self._create_done_order() + self._create_done_order()
        orders[0].done_at = fields.Datetime.to_datetime(first)
        orders[1].done_at = fields.Datetime.to_datetime(last)
        self.env.flush_all()
        self._line(orders[0]).action_accept("x")
        self._line(orders[1]).action_accept("x")
        day = self._close(first)
        self.assertEqual(orders.fee_close_id, day)
        close = self._close(month, "month")
        self.assertEqual((close.date_from, close.date_to), (first, last))
        self.assertEqual(close.order_count, 2)
        self.assertEqual(self.team.fee_lock_date, last)

    def test_reopen_by_the_head_of_accounting_only(self):
        order = self._create_done_order()
        self._invoice(order)
        close = self._close()
        with self.assertRaisesRegex(AccessError, "head of accounting"):
            self.as_user("accountant", close).action_reopen("Mistake")
        self.users["accountant"].group_ids += self.env.ref(
            "account.group_account_manager"
        )
        with self.assertRaisesRegex(UserError, "Say why"):
            self.as_user("accountant", close).action_reopen("")
        self.as_user("accountant", close).action_reopen("Forgot one")
        self.assertEqual(close.state, "reopened")
        self.assertFalse(self.team.fee_lock_date)
        self.assertFalse(order.fee_close_id)
        self._close()

    def test_guarded(self):
        close = self._close()
        with self.assertRaises(UserError):
            close.unlink()
        for role in self.users:
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, close).write({"state": "reopened"})
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, self.team).write({"fee_lock_date": False})
        for role in ("technician", "operator", "supervisor", "manager"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(
                    role, self.env["aftersales.fee.close"]
                ).action_close_period(self.team.id, self.today)

    def test_papers(self):
        self.customer.name = "=cmd|' /C calc'!A0"
        order = self._create_done_order()
        self._invoice(order)
        self._collect(200.0, order=order)
        self._handover(200.0).action_post()
        close = self._close()
        action = self.as_user("accountant", close).action_download()
        attachment = self.env["ir.attachment"].browse(
            int(action["url"].split("/")[3].split("?")[0])
        )
        with ZipFile(io.BytesIO(attachment.raw)) as book:
            sheets = [n for n in book.namelist() if n.startswith("xl/worksheets/")]
            self.assertEqual(len(sheets), 3)
            for name in sheets:
                self.assertNotIn(b"<f>", book.read(name))
            self.assertIn("=cmd", book.read("xl/sharedStrings.xml").decode())
        report = self.env["ir.actions.report"]
        for name, record in (
            ("fee_close", close),
            ("collection", order.collection_ids),
            ("handover", order.collection_ids.handover_id),
        ):
            html = (
                report.with_user(self.users["accountant"])
                ._render_qweb_html(f"aftersales_service.report_{name}", record.ids)[0]
                .decode()
            )
            self.assertIn("200.00", html, name)
        self.assertEqual(close.figures["methods"][0]["amount"], 200.0)
        self.assertEqual(sum(r["base"] for r in close.figures["categories"]), 200.0)


@tagged("post_install", "-at_install")
class TestWorkbook(FeeCommon):
    def test_no_cell_is_a_formula(self):
        bad = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "{=1}", "http://x"]
        content = make_workbook(
            [("A/B[*", bad, [bad, [1, 2.5, True, None]]), ("A/B[*", [], [])]
        )
        with ZipFile(io.BytesIO(content)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
            self.assertNotIn("<f>", sheet)
            self.assertNotIn("hyperlink", sheet)
            self.assertEqual(sheet.count('t="s"'), 2 * len(bad) + 2)
            self.assertIn("<v>2.5</v>", sheet)

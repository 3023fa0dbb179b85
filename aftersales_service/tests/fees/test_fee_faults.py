"""What goes wrong on the accountant's desk and what holds (Reliability 9–16, 35–39)."""

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Command
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import GROUP
from .test_fee_desk import FeeCommon

MODELS = (
    "aftersales.fee.line",
    "aftersales.fee.orphan",
    "aftersales.fee.check",
    "aftersales.fee.close",
    "aftersales.collection",
    "aftersales.collection.method",
    "aftersales.handover",
    "aftersales.handover.count",
    "aftersales.discount.report",
    "aftersales.free.work",
    "aftersales.free.work.line",
    "aftersales.approval",
)


@tagged("post_install", "-at_install")
class TestFeeRights(FeeCommon):
    def _call(self, user, model, method, *args, **kwargs):
        """What /web/dataset/call_kw runs."""
        records = self.env[model].with_user(user)
        get_public_method(records, method)
        return getattr(records, method)(*args, **kwargs)

    def test_technician_sees_only_the_own_money_by_every_door(self):
        mine = self._collect(200.0)
        foreign = self._collect(120.0)
        other = self._create_technician("Wang Fang")
        foreign.technician_id = other
        self.env.flush_all()
        user, model = self.users["technician"], "aftersales.collection"
        doors = {
            "search": self._call(user, model, "search", []).ids,
            "search_read": [
                row["id"]
                for row in self._call(user, model, "search_read", [], ["name"])
            ],
            "web_search_read": [
                row["id"]
                for row in self._call(
                    user, model, "web_search_read", [], {"amount": {}}
                )["records"]
            ],
        }
        for door, ids in doors.items():
            with self.subTest(door=door):
                self.assertIn(mine.id, ids)
                self.assertNotIn(foreign.id, ids)
        groups = self._call(
            user,
            model,
            "formatted_read_group",
            [],
            ["technician_id"],
            ["amount:sum", "__count"],
        )
        self.assertEqual([g["amount:sum"] for g in groups], [200.0])
        self.assertEqual(self._call(user, model, "search_count", []), 1)
        found = self._call(user, model, "name_search", foreign.name)
        self.assertFalse(found)
        for method, args in (
            ("read", [["amount"]]),
            ("export_data", [["amount"]]),
            ("web_read", [{"amount": {}}]),
        ):
            with self.subTest(method=method), self.assertRaises(UserError):
                getattr(foreign.with_user(user), method)(*args)
        with self.assertRaises(AccessError):
            foreign.with_user(user).order_id.with_user(user).collection_ids.read()
        held = self.as_user("technician", self.technician | other).get_cash_held()
        self.assertNotIn(other.id, {k for k, v in held.items() if v})

    def test_desk_is_closed_to_people_without_accounting_by_every_door(self):
        self._create_done_order()
        self.env.flush_all()
        for role in ("technician", "operator", "dispatcher", "supervisor", "parts"):
            user = self.users[role]
            for model in (
                "aftersales.fee.line",
                "aftersales.fee.orphan",
                "aftersales.fee.check",
                "aftersales.fee.close",
                "aftersales.discount.report",
                "aftersales.free.work",
            ):
                for method, args in (
                    ("search_read", [[]]),
                    ("formatted_read_group", [[], [], ["__count"]]),
                    ("search_count", [[]]),
                    ("name_search", [""]),
                ):
                    with (
                        self.subTest(role=role, model=model, method=method),
                        self.assertRaises(AccessError),
                    ):
                        self._call(user, model, method, *args)

    def test_every_role_reads_every_field_of_what_it_may_open(self):
        """No form fails for a field behind which the role may not look (9, 14)."""
        order = self._create_done_order()
        self._collect(200.0, order=order)
        self._invoice(order)
        self._handover(180.0).action_post()
        self._line(order)
        self._close_all()
        for role, user in self.users.items():
            for model in MODELS:
                records = self.env[model].with_user(user)
                if not records.has_access("read"):
                    continue
                with self.subTest(role=role, model=model):
                    names = [
                        name
                        for name, field in records._fields.items()
                        if records._has_field_access(field, "read")
                    ]
                    records.search([]).read(names)

    def _close_all(self):
        lines = self.lines.search([("state", "=", "exception")])
        if lines:
            lines.action_accept("Seen")
        self._close()

    def test_report_on_sql_shows_no_more_than_the_orders(self):
        """Row by row, for every role that reads the desk (15)."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.users["manager"].company_ids += company
        for _i in range(2):
            self._create_done_order()
        self.env.flush_all()
        for role in ("manager", "accountant"):
            for companies in (self.company, company):
                context = {"allowed_company_ids": companies.ids}
                env = self.env(user=self.users[role], context=context)
                if companies not in env.user.company_ids:
                    continue
                with self.subTest(role=role, company=companies.name):
                    lines = env["aftersales.fee.line"].search([])
                    orders = env["aftersales.order"].search([])
                    self.assertLessEqual(set(lines.order_id.ids), set(orders.ids))

    def test_another_company_neither_sees_nor_mends(self):
        order = self._create_done_order()
        collection = self._collect(200.0)
        handover = self._handover(200.0)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            login="as_foreign_accountant",
            groups=f"{GROUP}accountant,account.group_account_invoice",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        line = self._line(order)
        for records, method, args in (
            (line, "action_accept", ["x"]),
            (line, "action_tick", []),
            (line, "action_mend", []),
            (line, "action_document", []),
            (collection, "action_book", []),
            (collection, "action_cancel", ["x"]),
            (handover, "action_post", []),
        ):
            with (
                self.subTest(model=records._name, method=method),
                mute_logger("odoo.addons.base.models.ir_rule"),
                self.assertRaises(AccessError),
            ):
                getattr(records.with_user(stranger), method)(*args)
        with self.assertRaises(AccessError):
            self.env["aftersales.fee.close"].with_user(stranger).action_close_period(
                self.team.id, self.today
            )


@tagged("post_install", "-at_install")
class TestFeeMending(FeeCommon):
    def test_each_exception_leads_to_its_document_and_to_what_mends_it(self):
        codes = set(self.lines._get_exception_sql())
        self.assertEqual(codes, set(self.lines._get_mending()))
        self.assertEqual(codes, set(self.lines._get_documents()))

    def test_late_is_mended_by_a_reason(self):
        order = self._create_done_order()
        order.done_at = fields.Datetime.subtract(order.done_at, days=1)
        self._invoice(order)
        line = self._line(order)
        action = line.action_mend("late")
        self.assertEqual(action["res_model"], "aftersales.reason")
        wizard = self.as_user("accountant", self.env["aftersales.reason"])
        wizard = wizard.with_context(**action["context"]).create({"reason": "Agreed"})
        wizard.action_confirm()
        self.assertEqual(self._line(order).state, "accepted")
        self.assertEqual(self._line(order).checked_by_id, self.users["accountant"])
        self.assertTrue(self._line(order).checked_at)

    def test_wrong_invoice_is_credited_and_made_anew(self):
        order = self._create_done_order()
        order.action_invoice()
        invoice = order.invoice_ids
        invoice.invoice_line_ids.price_unit = 180.0
        invoice.action_post()
        line = self._line(order)
        self.assertEqual(line.action_document("voucher")["res_id"], invoice.id)
        action = line.action_mend("voucher")
        self.assertEqual(action["res_model"], "account.move.reversal")
        self.assertEqual(action["context"]["active_ids"], invoice.ids)
        wizard = (
            self.as_user("accountant", self.env["account.move.reversal"])
            .with_context(**action["context"])
            .create({"journal_id": invoice.journal_id.id})
        )
        wizard.reverse_moves()
        order.invoice_ids.filtered(lambda m: m.state == "draft").action_post()
        self.as_user("accountant", order).action_invoice_again("Wrong price")
        self._invoice(order)
        self._assert_codes(order)

    def test_part_not_returned_is_asked_for_once(self):
        location = self.env["stock.warehouse"].search([], limit=1).lot_stock_id
        self.team.location_id = location
        self.env["stock.quant"]._update_available_quantity(self.disk, location, 5)
        order = self._create_done_order(line_ids=[self._line_values("part", self.disk)])
        self._credit(self._invoice(order)[0])
        line = self._line(order)
        for _click in range(2):
            action = line.action_mend("refund")
            self.assertIn(self.users["technician"].name, action["params"]["message"])
        todo = order.activity_ids.filtered(lambda a: "take the part" in a.summary)
        self.assertEqual(len(todo), 1)
        self.assertEqual(todo.user_id, self.users["technician"])

    def test_money_leads_to_receipt_and_handover(self):
        collection = self._collect(200.0)
        line = self._line(collection.order_id)
        document = line.action_document("not_handed_over")
        self.assertEqual(document["res_id"], collection.id)
        action = line.action_mend("not_handed_over")
        self.assertEqual(action["res_model"], "aftersales.handover")
        self.assertEqual(action["context"]["default_technician_id"], self.technician.id)

    def test_mended_meanwhile_says_so(self):
        order = self._create_done_order()
        line = self._line(order)
        with self.assertRaisesRegex(UserError, "no longer"):
            line.action_mend("voucher")
        with self.assertRaises(AccessError):
            self.as_user("manager", line).action_mend("not_invoiced")
        self.assertTrue(self.as_user("manager", line).action_document("not_invoiced"))

    def test_list_and_approved_deviation_stand_beside_each_other(self):
        order = self._create_done_order()
        order.line_ids.write({"price_unit": 150.0})
        line = self._line(order)
        self.assertEqual(
            (line.agreed, line.list_value, line.deviation, line.approved_deviation),
            (150.0, 200.0, -50.0, 0.0),
        )
        order.line_ids.write({"approved_price": 150.0, "approved_payer": "customer"})
        line = self._line(order)
        self.assertEqual(line.approved_deviation, -50.0)
        self.assertNotIn("price", line.codes or "")


@tagged("post_install", "-at_install")
class TestFeeSettings(FeeCommon):
    """Missing, archived or foreign: one message, nothing half posted (39)."""

    def _moves(self):
        return self.env["account.move"].search_count([("state", "=", "posted")])

    def _assert_refused(self, action, *words):
        before = self._moves()
        with self.assertRaises(RedirectWarning) as caught, self.cr.savepoint():
            action()
        for word in (self.company.name, *words):
            self.assertIn(word, caught.exception.args[0])
        self.assertTrue(caught.exception.args[1], "with a link")
        self.env.invalidate_all()
        self.assertEqual(self._moves(), before)

    def test_journals_of_the_money(self):
        handover_of = self._collect(200.0)
        handover = self._handover(150.0)
        book = self.as_user("accountant", handover_of).action_book
        spoilt = (
            ("aftersales_collection_journal_id", self.onsite, "On-site", True),
            ("aftersales_cash_journal_id", self.box, "Cash box", False),
            ("aftersales_technician_account_id", self.due_account, "Due from", False),
        )
        for field, record, word, books in spoilt:
            account = getattr(record, "default_account_id", record)
            for spoil in (
                lambda f=field: self.company.write({f: False}),
                lambda r=record: r.write({"active": False}),
                lambda a=account: a.write({"active": False}),
            ):
                with self.subTest(field=field):
                    savepoint = self.cr.savepoint()
                    spoil()
                    self._assert_refused(handover.action_post, word)
                    if books:
                        self._assert_refused(book, word)
                    savepoint.close(rollback=True)
                    self.env.invalidate_all()
        handover.action_post()
        self.assertEqual(handover.state, "difference")

    def test_journal_of_a_wallet(self):
        wallet = self.env["account.journal"].create(
            {"name": "Pocket wallet", "code": "PKT", "type": "bank"}
        )
        way = self.env["aftersales.collection.method"]._find(self.company, "qr")
        way.sudo().journal_id = wallet
        collection = self._collect(200.0, "qr")
        wallet.active = False
        self._assert_refused(
            self.as_user("accountant", collection).action_book, "Pocket wallet"
        )
        self.assertFalse(collection.payment_id)
        self._invoice(collection.order_id)  # must not fail for it
        self._assert_codes(collection.order_id, "not_booked")

    def test_accounts_of_the_invoice(self):
        order = self._create_done_order()
        income = self.env["account.account"].create(
            {"name": "Old income", "code": "605198", "account_type": "income"}
        )
        self.labour.property_account_income_id = income
        income.active = False
        accountant = self.as_user("accountant", order)
        self._assert_refused(accountant.action_invoice, "Labour")
        income.active = True
        receivable = self.customer.property_account_receivable_id
        spare = receivable.copy({"code": "112298", "name": "Old receivable"})
        self.customer.property_account_receivable_id = spare
        spare.active = False
        self._assert_refused(accountant.action_invoice, "Data Centre A")
        spare.active = True
        self._invoice(order)
        self._assert_codes(order)

    def test_archived_tax_and_product_keep_the_agreed_price(self):
        tax = self.env["account.tax"].create(
            {"name": "VAT", "amount": 13.0, "type_tax_use": "sale"}
        )
        self._book_tax(tax)
        self.labour.taxes_id = tax
        order = self._create_done_order()
        self.assertEqual(order.amount_customer, 226.0)
        tax.active = False
        self.labour.active = False
        self._invoice(order)
        self._assert_codes(order)
        self.assertEqual(self._line(order).invoiced, 226.0)
        self._assert_ties()

    def test_records_of_another_company_are_refused(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self.env["product.product"].create(
            {"name": "Foreign labour", "type": "service", "company_id": company.id}
        )
        journal = (
            self.env["account.journal"]
            .with_company(company)
            .create({"name": "Theirs", "code": "THR", "type": "bank"})
        )
        order = self._create_order()
        for action in (
            lambda: order.write({"line_ids": [self._line_values("labour", foreign)]}),
            lambda: self.company.write({"aftersales_cash_journal_id": journal.id}),
            lambda: self.env["aftersales.collection.method"].create(
                {"code": "x", "kind": "qr", "journal_id": journal.id}
            ),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                action()
                self.env.flush_all()

    def test_free_work(self):
        self.labour.standard_price = 80.0
        self.company.aftersales_free_work_policy = "period"
        self._create_done_order(service_type="contract")
        work = self.as_user("accountant", self.env["aftersales.free.work"]).create(
            {"date_from": self.today, "date_to": self.today}
        )
        self._assert_refused(work.action_post, "journal of free work")
        journal = self.env["account.journal"].create(
            {"name": "Free work", "code": "FRW", "type": "general"}
        )
        self.company.aftersales_free_work_journal_id = journal
        self._assert_refused(work.action_post, "Contract")
        cost, wages = self.env["account.account"].create(
            [
                {"name": "Contract work", "code": "640199", "account_type": "expense"},
                {"name": "Absorbed", "code": "640198", "account_type": "expense"},
            ]
        )
        self.env["aftersales.free.work.account"].create(
            {
                "payer": "contract",
                "account_id": cost.id,
                "counter_account_id": wages.id,
            }
        )
        cost.active = False
        self._assert_refused(work.action_post, "Contract")
        cost.active = True
        journal.active = False
        self._assert_refused(work.action_post, "journal of free work")
        journal.active = True
        work.action_post()
        self.assertEqual(work.state, "posted")


@tagged("post_install", "-at_install")
class TestFeeLockDates(FeeCommon):
    """Accounting's own lock dates (35): the real date is told, nothing is hidden."""

    def test_locked_handover_names_the_date_and_leaves_nothing(self):
        collection = self._collect(200.0)
        handover = self._handover(200.0)
        for lock in ("fiscalyear_lock_date", "hard_lock_date"):
            savepoint = self.cr.savepoint()
            self.company[lock] = self.today
            with self.assertRaisesRegex(UserError, "locked"), self.cr.savepoint():
                handover.action_post()
            self.env.invalidate_all()
            self.assertEqual((handover.state, collection.state), ("draft", "collected"))
            self.assertFalse(collection.payment_id)
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        handover.action_post()
        self.assertEqual(handover.move_id.date, self.today)

    def test_locked_day_of_an_invoice_is_moved_and_seen(self):
        yesterday = fields.Date.subtract(self.today, days=1)
        self.labour.taxes_id = self.env["account.tax"].create(
            {"name": "VAT", "amount": 13.0, "type_tax_use": "sale"}
        )
        self._book_tax(self.labour.taxes_id)
        for lock in ("fiscalyear_lock_date", "tax_lock_date", "sale_lock_date"):
            order = self._create_done_order()
            order.done_at = fields.Datetime.subtract(order.done_at, days=1)
            savepoint = self.cr.savepoint()
            self.company[lock] = yesterday
            order.action_invoice()
            order.invoice_ids.invoice_date = yesterday
            order.invoice_ids.action_post()
            self.assertGreater(order.invoice_ids.date, yesterday, lock)
            self._assert_ties("revenue", "receivable")
            savepoint.close(rollback=True)
            self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestFeeEntries(FeeCommon):
    """Entries behind the desk cannot be pulled away by hand (36)."""

    def test_neither_reset_nor_deleted(self):
        collection = self._collect(200.0)
        self._invoice(collection.order_id)
        handover = self._handover(190.0)
        handover.action_post()
        handover.action_settle()
        payment = collection.payment_id.move_id
        for move in (payment, handover.move_id, handover.settle_move_ids):
            for action in (move.button_draft, move.button_cancel):
                with self.assertRaises(UserError), self.cr.savepoint():
                    action()
                self.env.invalidate_all()
                self.assertEqual(move.state, "posted")
        with self.assertRaises(UserError), self.cr.savepoint():
            payment.with_context(force_delete=True).unlink()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            handover.move_id.with_context(force_delete=True).unlink()
        self.env.invalidate_all()
        self._assert_ties()

    def test_more_than_was_paid_cannot_be_given_back(self):
        """Refunds and cancellations leave no negative money (38)."""
        collection = self._collect(200.0)
        self._invoice(collection.order_id)
        handover = self._handover(210.0)
        handover.action_post()
        self.assertEqual(handover.amount_due, -10.0)
        with self.assertRaisesRegex(UserError, "up to"):
            handover.action_settle(-11.0)
        handover.action_settle(-10.0)
        self.assertEqual(self._balance(self.due_account), 0.0)
        with self.assertRaises(UserError):
            self.as_user("accountant", collection).action_cancel("Mistake")
        self._credit(collection.order_id.invoice_ids, cancel=False)
        self._assert_ties()

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .test_billing import BillingCommon


class CollectionCommon(BillingCommon):
    """Journals and accounts of money taken on site."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        accounts = cls.env["account.account"]
        cls.onsite_account, cls.box_account, cls.due_account = accounts.create(
            [
                {"name": name, "code": code, "account_type": kind, "reconcile": rec}
                for name, code, kind, rec in (
                    ("With technicians", "122199", "asset_current", True),
                    ("Cash box", "100199", "asset_cash", False),
                    ("Due from technicians", "122198", "asset_current", True),
                )
            ]
        )
        cls.onsite, cls.box = cls.env["account.journal"].create(
            [
                {
                    "name": "On site",
                    "code": "ONS",
                    "type": "cash",
                    "default_account_id": cls.onsite_account.id,
                },
                {
                    "name": "Box",
                    "code": "BOX",
                    "type": "cash",
                    "default_account_id": cls.box_account.id,
                },
            ]
        )
        cls.company.write(
            {
                "aftersales_collection_journal_id": cls.onsite.id,
                "aftersales_cash_journal_id": cls.box.id,
                "aftersales_technician_account_id": cls.due_account.id,
            }
        )

    def _collect(self, amount, method="cash", order=None, **kwargs):
        order = order or self._create_done_order(
            line_ids=[self._line_values("labour", self.labour, amount / 200.0)]
        )
        technician = self.as_user("technician", order)
        return technician.action_collect(amount, method, **kwargs).sudo()

    def _balance(self, account):
        return sum(
            self.env["account.move.line"]
            .search([("account_id", "=", account.id), ("parent_state", "=", "posted")])
            .mapped("balance")
        )

    def _handover(self, counted, **values):
        return self.as_user("accountant", self.env["aftersales.handover"]).create(
            {
                "technician_id": self.technician.id,
                "counted_amount": counted,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestCollection(CollectionCommon):
    # -- taking money -----------------------------------------------------------

    def test_technician_takes_money(self):
        order = self._create_done_order()
        collection = self._collect(200.0, order=order, reference="R-17")
        self.assertRegex(collection.name, r"SVC/\d{4}/\d{5}")
        self.assertEqual(collection.technician_id, self.technician)
        self.assertEqual(order.amount_collected, 200.0)
        self.assertEqual(order.amount_to_collect, 0.0)
        self.assertFalse(collection.payment_id, "accounting books, not the technician")
        held = self.as_user("technician", self.technician).get_cash_held()
        self.assertEqual(held[self.technician.id][0]["amount"], 200.0)

    def test_never_more_than_is_open(self):
        order = self._create_done_order()
        self._collect(150.0, order=order)
        with self.assertRaisesRegex(UserError, "still to pay"):
            self._collect(100.0, order=order)
        self._collect(50.0, order=order)
        for amount in (0.01, 200.0):
            with self.assertRaisesRegex(UserError, "still to pay"):
                self._collect(amount, order=order)

    def test_same_click_twice_is_one(self):
        order = self._create_done_order()
        first = self._collect(50.0, order=order, request_key="abc")
        self.assertEqual(self._collect(50.0, order=order, request_key="abc"), first)
        self.assertEqual(order.amount_collected, 50.0)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            first.copy({"request_key": "abc", "order_id": order.id})

    def test_wrong_input(self):
        order = self._create_done_order()
        for amount in (0, -5, "x", None, 0.001, float("nan")):
            with self.subTest(amount=amount), self.assertRaises(UserError):
                self._collect(amount, order=order)
        with self.assertRaisesRegex(UserError, "Unknown way"):
            self._collect(10.0, "gold", order=order)
        fresh = self._create_order(
            technician_id=self.technician.id,
            line_ids=[self._line_values("labour", self.labour)],
        )
        with self.assertRaisesRegex(UserError, "not possible now"):
            self._collect(10.0, order=fresh)

    def test_roles(self):
        order = self._create_done_order()
        for role in ("operator", "parts", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, order).action_collect(10.0, "cash")
        collection = self.as_user("supervisor", order).action_collect(10.0, "cash")
        self.assertEqual(collection.sudo().technician_id, self.technician)
        for role in ("technician", "operator", "manager", "accountant"):
            record = self.as_user(role, collection)
            with self.subTest(role=role), self.assertRaises(AccessError):
                record.write({"amount": 1.0})
            with self.subTest(role=role), self.assertRaises(AccessError):
                record.create({"order_id": order.id, "amount": 1.0})
        with self.assertRaises(AccessError):
            self.as_user("manager", order).write({"amount_collected": 1.0})

    # -- payment ----------------------------------------------------------------

    def test_payment_is_matched_when_the_invoice_is_posted(self):
        collection = self._collect(200.0)
        order = collection.order_id
        self.as_user("accountant", order).action_invoice()
        order.invoice_ids.with_user(self.users["accountant"]).action_post()
        self.assertTrue(collection.payment_id)
        self.assertEqual(collection.payment_id.journal_id, self.onsite)
        self.assertEqual(order.charge_state, "paid")
        self.assertEqual(self._balance(self.onsite_account), 200.0)

    def test_payment_before_the_invoice_stays_open_then_matches(self):
        collection = self._collect(80.0, order=self._create_done_order())
        order = collection.order_id
        self.as_user("accountant", collection).action_book()
        payment = collection.payment_id
        self.assertFalse(payment.is_reconciled)
        with self.assertRaisesRegex(UserError, "already booked"):
            self.as_user("accountant", collection).action_book()
        order.action_invoice()
        order.invoice_ids.action_post()
        self.assertEqual(collection.payment_id, payment)
        self.assertTrue(payment.is_reconciled)
        self.assertEqual(order.charge_state, "partial")

    def test_policy_posts_and_matches_in_one_go(self):
        self.company.aftersales_invoice_policy = "posted"
        order = self._create_reported_order()
        self._collect(200.0, order=order)
        self.as_user("technician", order).action_complete()
        self.assertEqual(order.charge_state, "paid")

    def test_only_accounting_books(self):
        collection = self._collect(200.0)
        for role in ("technician", "operator", "supervisor", "manager"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, collection).action_book()
        self.users["accountant"].group_ids -= self.env.ref(
            "account.group_account_invoice"
        )
        with self.assertRaisesRegex(AccessError, "accounting"):
            self.as_user("accountant", collection).action_book()
        self.assertFalse(collection.payment_id)

    def test_missing_journal(self):
        self.company.aftersales_collection_journal_id = False
        collection = self._collect(200.0)
        with self.assertRaisesRegex(RedirectWarning, self.company.name):
            self.as_user("accountant", collection).action_book()
        collection.order_id.action_invoice()
        collection.order_id.invoice_ids.action_post()
        self.assertEqual(collection.order_id.charge_state, "invoiced")
        self.assertFalse(collection.payment_id)

    def test_transfer_goes_to_the_bank(self):
        bank = self.env["account.journal"].create(
            {"name": "Wallet", "code": "WAL", "type": "bank"}
        )
        self.company.aftersales_electronic_journal_id = bank
        collection = self._collect(200.0, "qr", reference="4200001")
        self.as_user("accountant", collection).action_book()
        self.assertEqual(collection.payment_id.journal_id, bank)
        self.assertEqual(collection.payment_id.payment_reference, "4200001")
        self.assertEqual(collection.state, "handed_over")

    def test_every_wallet_has_its_journal(self):
        """A way of paying is a journal; programs may name it by its code."""
        wallets = self.env["account.journal"].create(
            [
                {"name": name, "code": code, "type": "bank"}
                for name, code in (("WeChat", "WX"), ("Alipay", "ZFB"))
            ]
        )
        methods = self.as_user("accountant", self.env["aftersales.collection.method"])
        ways = methods.create(
            [
                {
                    "name": wallet.name,
                    "code": wallet.code.lower(),
                    "kind": "qr",
                    "journal_id": wallet.id,
                    "needs_reference": True,
                }
                for wallet in wallets
            ]
        )
        for wallet, way in zip(wallets, ways, strict=True):
            with self.assertRaisesRegex(UserError, "number of the transaction"):
                self._collect(100.0, way.code, reference=" ")
            collection = self._collect(100.0, way.code, reference="42")
            self.assertEqual((collection.method_id, collection.method), (way, "qr"))
            self.as_user("accountant", collection).action_book()
            self.assertEqual(collection.payment_id.journal_id, wallet)
            self.env.flush_all()
            line = self.as_user("accountant", self.env["aftersales.fee.line"])
            line = line.browse(collection.order_id.id)
            self.assertEqual((line.paid_by, line.methods), (wallet.name, "qr"))
        with self.assertRaisesRegex(UserError, "already taken"):
            ways[0].kind = "cash"
        with self.assertRaisesRegex(UserError, "wx, zfb"):
            self._collect(100.0, "gold")

    def test_cash_stays_in_the_onsite_journal(self):
        methods = self.env["aftersales.collection.method"]
        cash = methods._find(self.company, "cash")
        self.assertEqual(cash.display_name, "Cash")
        with self.assertRaisesRegex(UserError, "On-site collections"):
            cash.journal_id = self.box
        card = methods._find(self.company, "card")
        with self.assertRaisesRegex(UserError, "only cash of technicians"):
            card.journal_id = self.onsite
        for role in ("technician", "operator", "supervisor"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, card).needs_reference = True
        card.active = False
        with self.assertRaisesRegex(UserError, "Unknown way"):
            self._collect(100.0, "card")

    def test_old_collections_get_their_way(self):
        collection = self._collect(100.0, "transfer")
        self.env.cr.execute("UPDATE aftersales_collection SET method_id = NULL")
        self.env.invalidate_all()
        self.env["aftersales.collection.method"]._create_missing()
        self.assertEqual(collection.method_id.code, "transfer")

    def test_other_company_has_ways_of_its_own(self):
        other = self.env["res.company"].create({"name": "Other"})
        methods = self.env["aftersales.collection.method"]
        ways = methods._get_methods(other)
        self.assertEqual(ways.mapped("code"), ["cash", "qr", "card", "transfer"])
        self.assertFalse(
            self.as_user("accountant", methods).search([("company_id", "=", other.id)])
        )

    def test_dialog_takes_a_way_or_its_code(self):
        order = self._create_done_order()
        wizards = self.as_user("technician", self.env["aftersales.collect"])
        wizard = wizards.create({"order_id": order.id, "amount": 20.0})
        self.assertEqual(wizard.method_id.code, "cash")
        wizard.action_confirm()
        wizards.create(
            {"order_id": order.id, "amount": 30.0, "method": "qr"}
        ).action_confirm()
        self.assertEqual(set(order.collection_ids.mapped("method")), {"qr", "cash"})

    def test_cancel_takes_the_payment_back(self):
        collection = self._collect(200.0)
        accountant = self.as_user("accountant", collection)
        accountant.action_book()
        payment = collection.payment_id
        for method in ("action_draft", "action_cancel"):
            with self.assertRaisesRegex(UserError, "taken on site"):
                getattr(payment, method)()
        with self.assertRaisesRegex(UserError, "taken on site"):
            payment.move_id.button_draft()
        with self.assertRaisesRegex(UserError, "Say why"):
            accountant.action_cancel(" ")
        with self.assertRaises(AccessError):
            self.as_user("technician", collection).action_cancel("x")
        with self.assertRaisesRegex(AccessError, "accounting"):
            self.as_user("supervisor", collection).action_cancel("x")
        accountant.action_cancel("Typed twice")
        self.assertEqual(payment.state, "canceled")
        self.assertEqual(collection.order_id.amount_collected, 0.0)
        self.assertEqual(self._balance(self.onsite_account), 0.0)
        with self.assertRaises(UserError):
            accountant.action_book()

    # -- handover ---------------------------------------------------------------

    def test_worked_example_24(self):
        """200 + 350 + 120 = 670 taken, 650 handed in → 20 due from the technician."""
        collections = [self._collect(amount) for amount in (200.0, 350.0, 120.0)]
        handover = self._handover(650.0)
        self.assertEqual(handover.expected_amount, 670.0)
        self.assertEqual(handover.difference, -20.0)
        handover.action_post()
        self.assertEqual(handover.state, "difference")
        self.assertEqual(handover.counted_by_id, self.users["accountant"])
        self.assertEqual(self._balance(self.onsite_account), 0.0)
        self.assertEqual(self._balance(self.box_account), 650.0)
        self.assertEqual(self._balance(self.due_account), 20.0)
        move = handover.sudo().move_id
        self.assertEqual(len(move), 1)
        self.assertEqual(move.state, "posted")
        self.assertEqual({c.state for c in collections}, {"handed_over"})
        held = self.as_user("technician", self.technician).get_cash_held()
        self.assertEqual(held[self.technician.id], [])
        with self.assertRaisesRegex(UserError, "already booked by"):
            handover.action_post()
        self.assertEqual(self._balance(self.box_account), 650.0)

    @freeze_time("2026-11-23 19:30:00")
    def test_handover_of_the_day_on_the_company_clock(self):
        """Half past three in the morning in Hangzhou is still yesterday in London."""
        self.company.partner_id.tz = "Asia/Shanghai"
        self.users["accountant"].tz = "Europe/London"
        self._collect(100.0)
        handover = self._handover(100.0)
        self.assertEqual(str(handover.date), "2026-11-24")
        self.assertEqual(handover.expected_amount, 100.0)

    def test_exact_and_over(self):
        self._collect(100.0)
        handover = self._handover(100.0)
        handover.action_post()
        self.assertEqual(handover.state, "done")
        self._collect(100.0)
        tomorrow = fields.Date.add(fields.Date.today(), days=1)
        over = self._handover(110.0, date=tomorrow)
        over.action_post()
        self.assertEqual(over.state, "difference")
        self.assertEqual(self._balance(self.due_account), -10.0)
        self.assertEqual(self._balance(self.onsite_account), 0.0)

    def test_counted_by_somebody_else(self):
        self._collect(100.0)
        accountant = self.users["accountant"]
        handover = self._handover(100.0)
        self.technician.user_id = accountant
        with self.assertRaisesRegex(UserError, "Somebody else"):
            handover.action_post()
        self.assertEqual(handover.state, "draft")

    def test_one_handover_per_technician_and_day(self):
        self._collect(100.0)
        self._handover(100.0)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self._handover(0.0)

    def test_handover_refuses_wrong_things(self):
        with self.assertRaisesRegex(UserError, "no money to hand in"):
            self._handover(10.0).action_post()
        self.env["aftersales.handover"].search([]).unlink()
        self._collect(100.0)
        handover = self._handover(0.0)
        with self.assertRaisesRegex(UserError, "Enter the counted amount"):
            handover.action_post()
        handover.counted_amount = 90.0
        self.company.aftersales_technician_account_id = False
        with self.assertRaisesRegex(RedirectWarning, "Due from technicians"):
            handover.action_post()
        self.company.aftersales_cash_journal_id = False
        with self.assertRaisesRegex(RedirectWarning, "Cash box"):
            handover.action_post()
        self.assertEqual(handover.state, "draft")
        self.assertFalse(handover.sudo().move_id)
        for role in ("technician", "supervisor", "operator"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, handover).action_post()
        for values in ({"state": "done"}, {"move_id": 1}, {"difference": 0}):
            with self.assertRaises(AccessError):
                handover.write(values)

    def test_entry_follows_the_handover(self):
        collection = self._collect(100.0)
        handover = self._handover(100.0)
        handover.action_post()
        move = handover.sudo().move_id
        for action in (move.button_draft, move._reverse_moves):
            with self.assertRaisesRegex(UserError, "books the handover"):
                action()
        with self.assertRaises(UserError):
            handover.unlink()
        with self.assertRaises(UserError):
            handover.counted_amount = 5.0
        handover.action_cancel("Counted wrongly")
        self.assertEqual(handover.state, "cancelled")
        self.assertEqual(move.state, "posted")
        self.assertEqual(collection.state, "collected")
        self.assertEqual(self._balance(self.box_account), 0.0)
        again = self._handover(100.0)
        again.action_post()
        self.assertEqual(again.state, "done")

    def test_close_waits_for_the_money(self):
        collection = self._collect(200.0)
        order = collection.order_id
        order.action_invoice()
        order.invoice_ids.action_post()
        with self.assertRaisesRegex(UserError, "handed in"):
            self.as_user("supervisor", order).action_close()
        self._handover(200.0).action_post()
        self.as_user("supervisor", order).action_close()
        self.assertEqual(order.state, "closed")

    def test_foreign_currency_leaves_nothing_on_the_account(self):
        currency = self.env.ref("base.KWD")
        currency.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "rate": 0.3071,
                "name": "2020-01-01",
                "company_id": self.company.id,
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "KWD", "currency_id": currency.id}
        )
        order = self._create_done_order(
            pricelist_id=pricelist.id,
            line_ids=[self._line_values("labour", self.labour, 1.333)],
        )
        self._collect(order.amount_customer, order=order)
        handover = self._handover(
            order.amount_customer - 1.001, currency_id=currency.id
        )
        handover.action_post()
        self.assertEqual(handover.state, "difference")
        self.assertAlmostEqual(self._balance(self.onsite_account), 0.0)
        self.assertTrue(
            all(line.reconciled for line in handover._get_onsite_entries().sudo())
        )

    # -- collective invoice -----------------------------------------------------

    def test_collective_invoice_for_customer_and_period(self):
        orders = self._create_done_order() + self._create_done_order()
        orders += self._create_done_order(service_type="contract")
        late = self._create_done_order()
        late.done_at = "2020-01-15 08:00:00"
        wizard = self.as_user(
            "accountant", self.env["aftersales.collective.invoice"]
        ).create({"partner_id": self.customer.id})
        self.assertEqual(wizard.order_ids.sudo(), orders[:2])
        self.assertEqual(wizard.order_count, 2)
        wizard.action_invoice()
        invoice = orders.invoice_ids
        self.assertEqual(len(invoice), 1)
        self.assertEqual(invoice.amount_total, sum(orders.mapped("amount_customer")))
        sections = invoice.invoice_line_ids.filtered(
            lambda line: line.display_type == "line_section"
        )
        self.assertEqual(len(sections), 2)
        self.assertEqual(invoice.aftersales_order_ids, orders[:2])
        self.assertEqual(late.charge_state, "to_invoice")
        with self.assertRaisesRegex(UserError, "nothing to invoice"):
            wizard.action_invoice()
        invoice.action_post()
        self._pay(invoice)
        self.assertEqual(set(orders[:2].mapped("charge_state")), {"paid"})

    def test_credit_note_of_one_order_of_a_collective_invoice(self):
        first, second = self._create_done_order(), self._create_done_order()
        (first + second).action_invoice_collective()
        invoice = first.invoice_ids
        invoice.action_post()
        credit = self._credit(invoice, cancel=False)
        credit.invoice_line_ids.filtered(
            lambda line: line.aftersales_order_line_id.order_id == second
        ).unlink()
        credit.action_post()
        self.assertEqual(first.charge_state, "refunded")
        self.assertNotEqual(second.charge_state, "refunded")

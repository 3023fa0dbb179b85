import base64
import uuid

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import GROUP, AftersalesCommon


@tagged("post_install", "-at_install")
class TestDesk(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = cls.as_user("operator", cls.env["aftersales.call.desk"])
        cls.company.country_id = cls.env.ref("base.cn")

    def _values(self, **values):
        return {
            "partner_id": self.customer.id,
            "asset_id": self.asset.id,
            "symptom_id": self.symptom.id,
            "description": "Disk light",
            "fault_level": "2",
            "call_key": str(uuid.uuid4()),
            **values,
        }

    def _partner_hits(self, query):
        return {h["partner_id"] for h in self.desk.lookup(query)}

    # -- find -----------------------------------------------------------------

    def test_customer_is_found_however_the_number_is_written(self):
        for query in (
            "+86 571 8888 0001",
            "+86 571-8888-0001",
            "0571 8888 0001",
            "05718888 0001",
            "(0571)88880001",
            "０５７１８８８８０００１",
            "88880001",
            "0001",
        ):
            with self.subTest(query):
                self.assertIn(self.customer.id, self._partner_hits(query))

    def test_serial_name_and_order_number_are_found(self):
        order = self._create_order()
        hits = self.desk.lookup("7979q7c")
        self.assertEqual(hits[0]["asset_id"], self.asset.id)
        self.assertIn(self.customer.id, self._partner_hits("data cen"))
        hits = self.desk.lookup(order.name)
        self.assertEqual(hits[0]["title"], order.name)
        self.assertEqual(hits[0]["asset_id"], self.asset.id)

    def test_junk_queries_find_nothing_and_do_not_fail(self):
        junk = ("", "   ", "\x00", "\ud800", "%" * 2000, "'; --", None, 7, ["x"])
        for query in junk:
            with self.subTest(repr(query)[:20]):
                self.assertIsInstance(self.desk.lookup(query), list)

    def test_queries_do_not_grow_with_hits(self):
        def count(query):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.desk.lookup(query)
            return self.cr.sql_log_count - before

        self.desk.lookup("7979Q7C")
        few = count("7979Q7C")
        for number in range(2, 9):
            partner = self.env["res.partner"].create({"name": f"Branch {number}"})
            product = self._create_product(f"Model {number}")
            self._create_asset(
                f"7979Q7C-0{number}", partner_id=partner.id, product_id=product.id
            )
        self.assertEqual(len(self.desk.lookup("7979Q7C")), 8)
        self.assertLessEqual(count("7979Q7C"), few + 1)

    def test_customer_card_shows_machines_orders_and_debt(self):
        other = self._create_asset("7979Q7C-02")
        order = self._create_order(asset_id=other.id)
        done = self._create_order()
        done.sudo().state = "closed"
        card = self.desk.get_customer(self.customer.id)
        self.assertEqual(card["name"], "Data Centre A")
        self.assertEqual(
            [(m["id"], m["open_orders"]) for m in card["machines"]],
            [(other.id, 1), (self.asset.id, 0)],
        )
        self.assertEqual([o["id"] for o in card["open_orders"]], [order.id])
        self.assertEqual([o["id"] for o in card["recent_orders"]], [done.id])
        self.assertFalse(card["owed"]["open"])

    def test_amount_owed_is_told_without_accounting_rights(self):
        if not self.env["account.journal"].search_count([("type", "=", "sale")]):
            self.skipTest("no chart of accounts")
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2025-01-01",
                "invoice_date_due": "2025-01-31",
                "invoice_line_ids": [
                    (0, 0, {"name": "x", "price_unit": 500, "tax_ids": False})
                ],
            }
        )
        self.assertFalse(self.desk.get_customer(self.customer.id)["owed"]["open"])
        invoice.action_post()
        owed = self.desk.get_customer(self.customer.id)["owed"]
        self.assertTrue(owed["open"])
        self.assertTrue(owed["overdue"])
        self.assertIn("500", owed["amount"])

    def test_card_queries_do_not_grow_with_machines(self):
        def count():
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.desk.get_customer(self.customer.id)
            return self.cr.sql_log_count - before

        for number in range(2):
            self._create_order(asset_id=self._create_asset(f"M-{number}").id)
        self._create_order().sudo().state = "closed"
        count()
        few = count()
        for number in range(2, 20):
            self._create_order(asset_id=self._create_asset(f"N-{number}").id)
        # One more: with more open orders than shown they are counted.
        self.assertLessEqual(count(), few + 1)

    def test_symptoms_are_found_by_name_code_and_keyword(self):
        self.symptom.write({"code": "X77", "keywords": "yellow lamp"})
        for query in ("amber l", "x77", "yellow"):
            found = self.desk.search_symptoms(query, self.server.id)
            self.assertIn(self.symptom.id, [s["id"] for s in found], query)

    # -- register ---------------------------------------------------------------

    def test_register_creates_a_numbered_order(self):
        result = self.desk.register(self._values(call_seconds=45))
        order = self.env["aftersales.order"].browse(result["id"])
        self.assertEqual(result["name"], order.name)
        self.assertRegex(order.name, r"^SV")
        self.assertEqual(order.team_id, self.team)
        self.assertEqual(order.fault_level, "2")
        self.assertEqual(order.create_uid, self.users["operator"])
        self.assertFalse(order.answer_at)

    def test_answered_by_phone_stamps_the_answer(self):
        result = self.desk.register(self._values(answered=True))
        order = self.env["aftersales.order"].browse(result["id"])
        self.assertTrue(order.answer_at)

    def test_the_same_call_sent_twice_is_one_order(self):
        values = self._values(duplicate_confirmed=True)
        first = self.desk.register(values)
        self.assertEqual(self.desk.register(values)["id"], first["id"])
        stranger = new_test_user(self.env, "as_other", groups=f"{GROUP}operator")
        self.team.user_ids += stranger
        second = self.desk.with_user(stranger).register(values)
        self.assertNotEqual(second["id"], first["id"])

    def test_duplicate_is_asked_before_it_is_created(self):
        first = self.desk.register(self._values())
        count = self.env["aftersales.order"].search_count([])
        asked = self.desk.register(self._values())
        self.assertEqual([o["id"] for o in asked["duplicates"]], [first["id"]])
        self.assertEqual(self.env["aftersales.order"].search_count([]), count)
        again = self.desk.register(self._values(duplicate_confirmed=True))
        self.assertNotEqual(again["id"], first["id"])

    def test_continue_logs_what_the_caller_said(self):
        first = self.desk.register(self._values())
        values = self._values(description="When do you <b>come</b>?")
        self.desk.continue_order(first["id"], values)
        order = self.env["aftersales.order"].browse(first["id"])
        self.assertIn("When do you", order.message_ids[0].body)
        self.assertNotIn("<b>", order.message_ids[0].body)
        order.sudo().state = "closed"
        with self.assertRaisesRegex(UserError, "not possible"):
            self.desk.continue_order(first["id"], values)

    def test_new_customer_and_machine_in_one_go(self):
        result = self.desk.register(
            {
                "new_partner": {"name": "Bank F", "phone": "0571 1234567"},
                "new_asset": {"product_id": self.server.id, "serial": "NEW-1"},
                "symptom_id": self.symptom.id,
            }
        )
        order = self.env["aftersales.order"].browse(result["id"])
        self.assertEqual(order.partner_id.name, "Bank F")
        self.assertEqual(order.asset_id.serial, "NEW-1")
        self.assertEqual(order.asset_id.partner_id, order.partner_id)
        self.assertEqual(order.phone, "0571 1234567")

    def test_serial_alone_is_noted_on_the_order(self):
        values = self._values(asset_id=False, new_asset={"serial": "???-9"})
        order = self.env["aftersales.order"].browse(self.desk.register(values)["id"])
        self.assertFalse(order.asset_id)
        self.assertEqual(order.serial, "???-9")

    def test_nothing_is_kept_when_the_machine_is_refused(self):
        partners = self.env["res.partner"].search_count([])
        values = {
            "new_partner": {"name": "Bank G"},
            "new_asset": {"product_id": self.server.id, "serial": "7979Q7C-01"},
        }
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self.desk.register(values)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)

    def test_files_are_attached_and_checked(self):
        data = base64.b64encode(b"%PDF-1.4 letter").decode()
        files = [{"name": "../letter.pdf", "datas": data}]
        result = self.desk.register(self._values(), files)
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "aftersales.order"), ("res_id", "=", result["id"])]
        )
        self.assertEqual(attachment.raw, b"%PDF-1.4 letter")
        self.assertNotIn("/", attachment.name)
        for bad in ([{"name": "x", "datas": "not base64!"}], files * 11):
            with self.assertRaises(UserError):
                self.desk.register(self._values(), bad)

    def test_text_from_anywhere_is_storable(self):
        values = self._values(
            description="a\x00b \ud83d " + "长" * 30000, contact_name="崔\x00女士"
        )
        order = self.env["aftersales.order"].browse(self.desk.register(values)["id"])
        self.assertEqual(order.contact_name, "崔女士")
        self.assertLessEqual(len(order.description), 20000)

    def test_call_for_another_service_point_is_handed_over(self):
        west = self.env["aftersales.team"].create({"name": "West", "code": "W"})
        self.env["aftersales.zone"].create(
            {"name": "W", "team_id": west.id, "zip_prefixes": "999"}
        )
        self.customer.write({"zip": "99901"})
        result = self.desk.register(self._values())
        order = self.env["aftersales.order"].browse(result["id"])
        self.assertEqual(order.team_id, west)
        self.assertFalse(result["readable"])
        self.assertEqual(result["team"], "West")
        # The question about a duplicate names it, nothing else.
        asked = self.desk.register(self._values())["duplicates"]
        self.assertEqual([o["readable"] for o in asked], [False])
        with self.assertRaises(UserError):
            self.desk.continue_order(order.id, self._values())

    # -- rights -----------------------------------------------------------------

    def test_only_named_values_are_taken(self):
        for name, value in (
            ("state", "closed"),
            ("name", "SV/1"),
            ("company_id", 1),
            ("team_id", self.team.id),
            ("answer_at", "2020-01-01"),
            ("source_key", "x"),
            ("line_ids", []),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                self.desk.register(self._values(**{name: value}))

    def test_wrong_values_are_refused_with_a_sentence(self):
        for values in (
            {"partner_id": 2**40},
            {"partner_id": "1"},
            {"partner_id": False, "new_partner": {"name": "  "}},
            {"partner_id": False},
            {"asset_id": 987654321},
            {"expected_at": "tomorrow"},
            {"call_key": "x"},
            {"call_key": ["x"]},
        ):
            with self.subTest(str(values)), self.assertRaises(UserError):
                self.desk.register(self._values(**values))
        with self.assertRaises(UserError):
            self.desk.register(None)

    def test_roles_without_the_desk_are_refused(self):
        for role in ("technician", "accountant", "parts"):
            desk = self.as_user(role, self.env["aftersales.call.desk"])
            for call in (
                lambda desk: desk.get_defaults(),
                lambda desk: desk.lookup("Data"),
                lambda desk: desk.get_customer(self.customer.id),
                lambda desk: desk.search_symptoms("a"),
                lambda desk: desk.search_products("a"),
                lambda desk: desk.register(self._values()),
                lambda desk: desk.continue_order(1, self._values()),
            ):
                with self.assertRaises(AccessError):
                    call(desk)

    def test_other_company_and_other_team_are_not_shown(self):
        foreign = self.env["res.company"].create({"name": "Other"})
        partner = self.env["res.partner"].create(
            {"name": "Data Foreign", "phone": "88887777", "company_id": foreign.id}
        )
        self.assertNotIn(partner.id, self._partner_hits("Data For"))
        self.assertNotIn(partner.id, self._partner_hits("88887777"))
        with self.assertRaises(UserError):
            self.desk.get_customer(partner.id)
        asset = self._create_asset("FOREIGN-1", company_id=foreign.id)
        self.assertFalse(self.desk.lookup("FOREIGN-1"))
        with self.assertRaises(UserError):
            self.desk.register(self._values(asset_id=asset.id))
        west = self.env["aftersales.team"].create({"name": "West", "code": "W"})
        self._create_order(team_id=west.id)
        card = self.desk.get_customer(self.customer.id)
        self.assertFalse(card["open_orders"])

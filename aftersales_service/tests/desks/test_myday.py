import base64
from datetime import timedelta
from io import BytesIO

from PIL import Image

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from ..common import GROUP, AftersalesCommon

# A Monday, 10:00 in Brussels, the time zone of the test company's calendar.
NOW = "2026-03-02 09:00:00"


def picture(colour="red", kind="PNG", size=8):
    """A real picture as the phone sends it."""
    buffer = BytesIO()
    Image.new("RGB", (size, size), colour).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


class MydayCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.technician.resource_id.tz = "Europe/Brussels"
        cls.other_user = new_test_user(
            cls.env, login="as_other", groups=f"{GROUP}technician"
        )
        cls.other = cls._create_technician("Zhou Min", user_id=cls.other_user.id)
        cls.myday = cls.as_user("technician", cls.env["aftersales.myday"])

    @classmethod
    def _create_visit(cls, order=None, start=NOW, **values):
        order = order or cls._dispatched_order()
        start = fields.Datetime.to_datetime(start)
        return cls.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": cls.technician.id,
                "planned_start": start,
                "planned_end": start + timedelta(hours=2),
                **values,
            }
        )

    @classmethod
    def _dispatched_order(cls, **values):
        order = cls._create_order(technician_id=cls.technician.id, **values)
        order.action_dispatch()
        return order

    @classmethod
    def _foreign_order(cls):
        order = cls._create_order(technician_id=cls.other.id)
        order.action_dispatch()
        return order

    def _rpc(self, method, *args, user=None):
        """As the browser calls it."""
        myday = self.myday.with_user(user) if user else self.myday
        return call_kw(myday, method, list(args), {})


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestMydayList(MydayCommon):
    def _groups(self):
        cards = self._rpc("get_day")["cards"]
        return [(card["group"], card["order_id"]) for card in cards]

    def test_cards_in_driving_order(self):
        later = self._create_visit(start="2026-03-02 14:00:00")
        first = self._create_visit(start="2026-03-02 09:30:00")
        overdue = self._create_visit(start="2026-02-27 09:00:00")
        tomorrow = self._create_visit(start="2026-03-03 09:00:00")
        self._create_visit(start="2026-03-05 09:00:00")
        under_way = self._create_visit(start="2026-03-02 16:00:00")
        self.as_user("technician", under_way).action_depart()
        self.assertEqual(
            self._groups(),
            [
                ("now", under_way.order_id.id),
                ("overdue", overdue.order_id.id),
                ("today", first.order_id.id),
                ("today", later.order_id.id),
                ("tomorrow", tomorrow.order_id.id),
            ],
        )

    def test_day_ends_at_midnight_where_the_technician_works(self):
        late = self._create_visit(start="2026-03-02 22:30:00")
        late_tomorrow = self._create_visit(start="2026-03-03 22:30:00")
        self.assertEqual(
            self._groups(),
            [
                ("today", late.order_id.id),
                ("tomorrow", late_tomorrow.order_id.id),
            ],
        )
        self.technician.resource_id.tz = "Asia/Shanghai"
        self.assertEqual(self._groups(), [("tomorrow", late.order_id.id)])

    def test_orders_without_a_visit_and_unfinished_reports(self):
        remote = self._dispatched_order(place="remote")
        visit = self._create_visit()
        visit = self.as_user("technician", visit)
        visit.action_depart()
        visit.action_arrive()
        visit.action_leave("not_ours")
        self.assertEqual(
            self._groups(),
            [("unreported", visit.order_id.id), ("loose", remote.id)],
        )

    def test_unsolved_visit_is_no_missing_report(self):
        visit = self.as_user("technician", self._create_visit())
        visit.action_depart()
        visit.action_arrive()
        visit.action_leave("continue", "Needs the bench", "workshop")
        self.assertEqual(self._groups(), [("loose", visit.order_id.id)])

    def test_visit_finished_today_stays_visible(self):
        visit = self._create_visit(self._create_reported_order())
        visit = self.as_user("technician", visit)
        visit.action_depart()
        visit.action_arrive()
        visit.order_id.action_complete()
        visit.action_leave("done")
        self.assertEqual(self._groups(), [("finished", visit.order_id.id)])

    def test_facts_on_a_card(self):
        self.customer.write({"street": "688 Wensan Road", "city": "Hangzhou"})
        order = self._dispatched_order(
            line_ids=[self._line_values("part", self.disk, 2.0)]
        )
        self._create_visit(order)
        card = self._rpc("get_day")["cards"][0]
        self.assertEqual(card["address"], "688 Wensan Road, Hangzhou")
        self.assertEqual(card["serial"], "7979Q7C-01")
        self.assertEqual(card["phone"], "+86 571 8888 0001")
        self.assertEqual(card["carry"][0]["quantity"], 2.0)

    def test_nothing_of_others(self):
        order = self._foreign_order()
        self._create_visit(order, lead_id=self.other.id)
        self.assertEqual(self._rpc("get_day")["cards"], [])

    def test_money_held_is_the_own(self):
        order = self._create_reported_order()
        self.as_user("technician", order).action_collect(150.0, "cash")
        self.assertEqual(self._rpc("get_day")["held"][0]["amount"], 150.0)
        self.assertEqual(self._rpc("get_day", user=self.other_user)["held"], [])

    def test_login_without_technician_sees_an_empty_day(self):
        user = new_test_user(self.env, login="as_new", groups=f"{GROUP}technician")
        day = self._rpc("get_day", user=user)
        self.assertFalse(day["technician"])
        self.assertEqual(day["cards"], [])

    def test_no_right_without_our_groups(self):
        user = new_test_user(self.env, login="as_nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            self._rpc("get_day", user=user)

    def test_date_is_checked(self):
        for value in ("2026-99-99", "x", "0001-01-01", [1], 5):
            with self.assertRaises(UserError):
                self._rpc("get_day", value)
        self.assertEqual(self._rpc("get_day", "2026-03-01")["date"], "2026-03-01")

    def _count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        cards = self._rpc("get_day")["cards"]
        return self.env.cr.sql_log_count - before, len(cards)

    def _create_many(self, count):
        for index in range(count):
            partner = self.env["res.partner"].create(
                {"name": f"Customer {index}", "street": "Road", "city": "H"}
            )
            asset = self._create_asset(f"S{count}-{index}", partner_id=partner.id)
            order = self._dispatched_order(
                partner_id=partner.id,
                asset_id=asset.id,
                line_ids=[self._line_values("part", self.disk)],
            )
            if index % 3:
                self._create_visit(order, start=f"2026-03-02 {10 + index % 9}:00:00")

    def test_queries_do_not_grow_with_the_list(self):
        self._create_many(5)
        self._count_queries()  # warms the caches
        few, cards = self._count_queries()
        self.assertEqual(cards, 5)
        self._create_many(20)
        self._count_queries()  # what creating emptied
        many, cards = self._count_queries()
        self.assertEqual(cards, 25)
        # Twenty more cards would cost twenty; a cache refilled in between costs one.
        self.assertLess(many - few, 5)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestMydayOrder(MydayCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._dispatched_order(
            line_ids=[cls._line_values("labour", cls.labour)]
        )

    def _arrive(self):
        visit = self.as_user("technician", self._create_visit(self.order))
        visit.action_depart()
        visit.action_arrive()
        return visit

    def _step(self):
        return self._rpc("get_order", self.order.id)["step"]["key"]

    # -- the next step --------------------------------------------------------------

    def test_next_step_follows_the_journey(self):
        self.assertEqual(self._step(), "start")
        visit = self.as_user("technician", self._create_visit(self.order))
        self.assertEqual(self._step(), "depart")
        visit.action_depart()
        self.assertEqual(self._step(), "arrive")
        visit.action_arrive()
        self.assertEqual(self._step(), "report")
        self._rpc("save_report", self.order.id, {"cause_id": self.cause.id})
        self.assertEqual(self._step(), "report")
        self._rpc("save_report", self.order.id, {"customer_opinion": "satisfied"})
        self.assertEqual(self._step(), "sign")
        self.as_user("technician", self.order).action_sign("Ms Cui", picture())
        self.assertEqual(self._step(), "done")
        self.as_user("technician", self.order).action_complete()
        self.assertEqual(self._step(), "leave")
        visit.action_leave("done")
        self.assertEqual(self._step(), "none")

    def test_what_is_missing_names_its_section(self):
        self._arrive()
        missing = self._rpc("get_order", self.order.id)["missing"]
        self.assertEqual(
            [(item["section"], item["field"]) for item in missing],
            [
                ("report", "cause"),
                ("report", "remedy"),
                ("report", "opinion"),
                ("sign", "signature"),
            ],
        )

    def test_quotation_to_answer_comes_before_signing(self):
        self._arrive()
        self._rpc(
            "save_report",
            self.order.id,
            {"cause_id": self.cause.id, "customer_opinion": "fair"},
        )
        self.as_user("technician", self.order).action_quote()
        self.assertEqual(self._step(), "quote")
        self.as_user("technician", self.order).action_accept_quote("Ms Cui", picture())
        self.assertEqual(self._step(), "sign")

    def test_quotation_refused_on_the_screen(self):
        self._arrive()
        self.assertTrue(self._rpc("get_order", self.order.id)["can_quote"])
        self.as_user("technician", self.order).action_refuse_quote("Too dear")
        self.assertEqual(self.order.quote_state, "refused")
        self.assertFalse(self._rpc("get_order", self.order.id)["can_quote"])

    def test_covered_lines_have_no_price_to_pay(self):
        self.order.service_type = "contract"
        line = self._rpc("get_order", self.order.id)["lines"][0]
        self.assertFalse(line["paying"])
        self.assertEqual(line["total"], 0.0)

    # -- own orders only --------------------------------------------------------------

    def _all_calls(self, order):
        line = order.line_ids[:1].id
        return [
            ("get_order",),
            ("get_causes",),
            ("save_report", {"remedy": "x"}),
            ("save_line", line, {"quantity": 2}),
            ("add_service", "travel", 1),
            ("request_price", line, 1.0, "because"),
            ("add_photo", "a.png", picture()),
            ("remove_photo", 1),
        ]

    def test_orders_of_others_are_refused(self):
        foreign = self._foreign_order()
        for order_id in (foreign.id, 0, -1, 2**31, 10**20, "1", False, [foreign.id]):
            for method, *args in self._all_calls(foreign):
                with self.assertRaises(AccessError, msg=f"{method} {order_id}"):
                    self._rpc(method, order_id, *args)

    def test_office_people_use_the_office_screens(self):
        for role in ("operator", "supervisor", "manager", "accountant", "parts"):
            for method, *args in self._all_calls(self.order):
                with self.assertRaises(AccessError, msg=f"{role} {method}"):
                    self._rpc(method, self.order.id, *args, user=self.users[role])

    def test_helper_on_the_order_may_work_on_it(self):
        self.order.technician_ids += self.other
        result = self._rpc(
            "save_report", self.order.id, {"remedy": "helped"}, user=self.other_user
        )
        self.assertEqual(result["report"]["remedy"], "helped")

    def test_wrong_state_is_a_clear_error(self):
        done = self._create_reported_order()
        done.action_complete()
        for method, *args in self._all_calls(done):
            if method not in ("get_order", "get_causes"):
                with self.assertRaisesRegex(UserError, "Done", msg=method):
                    self._rpc(method, done.id, *args)

    def test_after_signing_only_the_opinion_changes(self):
        order = self._create_reported_order()
        self._rpc("save_report", order.id, {"customer_opinion": "fair"})
        self.assertEqual(order.customer_opinion, "fair")
        for method, *args in (
            ("save_report", {"remedy": "x"}),
            ("save_report", {"misuse": True, "customer_note": "x"}),
            ("save_line", order.line_ids.id, {"quantity": 2}),
            ("add_service", "travel", 1),
            ("request_price", order.line_ids.id, 1.0, "because"),
        ):
            with self.assertRaisesRegex(UserError, "signed", msg=method):
                self._rpc(method, order.id, *args)

    # -- report -----------------------------------------------------------------------

    def test_report_prefills_the_remedy(self):
        result = self._rpc("save_report", self.order.id, {"cause_id": self.cause.id})
        self.assertEqual(result["report"]["remedy"], "Disk replaced")

    def test_other_fields_are_refused(self):
        for name in (
            "state",
            "signed_by",
            "amount_customer",
            "technician_id",
            "service_type",
            "partner_id",
            "name",
            "line_ids",
            "photo_ids",
            "charge_state",
        ):
            with self.assertRaises(AccessError, msg=name):
                self._rpc("save_report", self.order.id, {"remedy": "x", name: "1"})
        self.assertFalse(self.order.remedy)
        for values in (None, [], "x", 5):
            with self.assertRaises(UserError):
                self._rpc("save_report", self.order.id, values)

    def test_values_are_checked(self):
        for values in (
            {"cause_id": 10**9},
            {"cause_id": "x"},
            {"customer_opinion": "great"},
            {"customer_opinion": ["x"]},
            {"remedy": ["x"]},
            {"remedy": {"x": 1}},
            {"remedy": "x" * 10001},
        ):
            with self.assertRaises(UserError, msg=values):
                self._rpc("save_report", self.order.id, values)

    def test_strange_text_is_kept_readable(self):
        text = "👍 مرحبا 换硬盘 \x00\ud83d end <script>"
        self._rpc("save_report", self.order.id, {"remedy": text})
        self.assertEqual(self.order.remedy, "👍 مرحبا 换硬盘  end <script>")

    def test_causes_of_the_symptom_come_first(self):
        likely = self.env["aftersales.cause"].create(
            {
                "name": "ZZ backplane",
                "sequence": 999,
                "symptom_ids": [Command.set(self.symptom.ids)],
            }
        )
        causes = self._rpc("get_causes", self.order.id)
        self.assertEqual(causes[0]["id"], likely.id)
        self.assertTrue(causes[0]["likely"])
        found = self._rpc("get_causes", self.order.id, "backpl ZZ")
        self.assertEqual([cause["id"] for cause in found], likely.ids)

    # -- photos -----------------------------------------------------------------------

    def test_photo_is_kept_once_with_a_safe_name(self):
        for name in ("../../etc/IMG 1.png.exe", "again.png"):
            photos = self._rpc("add_photo", self.order.id, name, picture())
        self.assertEqual([photo["name"] for photo in photos], ["IMG 1.png.png"])
        photo = self.order.photo_ids
        self.assertEqual(
            (photo.res_model, photo.res_id),
            (
                "aftersales.order",
                self.order.id,
            ),
        )
        self._rpc("add_photo", self.order.id, "b.jpg", picture(kind="JPEG"))
        self.assertEqual(len(self.order.photo_ids), 2)

    def test_only_pictures_and_pdf(self):
        svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
        for content in (b"MZ\x90\x00 exe", svg, b"<html>x</html>", b"PK\x03\x04 zip"):
            data = base64.b64encode(content).decode()
            with self.assertRaisesRegex(UserError, "jpg, png and pdf"):
                self._rpc("add_photo", self.order.id, "photo.jpg", data)
        pdf = base64.b64encode(b"%PDF-1.4\n%%EOF").decode()
        photos = self._rpc("add_photo", self.order.id, "receipt.pdf", pdf)
        self.assertEqual(photos[0]["mimetype"], "application/pdf")

    def test_size_and_garbage_are_refused(self):
        self.company.aftersales_photo_max_mb = 1
        big = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 1024 * 1024).decode()
        for data in (big, "", "***", False, None, 5, ["x"], "A" * 3 * 1024 * 1024):
            with self.assertRaises(UserError):
                self._rpc("add_photo", self.order.id, "a.png", data)
        self.assertFalse(self.order.photo_ids)

    def test_number_of_photos_is_limited(self):
        for index in range(30):
            self._rpc("add_photo", self.order.id, "a.png", picture(size=index + 1))
        with self.assertRaisesRegex(UserError, "At most 30"):
            self._rpc("add_photo", self.order.id, "a.png", picture(size=99))

    def test_photo_is_removed_from_the_own_order_only(self):
        self._rpc("add_photo", self.order.id, "a.png", picture())
        photo = self.order.photo_ids
        other = self._dispatched_order()
        self._rpc("remove_photo", other.id, photo.id)
        self.assertTrue(photo.exists())
        self.assertEqual(self._rpc("remove_photo", self.order.id, photo.id), [])
        self.assertFalse(photo.exists())

    # -- lines ------------------------------------------------------------------------

    def test_hours_by_hand(self):
        line = self.order.line_ids
        self._rpc("save_line", self.order.id, line.id, {"quantity": 2.5})
        self.assertEqual(line.quantity, 2.5)
        for value in (-1, "2", True, None, 10**9, float("nan"), float("inf")):
            with self.assertRaises(UserError, msg=value):
                self._rpc("save_line", self.order.id, line.id, {"quantity": value})
        for name in ("price_unit", "payer", "order_id", "approved_price"):
            with self.assertRaises(AccessError, msg=name):
                self._rpc("save_line", self.order.id, line.id, {name: 0})

    def test_line_of_another_order_is_refused(self):
        other = self._create_reported_order()
        with self.assertRaisesRegex(UserError, "gone"):
            self._rpc("save_line", self.order.id, other.line_ids.id, {"quantity": 2})

    def test_old_part_stays_only_with_a_reason(self):
        self.order.line_ids = [self._line_values("part", self.disk)]
        line = self.order.line_ids.filtered(lambda line: line.kind == "part")
        self._rpc("save_line", self.order.id, line.id, {"old_part_state": "due"})
        self.assertEqual(line.old_part_state, "due")
        values = {"old_part_state": "left", "old_part_note": "Data protection"}
        self._rpc("save_line", self.order.id, line.id, values)
        self.assertEqual(line.old_part_note, "Data protection")
        for state in ("received", "scrapped", "supplier", "x"):
            with self.assertRaises(UserError, msg=state):
                self._rpc(
                    "save_line", self.order.id, line.id, {"old_part_state": state}
                )
        with self.assertRaises(UserError):
            self._rpc(
                "save_line",
                self.order.id,
                line.id,
                {"old_part_state": "left", "old_part_note": " "},
            )

    def test_travel_added_twice_is_one_line(self):
        for quantity in (1, 2):
            result = self._rpc("add_service", self.order.id, "travel", quantity)
        travel = [line for line in result["lines"] if line["kind"] == "travel"]
        self.assertEqual([line["quantity"] for line in travel], [2.0])
        self._rpc("add_service", self.order.id, "travel", 0)
        self.assertNotIn("travel", self.order.line_ids.mapped("kind"))
        with self.assertRaises(UserError):
            self._rpc("add_service", self.order.id, "part", 1)

    def test_missing_product_names_the_setting(self):
        self.company.aftersales_travel_product_id = False
        with self.assertRaisesRegex(UserError, "settings"):
            self._rpc("add_service", self.order.id, "travel", 1)

    def test_discount_waits_with_its_reason_and_blocks_signing(self):
        line = self.order.line_ids
        with self.assertRaisesRegex(UserError, "why"):
            self._rpc("request_price", self.order.id, line.id, 20.0, "  ")
        self._rpc(
            "request_price", self.order.id, line.id, 20.0, "Third fault this week"
        )
        self.assertEqual(line.approval_ids.reason, "Third fault this week")
        self.assertEqual(self.order.approval_state, "pending")
        with self.assertRaisesRegex(UserError, "not approved"):
            self.as_user("technician", self.order).action_sign("Ms Cui", picture())
        result = self._rpc("request_price", self.order.id, line.id, line.list_price, "")
        self.assertEqual(result["approval_state"], "none")


@tagged("post_install", "-at_install")
class TestMydayTour(MydayCommon, HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_technician_works_through_the_day(self):
        order = self._dispatched_order(contact_name="Ms Cui")
        self.cause.symptom_ids = self.symptom
        self._create_visit(order, start=fields.Datetime.now())
        self.start_tour("/odoo/my-day", "aftersales_myday", login="as_technician")
        self.assertEqual(order.state, "done")
        self.assertEqual(order.visit_ids.state, "left")
        self.assertEqual(order.visit_ids.outcome, "done")
        self.assertEqual(order.signed_by, "Ms Cui")
        self.assertEqual(order.customer_opinion, "very_satisfied")
        self.assertEqual(order.remedy, "Disk replaced and array rebuilt")
        self.assertEqual(len(order.photo_ids), 1)
        self.assertEqual(set(order.line_ids.mapped("kind")), {"labour", "travel"})
        self.assertEqual(order.amount_collected, order.amount_customer)

    def test_technician_leaves_without_a_solution(self):
        order = self._dispatched_order()
        self._create_visit(order, start=fields.Datetime.now())
        self.start_tour("/odoo/my-day", "aftersales_myday_leave", login="as_technician")
        left = order.visit_ids.filtered(lambda visit: visit.state == "left")
        self.assertEqual(left.outcome, "part_missing")
        self.assertEqual(left.note, "RAID card ordered")
        self.assertFalse(left.left_without_report)
        self.assertEqual(order.state, "in_progress")
        self.assertEqual(len(order.visit_ids - left), 1)

    def test_nothing_is_lost_without_a_connection(self):
        order = self._dispatched_order()
        self.cause.symptom_ids = self.symptom
        self._create_visit(order, start=fields.Datetime.now())
        self.start_tour(
            "/odoo/my-day", "aftersales_myday_offline", login="as_technician"
        )
        self.assertEqual(order.remedy, "Disk swapped")
        self.assertEqual(len(order.photo_ids), 1)

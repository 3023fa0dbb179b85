from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, freeze_time, tagged
from odoo.tools import mute_logger

from ...tools.promise import (
    CONDITIONS,
    Engine,
    Promise,
    Span,
    Step,
    Target,
    judge,
    judge_stopped,
    make_rank,
)
from ..common import AftersalesCommon
from .test_worktime import at, local

NOW = datetime(2026, 3, 2, 2)  # Monday, 10:00 in Shanghai
GUARDED = (
    ("policy_id", False),
    ("answer_deadline", "2030-01-01 00:00:00"),
    ("arrive_deadline", "2030-01-01 00:00:00"),
    ("resolve_deadline", "2030-01-01 00:00:00"),
    ("resolve_risk_at", "2030-01-01 00:00:00"),
    ("answer_policy_id", False),
    ("answer_at", "2020-01-01 00:00:00"),
    ("arrive_at", "2020-01-01 00:00:00"),
    ("resolve_at", "2020-01-01 00:00:00"),
    ("sla_state", "met"),
    ("sla_missed", False),
    ("sla_due_at", "2030-01-01 00:00:00"),
    ("next_check_at", False),
    ("sla_paused_at", "2020-01-01 00:00:00"),
    ("sla_pause_reason_id", False),
)


ONE_HOUR = {"answer": Target(1, "hours", "clock")}


def promise(number, milestone="answer", width=0, **conditions):
    targets = {milestone: Target(1, "hours", "clock")}
    rank = make_rank(conditions, width=max(0, width), number=number)
    return Promise(number, conditions, targets, rank)


@tagged("post_install", "-at_install")
class TestPromise(BaseCase):
    """Matching and judging, without a database."""

    def test_earlier_condition_beats_all_later_ones_together(self):
        facts = {name: "x" for name in CONDITIONS if name != "distance"}
        for number, name in enumerate(CONDITIONS[:-1]):
            if name == "distance":
                continue
            rest = {n: "x" for n in CONDITIONS[number + 1 :] if n != "distance"}
            engine = Engine([promise(1, **rest), promise(2, **{name: "x"})])
            self.assertEqual(engine.match(facts)["answer"].id, 2, name)

    def test_silent_policy_lets_the_next_one_speak(self):
        special = promise(1, milestone="arrive", fault_level="1")
        general = promise(2, milestone="answer")
        found = Engine([general, special]).match({"fault_level": "1"})
        self.assertEqual(
            {k: v.id for k, v in found.items()}, {"answer": 2, "arrive": 1}
        )

    def test_distance(self):
        near, middle, far = (
            promise(number, width=high - low, distance=Span(low, high))
            for number, low, high in ((1, 0, 100), (2, 50, 100), (3, 100, 0))
        )
        engine = Engine([far, near, middle])
        for distance, number in ((0.0, 1), (49.9, 1), (50, 2), (100, 2), (100.1, 3)):
            found = engine.match({"distance": distance})
            self.assertEqual(found["answer"].id, number, distance)
        self.assertFalse(engine.match({"distance": None}))

    def test_no_arrival_where_nobody_goes(self):
        engine = Engine([promise(1, milestone="arrive")])
        self.assertTrue(engine.match({"place": "onsite"}))
        self.assertFalse(engine.match({"place": "remote"}))
        self.assertFalse(engine.match({"place": "workshop"}))

    def test_policy_of_another_company_or_archived_is_silent(self):
        mine = Promise(
            1, {}, {"answer": Target(1, "hours", "clock")}, (1,), company_id=7
        )
        old = Promise(
            2, {}, {"answer": Target(1, "hours", "clock")}, (2,), active=False
        )
        engine = Engine([mine, old])
        self.assertEqual(engine.match({"company_id": 7})["answer"].id, 1)
        self.assertFalse(engine.match({"company_id": 8}))

    def test_reached_on_the_deadline_is_met(self):
        hour = timedelta(hours=1)
        for reached, state in ((NOW, "met"), (NOW + timedelta(seconds=1), "missed")):
            step = Step("answer", NOW, reached_at=reached)
            self.assertEqual(judge([step], NOW + hour).state, state)

    def test_standing(self):
        hour = timedelta(hours=1)
        open_step = Step("answer", NOW, NOW - hour)
        later = Step("resolve", NOW + hour, NOW)
        for now, state, due, check in (
            (NOW - 2 * hour, "running", NOW, NOW - hour),
            (NOW - hour, "at_risk", NOW, NOW - hour),
            (NOW - hour / 2, "at_risk", NOW, NOW),
            (NOW, "at_risk", NOW, NOW),
            (NOW + hour / 2, "missed", NOW, NOW + hour),
            (NOW + 2 * hour, "missed", NOW, None),
        ):
            found = judge([open_step, later], now)
            self.assertEqual(
                (found.state, found.due_at, found.check_at), (state, due, check), now
            )
        self.assertEqual(judge([], NOW), (None, None, False, None))

    def test_dropped(self):
        hour = timedelta(hours=1)
        step = Step("answer", NOW)
        self.assertEqual(judge_stopped([step], NOW - hour).state, None)
        self.assertEqual(judge_stopped([step], NOW + hour).state, "missed")
        met = Step("answer", NOW, reached_at=NOW)
        self.assertEqual(judge_stopped([met], NOW + hour).state, None)


class SlaCommon(AftersalesCommon):
    """A Shanghai office without holidays, and no policies but the test's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        policies = cls.env["aftersales.sla.policy"].search([])
        policies.active = False
        cls.shipped = policies
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "Asia/Shanghai",
                "company_id": cls.company.id,
                "attendance_ids": [
                    (5, 0, 0),
                    *(
                        (
                            0,
                            0,
                            {
                                "name": "Shift",
                                "dayofweek": str(day),
                                "hour_from": begin,
                                "hour_to": end,
                                "day_period": period,
                            },
                        )
                        for day in range(5)
                        for begin, end, period in (
                            (9, 12, "morning"),
                            (13, 18, "afternoon"),
                        )
                    ),
                ],
                "global_leave_ids": [(5, 0, 0)],
            }
        )
        cls.team.resource_calendar_id = cls.calendar
        cls.customer_waits = cls.env.ref(
            "aftersales_service.aftersales_pause_reason_customer"
        )
        cls.part_waits = cls.env.ref("aftersales_service.aftersales_pause_reason_part")

    @classmethod
    def _policy(cls, name, **values):
        return cls.env["aftersales.sla.policy"].create({"name": name, **values})

    @classmethod
    def _three(cls, **values):
        """Answer 1 h, arrive 8 working hours, solve 2 days."""
        return cls._policy(
            "Three",
            **{
                "answer_value": 1,
                "arrive_value": 8,
                "arrive_unit": "working_hours",
                "resolve_value": 2,
                "resolve_unit": "days",
                **values,
            },
        )


@tagged("post_install", "-at_install")
class TestSlaEngine(SlaCommon):
    @freeze_time("2026-03-02 02:00:00")
    def test_deadlines_of_a_new_order(self):
        policy = self._three()
        order = self._create_order()
        self.assertEqual(order.policy_id, policy)
        self.assertEqual(order.answer_deadline, NOW + timedelta(hours=1))
        self.assertEqual(local(order.arrive_deadline), "03-03 10:00")
        self.assertEqual(order.resolve_deadline, NOW + timedelta(days=2))
        self.assertEqual(order.sla_state, "running")
        self.assertEqual(order.sla_due_at, order.answer_deadline)
        self.assertEqual(order.answer_risk_at, NOW + timedelta(minutes=48))
        self.assertEqual(order.next_check_at, order.answer_risk_at)
        self.assertFalse(order.sla_missed)
        self.assertIn("8 working hours", order.sla_explanation)

    @freeze_time("2026-03-02 02:00:00")
    def test_no_policy_no_promise(self):
        order = self._create_order()
        self.assertFalse(order.sla_state)
        self.assertFalse(order.sla_due_at)
        self.assertFalse(order.next_check_at)
        order.action_register_answer()
        self.assertEqual(order.answer_at, NOW)
        self.assertFalse(order.sla_state)

    def test_fault_level_changed_counts_again_from_the_call(self):
        self._three()
        self._policy("Urgent", fault_level="1", arrive_value=2, answer_value=0.5)
        with freeze_time("2026-03-02 02:00:00"):
            order = self._create_order()
            order.action_register_answer()
        with freeze_time("2026-03-02 03:00:00"):
            order.fault_level = "1"
            self.assertEqual(order.arrive_deadline, NOW + timedelta(hours=2))
            self.assertEqual(order.answer_deadline, NOW + timedelta(hours=1), "was met")
            self.assertEqual(order.arrive_policy_id.name, "Urgent")
            self.assertEqual(order.answer_policy_id.name, "Three")
            self.assertEqual(order.resolve_policy_id.name, "Three")

    @freeze_time("2026-03-02 02:00:00")
    def test_zone_and_grade_changed(self):
        self._policy("Town", area="town", arrive_value=1, calendar_mode="clock")
        self._policy("Grade", from_grade=True)
        zone = self.env["aftersales.zone"].create(
            {"name": "Z", "team_id": self.team.id, "area": "town"}
        )
        order = self._create_order(zone_id=False, grade_id=False)
        self.assertFalse(order.arrive_deadline)
        order.zone_id = zone
        self.assertEqual(order.arrive_deadline, NOW + timedelta(hours=1))
        order.grade_id = self.env.ref("aftersales_service.aftersales_grade_7x24x4")
        self.assertEqual(order.arrive_deadline, NOW + timedelta(hours=4))
        self.assertEqual(order.answer_deadline, NOW + timedelta(minutes=10))
        order.grade_id = self.env.ref("aftersales_service.aftersales_grade_5x9")
        self.assertEqual(local(order.arrive_deadline), "03-03 11:00")
        self.assertIn("5×9", order.sla_explanation)

    @freeze_time("2026-03-02 02:00:00")
    def test_category_with_those_below(self):
        parent = self.env["product.category"].create({"name": "Vehicles"})
        child = self.env["product.category"].create(
            {"name": "Engines", "parent_id": parent.id}
        )
        self._policy("General", answer_value=24)
        self._policy("Vehicles", categ_id=parent.id, answer_value=12)
        self._policy("Engines", categ_id=child.id, answer_value=6)
        product = self._create_product("Engine", categ_id=child.id)
        order = self._create_order(asset_id=False, product_id=product.id)
        self.assertEqual(order.answer_policy_id.name, "Engines")
        product.categ_id = parent
        other = self._create_order(asset_id=False, product_id=product.id)
        self.assertEqual(other.answer_policy_id.name, "Vehicles")

    @freeze_time("2026-03-02 02:00:00")
    def test_distance_of_the_site(self):
        self.team.partner_id = self.env["res.partner"].create(
            {"name": "P", "partner_latitude": 30.27, "partner_longitude": 120.15}
        )
        self._policy("Near", distance_to=100, arrive_value=24)
        near = self.env["res.partner"].create(
            {"name": "N", "partner_latitude": 30.3, "partner_longitude": 120.2}
        )
        far = self.env["res.partner"].create(
            {"name": "F", "partner_latitude": 31.23, "partner_longitude": 121.47}
        )
        orders = [self._create_order(site_id=site.id) for site in (near, far)]
        self.assertTrue(orders[0].arrive_deadline)
        self.assertFalse(orders[1].arrive_deadline)

    def test_place_without_arrival(self):
        self._three()
        order = self._create_order(place="workshop")
        self.assertFalse(order.arrive_deadline)
        self.assertTrue(order.resolve_deadline)

    def test_life_of_an_order_in_time(self):
        self._three()
        with freeze_time("2026-03-02 02:00:00"):
            order = self._create_reported_order()
            visit = self.env["aftersales.visit"].create(
                {
                    "order_id": order.id,
                    "lead_id": self.technician.id,
                    "planned_start": NOW,
                }
            )
            self.assertEqual(order.answer_at, NOW, "work on it has begun")
        with freeze_time("2026-03-02 03:00:00"):
            visit.action_depart()
            visit.action_arrive()
            self.assertEqual(order.arrive_at, NOW + timedelta(hours=1))
            self.assertEqual(order.sla_state, "running")
            self.assertEqual(order.sla_due_at, order.resolve_deadline)
        with freeze_time("2026-03-02 04:00:00"):
            visit.action_leave("done")
            order.action_complete()
            self.assertEqual(order.sla_state, "met")
            self.assertEqual(order.resolve_at, NOW + timedelta(hours=2))
            self.assertFalse(order.sla_due_at)
            self.assertFalse(order.next_check_at)
        with freeze_time("2026-03-02 05:00:00"):
            self.as_user("manager", order).action_reopen("Not working")
            self.assertFalse(order.resolve_at)
            self.assertEqual(order.sla_state, "running")
            self.assertEqual(order.sla_due_at, order.resolve_deadline)

    def test_arriving_answers_and_late_is_missed(self):
        self._three()
        with freeze_time("2026-03-02 02:00:00"):
            order = self._create_order()
        with freeze_time("2026-03-02 03:00:01"):
            order._sla_reach("arrive")
        self.assertEqual(order.answer_at, order.arrive_at)
        self.assertEqual(order.sla_state, "missed")
        self.assertTrue(order.sla_missed)
        self.assertEqual(order.sla_due_at, order.resolve_deadline)

    def test_a_stamp_is_set_once(self):
        self._three()
        with freeze_time("2026-03-02 02:30:00"):
            order = self._create_order()
            order.action_register_answer()
        with freeze_time("2026-03-02 05:00:00"):
            order.action_register_answer()
        self.assertEqual(order.answer_at, datetime(2026, 3, 2, 2, 30))

    def test_cancelled_before_and_after_the_deadline(self):
        self._three()
        with freeze_time("2026-03-02 02:00:00"):
            early, late = self._create_order(), self._create_order()
        for order, moment, state in (
            (early, "2026-03-02 02:59:00", False),
            (late, "2026-03-02 03:01:00", "missed"),
        ):
            with freeze_time(moment):
                order.action_cancel("No need")
            self.assertEqual(order.sla_state, state)
            self.assertEqual(order.sla_missed, bool(state))
            self.assertFalse(order.next_check_at)
            self.assertFalse(order.sla_due_at)
        with freeze_time("2026-04-02 03:01:00"):
            early._sla_refresh()
            early.called_at = "2026-03-02 01:00:00"
            self.assertFalse(early.sla_state, "nothing is owed any more")

    def test_order_registered_late_is_looked_at_at_once(self):
        self._three()
        with freeze_time("2026-03-02 12:00:00"):
            order = self._create_order(called_at="2026-03-02 02:00:00")
            self.assertEqual(order.sla_state, "missed")
            self.assertEqual(order.next_check_at, datetime(2026, 3, 2, 12))
            order._sla_refresh()
            self.assertGreater(order.next_check_at, datetime(2026, 3, 2, 12))

    def test_queries_do_not_grow_with_the_orders(self):
        self._three()
        self._policy("Grade", from_grade=True)
        calendars = [self.calendar.copy() for _number in range(5)]
        teams = self.env["aftersales.team"].create(
            [
                {
                    "name": calendar.name,
                    "company_id": self.company.id,
                    "resource_calendar_id": calendar.id,
                }
                for calendar in calendars
            ]
        )
        counts = {}
        for size in (1, 10, 10, 100):
            values = [
                self._order_values(
                    asset_id=False,
                    team_id=teams[number % 5].id,
                    called_at=NOW + timedelta(minutes=number),
                )
                for number in range(size)
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            new = self.env["aftersales.order"].new
            orders = self.env["aftersales.order"].concat(*map(new, values))
            orders.mapped("zone_id")
            before = self.env.cr.sql_log_count
            orders._compute_sla()
            counts[size] = self.env.cr.sql_log_count - before
            self.assertEqual(len(set(orders.mapped("answer_deadline"))), size)
        self.assertLessEqual(counts[100], 40)
        self.assertLessEqual(counts[100], counts[10])

    def test_creating_costs_no_update(self):
        """Deadlines are part of the INSERT."""
        self._three()
        with self.assertLogs("odoo.sql_db", "DEBUG") as logs:
            self._create_order()
            self.env.flush_all()
        updates = [
            line
            for line in logs.output
            if "UPDATE" in line and '"aftersales_order"' in line and "_deadline" in line
        ]
        inserts = [
            line
            for line in logs.output
            if "INSERT" in line and '"aftersales_order"' in line and "_deadline" in line
        ]
        self.assertFalse(updates)
        self.assertEqual(len(inserts), 1)

    def test_archived_policy_keeps_what_was_promised(self):
        policy = self._three()
        with freeze_time("2026-03-02 02:00:00"):
            order = self._create_order()
        policy.active = False
        with freeze_time("2026-03-02 02:10:00"):
            order.action_pause(self.customer_waits.id)
        with freeze_time("2026-03-02 02:20:00"):
            order.action_resume()
        self.assertEqual(order.answer_deadline, NOW + timedelta(hours=1, minutes=10))

    def test_calendar_without_hours(self):
        self.calendar.attendance_ids.unlink()
        self._three()
        order = self._create_order()
        self.assertTrue(order.answer_deadline)
        self.assertFalse(order.arrive_deadline)
        self.assertIn("no deadline", order.sla_explanation)
        with self.assertRaisesRegex(ValidationError, "has no working hours"):
            self._policy(
                "Own",
                answer_value=1,
                calendar_mode="own",
                calendar_id=self.calendar.id,
            )

    def test_same_deadline_whoever_looks(self):
        self._three()
        found = set()
        for tz in ("Asia/Shanghai", "Europe/Berlin", "America/New_York"):
            with freeze_time("2026-03-27 10:00:00"):
                self.users["operator"].tz = tz
                order = self._create_order().with_user(self.users["operator"])
                order.with_context(tz=tz).fault_level = "2"
                found.add(order.arrive_deadline)
        self.assertEqual(len(found), 1)

    def test_policies_are_chosen_by_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._policy("All", answer_value=5)
        self._policy("Theirs", answer_value=1, company_id=other.id)
        mine = self._policy("Mine", answer_value=3, company_id=self.company.id)
        self.assertEqual(self._create_order().policy_id, mine)


@tagged("post_install", "-at_install")
class TestSlaPause(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls._policy(
            "Eight", resolve_value=8, resolve_unit="working_hours", answer_value=24
        )
        with freeze_time("2026-03-02 02:00:00"):
            cls.order = cls._create_order(technician_id=cls.technician.id)

    def test_worked_example(self):
        order = self.as_user("operator", self.order)
        self.assertEqual(local(order.resolve_deadline), "03-03 10:00")
        with freeze_time(at("2026-03-02 14:00")):
            order.action_pause(self.customer_waits.id, "Calls back")
            self.assertEqual(order.sla_state, "paused")
            self.assertFalse(order.sla_due_at)
            self.assertFalse(order.next_check_at)
        with freeze_time(at("2026-03-03 11:00")):
            order._sla_refresh()
            self.assertEqual(order.sla_state, "paused", "waiting is not late")
            order.action_resume()
        self.assertEqual(local(order.resolve_deadline), "03-03 17:00")
        self.assertEqual(order.sla_state, "running")
        pause = self.order.sla_pause_ids
        self.assertEqual(pause.hours, 21)
        self.assertEqual(pause.note, "Calls back")
        self.assertEqual(pause.user_id, self.users["operator"])

    def test_pauses_are_counted_again_from_the_call(self):
        self.test_worked_example()
        with freeze_time(at("2026-03-03 12:00")):
            self.order.fault_level = "2"
        self.assertEqual(local(self.order.resolve_deadline), "03-03 17:00")

    def test_reason_that_does_not_count(self):
        with freeze_time(at("2026-03-02 14:00")):
            self.order.action_pause(self.part_waits.id)
            self.assertEqual(self.order.sla_state, "running")
            self.assertTrue(self.order.sla_due_at)
        with freeze_time(at("2026-03-03 09:00")):
            self.order.action_resume()
        self.assertEqual(local(self.order.resolve_deadline), "03-03 10:00")
        self.assertEqual(self.order.sla_pause_ids.reason_id, self.part_waits)

    def test_pause_after_the_deadline(self):
        with freeze_time(at("2026-03-03 10:00:01")):
            self.order.action_pause(self.customer_waits.id)
            self.assertEqual(self.order.sla_state, "missed")
        with freeze_time(at("2026-03-04 10:00")):
            self.order.action_resume()
        self.assertEqual(local(self.order.resolve_deadline), "03-03 10:00")

    def test_solved_while_the_clock_stands(self):
        with freeze_time(at("2026-03-02 14:00")):
            self.order.action_pause(self.customer_waits.id)
        with freeze_time(at("2026-03-04 10:00")):
            self.order._sla_reach("resolve")
        self.assertEqual(self.order.sla_state, "met")
        self.assertFalse(self.order.sla_pause_reason_id)
        self.assertTrue(self.order.sla_pause_ids.ended_at)

    def test_cancelled_while_the_clock_stands(self):
        with freeze_time(at("2026-03-02 14:00")):
            self.order.action_pause(self.customer_waits.id)
        with freeze_time(at("2026-03-09 10:00")):
            self.order.action_cancel("Sold")
        self.assertFalse(self.order.sla_missed)
        self.assertTrue(self.order.sla_pause_ids.ended_at)

    def test_refusals(self):
        order = self.order
        with self.assertRaisesRegex(UserError, "what is waited for"):
            order.action_pause(False)
        with self.assertRaisesRegex(UserError, "is running"):
            order.action_resume()
        other = self.env.ref("aftersales_service.aftersales_pause_reason_other")
        with self.assertRaisesRegex(UserError, "in a few words"):
            order.action_pause(other.id, "  ")
        order.action_pause(self.customer_waits.id)
        with self.assertRaisesRegex(UserError, "stopped already"):
            order.action_pause(self.part_waits.id)
        order.action_resume()
        order.action_cancel("No need")
        with self.assertRaises(UserError):
            order.action_pause(self.customer_waits.id)

    def test_who_may(self):
        for role, allowed in (
            ("technician", True),
            ("operator", True),
            ("supervisor", True),
            ("accountant", False),
            ("parts", False),
        ):
            order = self.as_user(role, self.order)
            if allowed:
                order.action_pause(self.customer_waits.id)
                order.action_resume()
            else:
                with self.assertRaises(AccessError), mute_logger("odoo.models"):
                    order.action_pause(self.customer_waits.id)

    def test_technician_only_on_own_orders(self):
        other = self._create_order()
        with self.assertRaises(AccessError):
            self.as_user("technician", other).action_pause(self.customer_waits.id)

    def test_rows_are_written_by_nobody(self):
        self.order.action_pause(self.customer_waits.id)
        pause = self.order.sla_pause_ids
        for role in ("technician", "operator", "manager"):
            row = self.as_user(role, pause)
            self.assertTrue(row.reason_id.name)
            with self.assertRaises(AccessError):
                row.write({"ended_at": fields.Datetime.now()})
            with self.assertRaises(AccessError):
                row.unlink()
            with self.assertRaises(AccessError):
                row.create(
                    {
                        "order_id": self.order.id,
                        "reason_id": self.part_waits.id,
                        "started_at": "2026-03-01 00:00:00",
                    }
                )


@tagged("post_install", "-at_install")
class TestSlaAgreement(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._three()
        with freeze_time("2026-03-02 02:00:00"):
            cls.order = cls._create_order()
            cls.order.action_register_answer()

    def _agree(self, role="operator", **values):
        values = {
            "milestone": "resolve",
            "new_deadline": "2026-03-10 08:00:00",
            "reason": "The part comes on Monday",
            "agreed_with": "Ms Cui",
            **values,
        }
        self.as_user(role, self.order).action_agree(**values)

    def test_both_dates_stay(self):
        with freeze_time("2026-03-03 02:00:00"):
            self._agree()
        agreement = self.order.sla_agreement_ids
        self.assertEqual(agreement.old_deadline, datetime(2026, 3, 4, 2))
        self.assertEqual(agreement.new_deadline, datetime(2026, 3, 10, 8))
        self.assertEqual(self.order.resolve_deadline, datetime(2026, 3, 10, 8))
        self.assertEqual(agreement.user_id, self.users["operator"])
        self.assertIn("The part comes", self.order.sla_explanation)

    def test_survives_a_change_of_facts(self):
        with freeze_time("2026-03-03 02:00:00"):
            self._agree()
            self.order.fault_level = "1"
        self.assertEqual(self.order.resolve_deadline, datetime(2026, 3, 10, 8))

    def test_later_pause_moves_the_agreed_date(self):
        with freeze_time("2026-03-03 02:00:00"):
            self._agree()
        with freeze_time("2026-03-05 02:00:00"):
            self.order.action_pause(self.customer_waits.id)
        with freeze_time("2026-03-06 02:00:00"):
            self.order.action_resume()
            self.assertEqual(self.order.resolve_deadline, datetime(2026, 3, 11, 8))
            self.order.fault_level = "1"
        self.assertEqual(self.order.resolve_deadline, datetime(2026, 3, 11, 8))

    def test_agreed_too_late_stays_missed(self):
        with freeze_time("2026-03-04 03:00:00"):
            self.order._sla_reach("arrive", datetime(2026, 3, 2, 5))
            self._agree()
        self.assertEqual(self.order.sla_state, "running")
        self.assertTrue(self.order.sla_missed, "the first promise was broken")

    def test_refusals(self):
        with freeze_time("2026-03-03 02:00:00"):
            for values, text in (
                ({"milestone": "nothing"}, "which promise"),
                ({"milestone": "answer"}, "done already"),
                ({"reason": " "}, "Say why"),
                ({"new_deadline": "2026-03-03 01:00:00"}, "still to come"),
                ({"new_deadline": "tomorrow"}, "still to come"),
                ({"new_deadline": False}, "still to come"),
            ):
                with self.assertRaisesRegex(UserError, text):
                    self._agree(**values)
            with self.assertRaises(AccessError):
                self._agree(role="accountant")
            self.order.technician_id = self.technician
            with self.assertRaises(AccessError):
                self._agree(role="technician")


@tagged("post_install", "-at_install")
class TestSlaGuard(SlaCommon):
    def test_nobody_writes_promises(self):
        self._three()
        order = self._create_order()
        for role in ("operator", "supervisor", "manager"):
            mine = self.as_user(role, order)
            for name, value in GUARDED:
                with self.subTest(role=role, field=name):
                    with self.assertRaises(AccessError):
                        mine.write({name: value})
                    with self.assertRaises(AccessError):
                        mine.create(self._order_values(**{name: value}))
                    with self.assertRaises(AccessError):
                        mine.with_context(**{f"default_{name}": value}).create(
                            self._order_values()
                        )

    def test_policies_are_written_by_managers_only(self):
        policy = self._three()
        for role in ("technician", "operator", "supervisor"):
            mine = self.as_user(role, policy)
            self.assertTrue(mine.name)
            with self.assertRaises(AccessError):
                mine.answer_value = 5
        self.as_user("manager", policy).answer_value = 5

    def test_policy_of_another_company_is_not_seen(self):
        other = self.env["res.company"].create({"name": "Other"})
        policy = self._policy("Theirs", answer_value=1, company_id=other.id)
        found = self.as_user("manager", policy).search([])
        self.assertNotIn(policy, found)

    def test_used_policy_is_not_deleted(self):
        policy = self._three()
        self._create_order()
        self.env.flush_all()
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            policy.unlink()

    def test_wrong_policies(self):
        for values in (
            {},
            {"answer_value": 1, "calendar_mode": "own"},
            {"arrive_value": 1, "applies_to": "complaint"},
        ):
            with self.assertRaises(ValidationError):
                self._policy("Wrong", **values)


@tagged("post_install", "-at_install")
class TestSlaTimeLeft(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._policy("Two", answer_value=2)
        now = fields.Datetime.now()
        cls.orders = cls.env["aftersales.order"]
        for hours in (-3, -1.5, 1.0, 10, 100):
            cls.orders += cls._create_order(called_at=now + timedelta(hours=hours))
        cls.bare = cls._create_order(called_at=now)
        cls.env["aftersales.sla.policy"].search([]).active = False
        cls.bare._sla_apply()

    def _search(self, *condition):
        domain = [("id", "in", (self.orders + self.bare).ids), condition]
        return self.env["aftersales.order"].search(domain)

    def test_sorted(self):
        found = self.env["aftersales.order"].search(
            [("id", "in", self.orders.ids)], order="sla_left desc"
        )
        self.assertEqual(found.ids, self.orders.ids[::-1])

    def test_searched(self):
        self.assertEqual(self._search("sla_left", "<", 0), self.orders[0])
        self.assertEqual(len(self._search("sla_left", ">", 5)), 2)
        self.assertEqual(self._search("sla_band", "=", "overdue"), self.orders[0])
        self.assertEqual(self._search("sla_band", "=", "1h"), self.orders[1])
        self.assertEqual(self._search("sla_band", "=", False), self.bare)
        self.assertEqual(len(self._search("sla_band", "in", ["4h", "24h", "later"])), 3)
        self.assertEqual(len(self._search("sla_band", "!=", "overdue")), 5)

    def test_grouped(self):
        groups = self.env["aftersales.order"].formatted_read_group(
            [("id", "in", (self.orders + self.bare).ids)], ["sla_band"], ["__count"]
        )
        found = {group["sla_band"]: group["__count"] for group in groups}
        self.assertEqual(
            found, {"overdue": 1, "1h": 1, "4h": 1, "24h": 1, "later": 1, False: 1}
        )
        for group in groups:
            self.assertEqual(
                self.env["aftersales.order"].search_count(
                    [
                        ("id", "in", (self.orders + self.bare).ids),
                        *group["__extra_domain"],
                    ]
                ),
                group["__count"],
            )
        info = self.env["aftersales.order"].fields_get(["sla_left", "sla_band"])
        for name in ("sla_left", "sla_band"):
            self.assertTrue(info[name]["sortable"])
            self.assertTrue(info[name]["groupable"])
            self.assertTrue(info[name]["searchable"])

    def test_read(self):
        self.assertAlmostEqual(self.orders[3].sla_left, 12, delta=0.1)
        self.assertEqual(
            self.orders.mapped("sla_band"), ["overdue", "1h", "4h", "24h", "later"]
        )


@tagged("post_install", "-at_install")
class TestShippedPolicies(SlaCommon):
    """The promises of SV-11, as they come with the add-on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shipped.active = True

    def _explain(self, applies_to="order", **facts):
        facts = {"place": "onsite", "fault_level": "3", "team_id": self.team, **facts}
        found = self.env["aftersales.sla.policy"]._explain(facts, NOW, applies_to)
        return {row["milestone"]: row for row in found}

    def _assert_promise(self, milestone, xid, deadline, **facts):
        row = self._explain(**facts)[milestone]
        expected = self.env.ref(f"aftersales_service.aftersales_sla_policy_{xid}")
        self.assertEqual(row["policy"].name, expected.name)
        self.assertEqual(local(row["deadline"]), deadline)
        self.assertTrue(row["reason"])

    def test_arrival(self):
        for xid, deadline, facts in (
            ("urgent_town", "03-02 12:00", {"fault_level": "1", "area": "town"}),
            ("urgent_country", "03-03 10:00", {"fault_level": "1", "area": "country"}),
            ("urgent_remote", "03-07 10:00", {"fault_level": "1", "area": "remote"}),
            ("near", "03-03 10:00", {"distance": 99.0}),
            ("town", "03-02 17:00", {"area": "town", "distance": 5.0}),
            ("suburb", "03-02 18:00", {"area": "suburb"}),
            ("onsite", "03-09 10:00", {"distance": 400.0}),
        ):
            with self.subTest(xid):
                self._assert_promise("arrive", xid, deadline, **facts)

    def test_answer(self):
        engine = self.env.ref("aftersales_service.product_category_engine")
        for xid, deadline, facts in (
            ("message", "03-03 10:00", {}),
            ("question", "03-02 12:00", {"place": "remote"}),
            ("hard_question", "03-02 14:00", {"fault_level": "2"}),
            ("urgent_question", "03-02 14:00", {"fault_level": "1"}),
            # Within working hours a plain question is answered sooner still.
            ("question", "03-02 12:00", {"place": "remote", "fault_level": "2"}),
            ("far", "03-02 22:00", {"distance": 101.0}),
            ("supplier", "03-02 22:00", {"needs_supplier": True}),
            ("engine", "03-02 22:00", {"categ_id": engine}),
        ):
            with self.subTest(xid):
                self._assert_promise("answer", xid, deadline, **facts)

    def test_works_and_factory(self):
        works = self.env.ref("aftersales_service.product_category_works")
        self._assert_promise("arrive", "works", "03-04 10:00", categ_id=works)
        self._assert_promise(
            "arrive", "works_urgent", "03-02 12:00", categ_id=works, fault_level="1"
        )
        self._assert_promise("resolve", "factory", "03-09 10:00", place="workshop")
        self._assert_promise(
            "resolve", "inspection", "03-05 10:00", service_type="contract"
        )

    def test_grades(self):
        for code, answer, arrive in (
            ("7x24x4", "03-02 10:10", "03-02 14:00"),
            ("7x24x8", "03-02 10:10", "03-02 18:00"),
            ("5x9", "03-02 10:30", "03-03 11:00"),
        ):
            grade = self.env.ref(f"aftersales_service.aftersales_grade_{code}")
            facts = {"grade_id": grade, "fault_level": "1", "area": "country"}
            self._assert_promise("answer", "grade", answer, **facts)
            self._assert_promise("arrive", "grade", arrive, **facts)

    def test_complaints(self):
        for facts, xid, answer, resolve in (
            ({}, "complaint", "03-02 14:00", "03-04 10:00"),
            ({"place": "counter"}, "complaint_counter", "03-02 10:10", "03-04 10:00"),
        ):
            facts = {"place": "remote", **facts, "applies_to": "complaint"}
            self._assert_promise("answer", xid, answer, **facts)
            self._assert_promise("resolve", xid, resolve, **facts)
        self.env.ref(
            "aftersales_service.aftersales_sla_policy_complaint"
        ).active = False
        self._assert_promise(
            "answer", "complaint_week", "03-09 10:00", applies_to="complaint"
        )

    def test_complaint_uses_the_same_engine(self):
        with freeze_time(NOW):
            complaint = self.env["aftersales.complaint"].create(
                {
                    "partner_id": self.customer.id,
                    "team_id": self.team.id,
                    "channel": "phone",
                    "about": "service",
                    "description": "Late again",
                }
            )
        self.assertEqual(local(complaint.answer_deadline), "03-02 14:00")
        self.assertEqual(local(complaint.resolve_deadline), "03-04 10:00")
        self.assertFalse(complaint.arrive_deadline)
        with freeze_time(NOW + timedelta(hours=1)):
            complaint.action_pause(self.customer_waits.id)
        with freeze_time(NOW + timedelta(hours=2)):
            complaint.action_resume()
        self.assertEqual(local(complaint.answer_deadline), "03-02 15:00")

    def test_rank_is_the_order_of_matching(self):
        policies = self.shipped.filtered(lambda policy: policy.applies_to == "order")
        engine = self.env["aftersales.sla.policy"]._get_engine("order")
        ranks = [
            self.env["aftersales.sla.policy"].browse(found.id).specificity
            for found in engine.promises
            if found.id in policies.ids
        ]
        self.assertEqual(ranks, sorted(ranks, reverse=True))

    def test_every_policy_says_what_and_when(self):
        for policy in self.shipped:
            self.assertTrue(policy.promise, policy.name)
            self.assertTrue(policy.conditions, policy.name)
            self.assertTrue(policy.source, policy.name)

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import GROUP, AftersalesCommon

# A Monday, 10:00 in Brussels, the time zone of the test company's calendar.
NOW = "2026-03-02 09:00:00"


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestVisit(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_user = new_test_user(
            cls.env, login="as_other", groups=f"{GROUP}technician"
        )
        cls.other = cls._create_technician("Zhou Min", user_id=cls.other_user.id)
        cls.team.supervisor_id = cls.users["supervisor"]

    @classmethod
    def _create_visit(cls, order=None, **values):
        order = order or cls._create_order(technician_id=cls.technician.id)
        start = fields.Datetime.to_datetime(values.pop("start", NOW))
        return cls.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": cls.technician.id,
                "planned_start": start,
                "planned_end": start + timedelta(hours=2),
                **values,
            }
        )

    def _walk(self, visit, travel=30, work=70):
        """Set out now, arrive and be ready to leave, as the technician."""
        visit = self.as_user("technician", visit)
        start = fields.Datetime.to_datetime(NOW)
        with freeze_time(start):
            visit.action_depart()
        with freeze_time(start + timedelta(minutes=travel)):
            visit.action_arrive()
        return visit, freeze_time(start + timedelta(minutes=travel + work))

    def _report(self, order):
        order.write(
            {"cause_id": self.cause.id, "remedy": "x", "customer_opinion": "satisfied"}
        )

    # -- the journey --------------------------------------------------------------

    def test_journey_stamps_logs_and_fills_lines(self):
        visit = self._create_visit()
        order = visit.order_id
        self.assertEqual(order.state, "dispatched")
        self.assertRegex(visit.name, r"VI/\d{4}/\d{5}")
        mine, later = self._walk(visit)
        self.assertEqual(order.state, "in_progress")
        self._report(order)
        with later:
            mine.action_leave("done")
        self.assertEqual(visit.state, "left")
        self.assertEqual(visit.outcome, "done")
        self.assertFalse(visit.left_without_report)
        logs = {log.category: log for log in visit.worklog_ids}
        self.assertAlmostEqual(logs["travel"].hours, 0.5)
        self.assertAlmostEqual(logs["work"].hours, 70 / 60)
        self.assertEqual(str(logs["work"].date), "2026-03-02")
        lines = {line.kind: line for line in order.line_ids}
        self.assertEqual(lines["labour"].quantity, 1.25)
        self.assertEqual(lines["labour"].product_id, self.labour)
        self.assertEqual(lines["travel"].quantity, 1.0)
        self.assertEqual(lines["labour"].visit_id, visit)

    def test_two_people_count_twice(self):
        visit = self._create_visit(
            technician_ids=[Command.set([self.technician.id, self.other.id])]
        )
        self.company.aftersales_labour_minimum = 90
        mine, later = self._walk(visit)
        self.assertIn(self.other, visit.order_id.technician_ids)
        with later:
            mine.action_leave("continue", note="One more disk", next_step="visit")
        self.assertEqual(len(visit.worklog_ids), 4)
        labour = visit.order_id.line_ids.filtered(lambda line: line.kind == "labour")
        self.assertEqual(labour.quantity, 3.0)

    def test_lines_are_filled_before_signing_and_kept_after(self):
        visit = self._create_visit()
        mine, later = self._walk(visit, work=20)
        with later:
            mine.action_fill_lines()
        labour = visit.order_id.line_ids.filtered(lambda line: line.kind == "labour")
        self.assertEqual(labour.quantity, 0.5)
        self.as_user("technician", labour).quantity = 1.0
        with freeze_time("2026-03-02 12:00:00"):
            mine.action_leave("continue", note="later", next_step="escalate")
        self.assertEqual(labour.quantity, 1.0)
        self.assertEqual(len(visit.order_id.line_ids), 2)

    def test_line_deleted_by_hand_stays_deleted(self):
        visit = self._create_visit()
        mine, later = self._walk(visit)
        with later:
            mine.action_fill_lines()
            visit.order_id.line_ids.unlink()
            mine.action_leave("absent", note="nobody", next_step="escalate")
        self.assertFalse(visit.order_id.line_ids)

    def test_supervisor_corrects_the_clock_and_the_line_follows(self):
        visit = self._create_visit()
        mine, later = self._walk(visit)
        with later:
            mine.action_leave("continue", note="x", next_step="escalate")
        work = visit.worklog_ids.filtered(lambda log: log.category == "work")
        with self.assertRaises(AccessError):
            self.as_user("technician", work).hours = 8
        with self.assertRaises(AccessError):
            self.as_user("technician", work).unlink()
        self.as_user("supervisor", work).hours = 2
        labour = visit.order_id.line_ids.filtered(lambda line: line.kind == "labour")
        self.assertEqual(labour.quantity, 2.0)

    def test_midnight_splits_the_hours(self):
        self.technician.tz = "Europe/Brussels"
        visit = self._create_visit()
        start = fields.Datetime.to_datetime("2026-03-02 21:30:00")
        with freeze_time(start):
            visit.action_depart()
            visit.action_arrive()
        with freeze_time(start + timedelta(hours=3)):
            visit.action_leave("continue", note="x", next_step="escalate")
        work = visit.worklog_ids.filtered(lambda log: log.category == "work")
        self.assertEqual(
            sorted((str(log.date), log.hours) for log in work),
            [("2026-03-02", 1.5), ("2026-03-03", 1.5)],
        )

    # -- outcome and next step ------------------------------------------------------

    def test_unsolved_needs_a_next_step(self):
        mine, later = self._walk(self._create_visit())
        with later, self.assertRaisesRegex(UserError, "what comes next"):
            mine.action_leave("continue", note="x")
        with later, self.assertRaises(UserError):
            mine.action_leave("whatever")
        self.assertEqual(mine.state, "arrived")

    def test_next_visit_is_planned_in_working_time(self):
        visit = self._create_visit()
        mine, later = self._walk(visit)
        with later:
            mine.action_leave("part_missing", note="No disk", next_step="visit")
        follow = visit.order_id.visit_ids - visit
        self.assertEqual(follow.state, "planned")
        self.assertEqual(follow.lead_id, self.technician)
        self.assertEqual(str(follow.planned_start.date()), "2026-03-03")
        self.assertEqual(visit.order_id.state, "in_progress")

    def test_workshop_and_escalation(self):
        visit = self._create_visit()
        mine, later = self._walk(visit)
        with later:
            mine.action_leave("continue", note="Board broken", next_step="workshop")
        self.assertEqual(visit.order_id.place, "workshop")
        visit = self._create_visit()
        mine, later = self._walk(visit)
        with later:
            mine.action_leave("continue", note="Unknown fault", next_step="escalate")
        order = visit.order_id
        self.assertEqual(order.escalated_to_id, self.users["supervisor"])
        self.assertEqual(order.activity_ids.user_id, self.users["supervisor"])
        self.as_user("supervisor", order).action_escalate("too hard for me")
        self.assertEqual(order.escalation_level, "manager")

    def test_leaving_without_a_report_is_on_record(self):
        visit = self._create_visit()
        mine, later = self._walk(visit)
        with later:
            mine.action_leave("done")
        self.assertTrue(visit.left_without_report)
        self.assertEqual(visit.order_id.activity_ids.user_id, self.users["supervisor"])
        with self.assertRaises(AccessError):
            self.as_user("manager", visit).left_without_report = False

    # -- wrong state, wrong people ---------------------------------------------------

    def test_pressed_twice_is_a_clear_error(self):
        visit = self.as_user("technician", self._create_visit())
        visit.action_depart()
        with self.assertRaisesRegex(UserError, "not possible now"):
            visit.action_depart()
        with self.assertRaises(UserError):
            visit.action_leave("done")
        visit.action_arrive()
        with self.assertRaises(UserError):
            visit.action_arrive()
        self.assertEqual(len(visit.worklog_ids), 1 if visit.worklog_ids else 0)

    def test_only_the_technician_of_the_visit(self):
        visit = self._create_visit()
        stranger = visit.with_user(self.other_user)
        for call in ("action_depart", "action_arrive", "action_fill_lines"):
            with self.assertRaises(AccessError):
                getattr(stranger, call)()
        for role in ("operator", "accountant", "parts"):
            with self.assertRaises(AccessError):
                self.as_user(role, visit).action_depart()
        portal = new_test_user(self.env, "as_portal", groups="base.group_portal")
        with self.assertRaises(AccessError):
            visit.with_user(portal).action_depart()
        self.as_user("dispatcher", visit).action_depart()
        self.assertEqual(visit.state, "departed")

    def test_protected_and_planning_fields(self):
        visit = self._create_visit()
        for values in (
            {"state": "left"},
            {"arrived_at": NOW},
            {"outcome": "done"},
            {"trip_state": "approved"},
            {"labour_quantity": 3},
        ):
            for role in ("technician", "dispatcher", "manager"):
                with self.assertRaises(AccessError):
                    self.as_user(role, visit).write(values)
        with self.assertRaises(AccessError):
            self.as_user("technician", visit).planned_start = "2026-03-05 09:00:00"
        with self.assertRaises(AccessError):
            self.as_user("technician", visit).lead_id = self.other
        self.as_user("technician", visit).note = "Key at the desk"
        visit.action_depart()
        with self.assertRaises(UserError):
            self.as_user("dispatcher", visit).planned_start = "2026-03-05 09:00:00"
        with self.assertRaises(UserError):
            self.as_user("dispatcher", visit).unlink()

    def test_technician_cannot_pass_on_orders(self):
        visit = self._create_visit()
        with self.assertRaises(AccessError):
            self.as_user("technician", visit.order_id).technician_id = self.other

    def test_other_team_and_company_are_out_of_reach(self):
        visit = self._create_visit()
        stranger = new_test_user(self.env, "as_d2", groups=f"{GROUP}dispatcher")
        team = self.env["aftersales.team"].create(
            {"name": "South", "user_ids": [Command.set(stranger.ids)]}
        )
        self.assertTrue(team)
        with self.assertRaises(AccessError):
            visit.with_user(stranger).action_depart()
        self.assertFalse(
            self.env["aftersales.visit"]
            .with_user(stranger)
            .search([("id", "=", visit.id)])
        )
        company = self.env["res.company"].create({"name": "Other company"})
        foreign = new_test_user(
            self.env,
            "as_m2",
            groups=f"{GROUP}manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        with self.assertRaises(AccessError):
            visit.with_user(foreign).action_depart()

    # -- planning ---------------------------------------------------------------------

    def test_times_and_lead(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._create_visit(planned_end="2026-03-02 08:00:00")
        visit = self._create_visit()
        with self.assertRaises(ValidationError):
            visit.technician_ids = [Command.set(self.other.ids)]

    def test_another_lead_takes_the_order_over(self):
        visit = self._create_visit()
        self.as_user("dispatcher", visit).lead_id = self.other
        self.assertEqual(visit.technician_ids, self.other)
        self.assertEqual(visit.order_id.technician_id, self.other)
        self.assertNotIn(self.technician, visit.order_id.technician_ids)
        self.as_user("dispatcher", visit.order_id).technician_id = self.technician
        self.assertEqual(visit.lead_id, self.technician)
        self.assertNotIn(self.other, visit.order_id.technician_ids)

    def test_conflicts_are_shown_not_refused(self):
        first = self._create_visit()
        self.assertFalse(first.conflict)
        second = self._create_visit(start="2026-03-02 10:00:00")
        self.assertIn(first.name, second.conflict)
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Secret reason",
                "resource_id": self.technician.resource_id.id,
                "date_from": "2026-03-04 00:00:00",
                "date_to": "2026-03-04 23:00:00",
            }
        )
        third = self._create_visit(start="2026-03-04 10:00:00")
        self.assertIn("away", self.as_user("dispatcher", third).conflict)
        self.assertNotIn("Secret", third.conflict)
        visits = first | second | third
        visits.invalidate_recordset()
        self.env.flush_all()
        with self.assertQueryCount(25):
            visits.mapped("conflict")

    def test_safety_agreement_comes_first(self):
        self.customer.aftersales_safety_agreement_required = True
        with self.assertRaisesRegex(UserError, "safety agreement"):
            self._create_visit()
        self.customer.aftersales_safety_agreement_date = "2026-03-01"
        self.assertTrue(self._create_visit())

    def test_archived_technician_gets_no_visit(self):
        self.other.active = False
        with self.assertRaises(UserError):
            self._create_visit(lead_id=self.other.id)

    def test_closed_order_gets_no_visit(self):
        order = self._create_reported_order()
        visit = self._create_visit(order)
        order.action_complete()
        self.assertEqual(visit.state, "cancelled")
        with self.assertRaises(UserError):
            self._create_visit(order)

    def test_trip_is_approved_before_departure(self):
        self.company.aftersales_trip_approval = True
        order = self._create_order(technician_id=self.technician.id)
        visit = (
            self.env["aftersales.visit"]
            .with_user(self.users["dispatcher"])
            .create(
                {
                    "order_id": order.id,
                    "lead_id": self.technician.id,
                    "planned_start": NOW,
                }
            )
        )
        self.assertEqual(visit.trip_state, "pending")
        with self.assertRaisesRegex(UserError, "not approved"):
            self.as_user("technician", visit).action_depart()
        approval = order.approval_ids
        self.assertEqual(approval.kind, "trip")
        self.as_user("supervisor", approval).action_approve()
        self.assertEqual(visit.trip_state, "approved")
        visit.planned_start = "2026-03-03 09:00:00"
        self.assertEqual(visit.trip_state, "pending")
        pending = order.approval_ids.filtered(lambda row: row.state == "pending")
        self.as_user("supervisor", pending).action_approve()
        self.as_user("technician", visit).action_depart()
        self.assertEqual(visit.state, "departed")

    def test_cancel_on_the_way_keeps_the_travel(self):
        visit = self._create_visit()
        visit.action_depart()
        with freeze_time("2026-03-02 09:45:00"):
            self.as_user("dispatcher", visit).action_cancel("Customer called off")
        self.assertEqual(visit.state, "cancelled")
        self.assertAlmostEqual(visit.worklog_ids.hours, 0.75)

    def test_order_cancelled_while_on_site(self):
        visit = self._create_visit()
        mine, later = self._walk(visit)
        self.as_user("dispatcher", visit.order_id).action_cancel("Called off")
        with later:
            mine.action_leave("continue", note="Order gone", next_step="visit")
        self.assertEqual(visit.state, "left")
        self.assertEqual(visit.order_id.visit_ids, visit)

    def test_kanban_shows_a_column_for_everybody(self):
        visit = self._create_visit()
        visits = self.as_user("dispatcher", visit).with_context(
            aftersales_all_technicians=True
        )
        groups = visits.formatted_read_group(
            [("id", "=", visit.id)], ["lead_id"], ["__count"]
        )
        self.assertEqual(len(groups), 1)
        columns = visits._group_expand_lead_id(visit.lead_id, [])
        self.assertIn(self.other, columns)
        plain = self.as_user("dispatcher", visit)._group_expand_lead_id(
            visit.lead_id, []
        )
        self.assertEqual(plain, self.technician)

    def test_leave_dialog(self):
        visit = self._create_visit()
        mine, later = self._walk(visit)
        wizard = (
            self.env["aftersales.visit.leave"]
            .with_user(self.users["technician"])
            .create(
                {
                    "visit_id": mine.id,
                    "outcome": "absent",
                    "next_step": "visit",
                    "note": "Nobody there",
                }
            )
        )
        with later:
            wizard.action_confirm()
        self.assertEqual(visit.outcome, "absent")
        self.assertFalse(visit.left_without_report)


@tagged("post_install", "-at_install")
class TestWorklog(AftersalesCommon):
    def test_technician_enters_own_hours_only(self):
        logs = self.as_user("technician", self.env["aftersales.worklog"])
        log = logs.create({"category": "training", "hours": 2.0})
        self.assertEqual(log.technician_id, self.technician)
        other = self._create_technician("Zhou Min")
        with self.assertRaises(AccessError):
            logs.create({"technician_id": other.id, "hours": 1.0})
        with self.assertRaises(AccessError):
            logs.create({"hours": 1.0, "is_automatic": True})
        with self.assertRaises(ValidationError):
            logs.create({"hours": 23.0})

    def test_hours_on_an_order_need_the_order(self):
        hidden = self._create_order()
        logs = self.as_user("technician", self.env["aftersales.worklog"])
        with self.assertRaises(AccessError):
            logs.create({"hours": 1.0, "order_id": hidden.id})
        own = self._create_order(technician_id=self.technician.id)
        self.assertTrue(logs.create({"hours": 1.0, "order_id": own.id}))

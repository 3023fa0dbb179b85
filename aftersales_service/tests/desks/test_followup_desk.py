from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from ..common import GROUP, AftersalesCommon

MARKS = {"attitude": "4", "skill": "4", "punctuality": "3", "promises": "4"}


class FollowupDeskCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.followup"].search([]).sudo().write({"state": "cancelled"})
        cls.caller = cls.users["operator"]
        cls.desk = cls.env["aftersales.followup.desk"].with_user(cls.caller)
        cls.today = cls.desk._get_today()[0]
        cls.plan = cls.env["aftersales.followup.plan"].create(
            {"name": "Card", "kind": "card", "script": "<p>Good morning</p>"}
        )

    @classmethod
    def _create_followups(cls, count=1, **values):
        """Calls of today about done orders of as many customers."""
        partners = cls.env["res.partner"].create(
            [
                {"name": f"Bank {number:02}", "phone": f"+86 571 8000 {number:04}"}
                for number in range(1, count + 1)
            ]
        )
        orders = cls.env["aftersales.order"].create(
            [cls._order_values(partner_id=p.id, asset_id=False) for p in partners]
        )
        orders.sudo().write(
            {"state": "done", "done_at": "2026-03-02 08:00:00", "remedy": "New disk"}
        )
        return cls.env["aftersales.followup"].create(
            [
                {
                    "order_id": order.id,
                    "plan_id": cls.plan.id,
                    "kind": "card",
                    "company_id": cls.company.id,
                    "team_id": cls.team.id,
                    "partner_id": order.partner_id.id,
                    "phone": order.partner_id.phone,
                    "planned_on": cls.today,
                    "due_on": cls.today,
                    "call_on": cls.today,
                    "agent_id": cls.caller.id,
                    **values,
                }
                for order in orders
            ]
        )

    def _queue(self, **kwargs):
        return [row["id"] for row in self.desk.get_day(**kwargs)["queue"]]


@tagged("post_install", "-at_install")
class TestFollowupDesk(FollowupDeskCommon):
    # -- the list -------------------------------------------------------------------

    def test_told_first_then_overdue_then_today_later_tries_last(self):
        ask, late, now, later, tomorrow = self._create_followups(5)
        late.due_on = self.today - timedelta(days=2)
        later.next_try_at = min(
            fields.Datetime.now() + timedelta(minutes=30),
            self.desk._get_today()[2] - timedelta(seconds=1),
        )
        tomorrow.call_on = self.today + timedelta(days=1)
        ask.with_user(self.caller).action_answer(
            {"overall": "satisfied", "question": "May we move it?"}
        )
        self.assertEqual(self._queue(), (late + now + later).ids)
        ask.with_user(self.users["supervisor"]).action_decide("Yes, in May")
        self.assertEqual(self._queue(), (ask + late + now + later).ids)
        rows = self.desk.get_day()["queue"]
        self.assertEqual([row["tell"] for row in rows], [True, False, False, False])
        self.assertTrue(rows[1]["overdue"])
        self.assertTrue(rows[3]["later"])

    def test_next_try_of_tomorrow_is_off_the_list(self):
        followup = self._create_followups()
        followup.next_try_at = fields.Datetime.now() + timedelta(days=1, hours=1)
        self.assertEqual(self._queue(), [])

    def test_page_has_all_the_caller_needs(self):
        before, followup = self._create_followups(2)
        before.partner_id = followup.partner_id
        before.with_user(self.caller).action_answer(
            {"overall": "fair", "suggestion": "Come earlier"}
        )
        complaint = self.env["aftersales.complaint"].create(
            {
                "partner_id": followup.partner_id.id,
                "team_id": self.team.id,
                "description": "Too late",
            }
        )
        page = self.desk.get_calls([followup.id])[followup.id]
        self.assertEqual(page["customer"], "Bank 02")
        self.assertEqual(page["phones"], ["+86 571 8000 0002"])
        self.assertIn("Good morning", page["script"])
        self.assertEqual(page["order"]["name"], followup.order_id.name)
        self.assertEqual(page["order"]["remedy"], "New disk")
        self.assertEqual(page["past"][0]["text"], "Come earlier")
        self.assertEqual(page["complaints"][0]["name"], complaint.name)

    def test_day_and_pages_cost_the_same_for_many(self):
        def cost(work):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            work()
            return self.cr.sql_log_count - before

        few = self._create_followups(10)
        day_of_ten = cost(self.desk.get_day)
        one = cost(lambda: self.desk.get_calls(few[:1].ids))
        six = cost(lambda: self.desk.get_calls(few[:6].ids))
        self.assertLessEqual(six, one + 2)
        self._create_followups(90)
        self.assertLessEqual(cost(self.desk.get_day), day_of_ten + 2)

    def test_progress_counts_answers_and_tries_of_today(self):
        answered, tried, _open = self._create_followups(3)
        self.assertEqual(self.desk.get_day()["progress"], {"done": 0, "total": 3})
        self.desk.answer(answered.id, {**MARKS, "overall": "satisfied"})
        self.desk.not_reached(
            tried.id,
            {"tries": 0, "next_try": str(fields.Datetime.now() + timedelta(days=2))},
        )
        self.env.flush_all()
        self.assertEqual(self.desk.get_day()["progress"], {"done": 2, "total": 3})
        # A colleague's note on it does not take the call off the caller's day.
        tried.with_user(self.users["supervisor"]).sudo().note = "Moved house"
        self.env.flush_all()
        self.assertEqual(self.desk.get_day()["progress"], {"done": 2, "total": 3})

    def test_tries_proposed_are_in_working_time_and_ahead(self):
        tries = self.desk._get_tries()
        self.assertGreaterEqual(len(tries), 2)
        for choice in tries:
            self.assertGreater(
                fields.Datetime.to_datetime(choice["value"]), fields.Datetime.now()
            )

    def test_search_finds_other_days_by_name_number_and_order(self):
        followup = self._create_followups()
        followup.call_on = self.today + timedelta(days=5)
        for query in ("Bank 01", "8000 0001", followup.order_id.name):
            with self.subTest(query):
                found = [row["id"] for row in self.desk.search(query)]
                self.assertIn(followup.id, found)
        self.assertEqual(self.desk.search("  "), [])

    # -- answers ----------------------------------------------------------------------

    def test_answer_is_written_down_once(self):
        followup = self._create_followups()
        values = {**MARKS, "overall": "very_satisfied", "praise": "Very kind\x00"}
        self.desk.answer(followup.id, values)
        self.assertEqual(followup.state, "answered")
        self.assertEqual(followup.punctuality, "3")
        self.assertEqual(followup.praise, "Very kind")
        self.assertEqual(followup.answered_by_id, self.caller)
        first = followup.answered_at
        # The answer of the server was lost: the desk sends the same again.
        self.assertEqual(self.desk.answer(followup.id, values)["state"], "answered")
        self.assertEqual(followup.answered_at, first)
        with self.assertRaises(UserError):
            self.desk.answer(followup.id, {**values, "overall": "fair"})

    def test_try_sent_twice_counts_once(self):
        followup = self._create_followups()
        values = {
            "tries": 0,
            "next_try": str(fields.Datetime.now() + timedelta(hours=3)),
        }
        self.desk.not_reached(followup.id, values)
        self.desk.not_reached(followup.id, values)
        self.assertEqual(followup.tries, 1)
        self.desk.not_reached(followup.id, {**values, "tries": 1})
        self.assertEqual(followup.tries, 2)

    def test_refused_twice_and_told_twice(self):
        refused, asked = self._create_followups(2)
        self.desk.refuse(refused.id, {"note": "No calls please"})
        self.desk.refuse(refused.id, {"note": "No calls please"})
        self.assertEqual(refused.state, "refused")
        asked.with_user(self.caller).action_answer(
            {"overall": "satisfied", "question": "When?"}
        )
        asked.with_user(self.users["supervisor"]).action_decide("In May")
        self.desk.told(asked.id)
        told = asked.told_at
        self.desk.told(asked.id)
        self.assertEqual(asked.told_at, told)
        self.assertEqual(asked.question_state, "told")

    def test_bad_values_are_refused_in_one_sentence(self):
        followup = self._create_followups()
        for values, error in (
            ({"overall": "excellent"}, UserError),
            ({"overall": "satisfied", "attitude": "9"}, UserError),
            ({"overall": "satisfied", "note": "x" * 1_000_000}, UserError),
            ({}, UserError),
            ("text", UserError),
            ({"overall": "satisfied", "state": "answered"}, AccessError),
            ({"overall": "satisfied", "agent_id": 1}, AccessError),
        ):
            with self.subTest(str(values)[:60]), self.assertRaises(error):
                self.desk.answer(followup.id, values)
        with self.assertRaises(UserError):
            self.desk.not_reached(followup.id, {"tries": 0, "next_try": "tomorrow"})
        self.assertEqual(followup.state, "planned")
        self.assertEqual(followup.tries, 0)

    def test_ids_from_outside(self):
        for number in (0, -1, 2**31, 10**20, True, "1", None):
            with self.subTest(number), self.assertRaises(UserError):
                self.desk.answer(number, {"overall": "satisfied"})
        self.assertEqual(self.desk.get_calls([0, "x", 10**20]), {})
        with self.assertRaises(UserError):
            self.desk.get_calls(list(range(1, 100)))

    # -- who --------------------------------------------------------------------------

    def test_roles_refused(self):
        followup = self._create_followups()
        for role in ("technician", "parts", "accountant"):
            desk = self.desk.with_user(self.users[role])
            for call in (
                desk.get_day,
                lambda desk=desk: desk.get_calls([followup.id]),
                lambda desk=desk: desk.search("Bank"),
                lambda desk=desk: desk.answer(followup.id, {"overall": "satisfied"}),
                lambda desk=desk: desk.not_reached(followup.id, {"tries": 0}),
                lambda desk=desk: desk.refuse(followup.id, {}),
                lambda desk=desk: desk.told(followup.id),
            ):
                with self.subTest(role), self.assertRaises(AccessError):
                    call()

    def test_stand_in_for_a_colleague_of_the_service_point(self):
        followup = self._create_followups(agent_id=self.users["dispatcher"].id)
        self.assertEqual(self._queue(), [])
        colleague = self.users["dispatcher"].id
        self.assertEqual(self._queue(agent_id=colleague), followup.ids)
        agents = self.desk.get_day()["agents"]
        self.assertIn(colleague, [agent["id"] for agent in agents])
        self.desk.answer(followup.id, {**MARKS, "overall": "satisfied"})
        self.assertEqual(followup.answered_by_id, self.caller)

    def test_calls_given_to_nobody_are_seen(self):
        followup = self._create_followups(agent_id=False)
        self.assertEqual(self._queue(agent_id=0), followup.ids)

    def test_no_stand_in_for_people_elsewhere(self):
        stranger = new_test_user(self.env, "as_stranger", groups=f"{GROUP}operator")
        with self.assertRaises(AccessError):
            self.desk.get_day(agent_id=stranger.id)
        with self.assertRaises(AccessError):
            self.desk.get_day(agent_id="1 OR 1")

    def test_other_service_point_and_company(self):
        followup = self._create_followups()
        other_team = self.env["aftersales.team"].create(
            {"name": "South", "code": "S", "company_id": self.company.id}
        )
        company = self.env["res.company"].create({"name": "Other"})
        users = [
            new_test_user(self.env, "as_south", groups=f"{GROUP}operator"),
            new_test_user(
                self.env,
                "as_other",
                groups=f"{GROUP}manager",
                company_id=company.id,
                company_ids=[Command.set(company.ids)],
            ),
        ]
        other_team.user_ids = users[0]
        for user in users:
            desk = self.desk.with_user(user).with_company(user.company_id)
            self.assertEqual(desk.get_day()["queue"], [])
            self.assertEqual(desk.get_calls(followup.ids), {})
            self.assertEqual(desk.search("Bank 01"), [])
            with self.assertRaises(UserError):
                desk.answer(followup.id, {"overall": "satisfied"})
        self.assertEqual(followup.state, "planned")

    def test_archived_colleague_keeps_a_readable_list(self):
        """Reliability 45: history stays readable, the calls are still found."""
        followup = self._create_followups(agent_id=self.users["dispatcher"].id)
        self.users["dispatcher"].active = False
        page = self.desk.get_calls(followup.ids)[followup.id]
        self.assertTrue(page["agent"])
        found = [row["id"] for row in self.desk.search("Bank 01")]
        self.assertEqual(found, followup.ids)


@tagged("post_install", "-at_install")
class TestFollowupDeskTour(FollowupDeskCommon, HttpCase):
    def test_caller_works_off_five_calls_by_keyboard_alone(self):
        followups = self._create_followups(5)
        first, second, third, fourth, fifth = followups
        self.start_tour(
            "/odoo/service-followup-desk",
            "aftersales_followup_caller",
            login="as_operator",
        )
        self.assertEqual(first.overall, "very_satisfied")
        self.assertEqual(first.attitude + first.skill, "43")
        self.assertEqual(first.praise, "Very kind")
        self.assertEqual((second.tries, second.state), (1, "planned"))
        self.assertTrue(second.next_try_at)
        self.assertEqual(third.overall, "dissatisfied")
        self.assertEqual(third.complaint_text, "Came two hours late")
        self.assertTrue(
            self.env["aftersales.complaint"].search(
                [("partner_id", "=", third.partner_id.id)]
            )
        )
        self.assertEqual(fourth.state, "refused")
        self.assertEqual(fifth.overall, "satisfied")
        self.assertEqual(fifth.question, "May we move it")

    def test_nothing_typed_is_lost_without_connection(self):
        followup = self._create_followups(2)[0]
        self.start_tour(
            "/odoo/service-followup-desk",
            "aftersales_followup_offline",
            login="as_operator",
        )
        self.assertEqual(followup.overall, "satisfied")
        self.assertEqual(followup.note, "Ask again in May")

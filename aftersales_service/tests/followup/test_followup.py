from datetime import date, datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import GROUP, AftersalesCommon


class FollowupCommon(AftersalesCommon):
    """A service point with two callers; its customer has no e-mail address."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"
        # No cards of other companies' tests, no e-mail: everybody is called.
        cls.customer.email = False
        cls.plan = cls.env.ref("aftersales_service.aftersales_followup_plan_card")
        cls.callers = cls.env["res.users"].union(
            *(
                new_test_user(
                    cls.env,
                    login=f"as_caller{number}",
                    groups=f"{GROUP}operator",
                    company_id=cls.company.id,
                )
                for number in (1, 2)
            )
        )
        cls.team.user_ids += cls.callers
        cls.team.followup_user_ids = cls.callers
        cls.team.supervisor_id = cls.users["supervisor"]

    @classmethod
    def _create_done(cls, **values):
        order = cls._create_reported_order(**values)
        order.action_complete()
        return order

    @classmethod
    def _create_card(cls, **values):
        return cls._create_done(**values).followup_ids

    def _call(self, followup, role="operator"):
        return self.as_user(role, followup)


@tagged("post_install", "-at_install")
class TestFollowupPlan(FollowupCommon):
    """Who is asked, when, and by whom (SV-80, SV-82)."""

    def test_every_completed_order_gets_its_card_on_the_next_day(self):
        with freeze_time("2026-03-02 09:00:00"):
            card = self._create_card()
        self.assertEqual(card.kind, "card")
        self.assertEqual(card.state, "planned")
        self.assertEqual(card.planned_on, date(2026, 3, 3))
        self.assertEqual(card.due_on, date(2026, 3, 3))
        self.assertEqual(card.phone, self.customer.phone)
        self.assertIn(card.agent_id, self.callers)

    def test_next_day_is_that_of_the_company(self):
        """At 17:00 UTC it is already the next day in Shanghai."""
        with freeze_time("2026-03-02 17:00:00"):
            card = self._create_card()
        self.assertEqual(card.planned_on, date(2026, 3, 4))

    def test_callers_take_turns(self):
        cards = self.env["aftersales.followup"]
        for _number in range(4):
            cards |= self._create_card()
        per_agent = cards.grouped("agent_id")
        self.assertEqual(set(per_agent), set(self.callers))
        self.assertEqual([len(group) for group in per_agent.values()], [2, 2])

    def test_without_callers_the_supervisor_calls(self):
        self.team.followup_user_ids = False
        self.assertEqual(self._create_card().agent_id, self.users["supervisor"])

    def test_conditions_of_a_plan(self):
        self.plan.fault_level = "1"
        self.assertFalse(self._create_card(fault_level="3"))
        self.assertEqual(self._create_card(fault_level="1").plan_id, self.plan)

    def test_plan_of_another_service_point(self):
        other = self.env["aftersales.team"].create({"name": "South"})
        self.plan.team_ids = other
        self.assertFalse(self._create_card())

    def test_with_email_the_link_comes_first(self):
        self.customer.email = "customer@example.com"
        with freeze_time("2026-03-02 02:00:00"):
            card = self._create_card()
        self.assertEqual(card.link_state, "waiting")
        self.assertEqual(card.planned_on, date(2026, 3, 3))
        self.assertEqual(card.call_on, date(2026, 3, 4))
        self.assertEqual(card.due_on, date(2026, 3, 4), "not late before the call")

    def test_reopened_and_completed_again(self):
        order = self._create_done()
        first = order.followup_ids
        order.action_reopen("The light is on again")
        self.assertEqual(first.state, "cancelled")
        order.action_complete()
        again = order.followup_ids - first
        self.assertEqual(len(again), 1)
        self.assertEqual(again.state, "planned")

    def test_answered_card_survives_a_reopening_and_is_not_asked_again(self):
        order = self._create_done()
        order.followup_ids.action_answer({"overall": "satisfied"})
        order.action_reopen("Forgotten part")
        order.action_complete()
        self.assertEqual(order.followup_ids.mapped("state"), ["answered"])
        self.assertEqual(order.opinion, "satisfied")

    def test_cancelled_order_is_not_asked(self):
        order = self._create_done()
        order.action_cancel("Wrong machine")
        self.assertEqual(order.followup_ids.state, "cancelled")

    @mute_logger("odoo.sql_db")
    def test_one_follow_up_per_order_and_plan(self):
        card = self._create_card()
        values = {
            "order_id": card.order_id.id,
            "plan_id": self.plan.id,
            "kind": "card",
            "company_id": self.company.id,
            "partner_id": self.customer.id,
            "planned_on": card.planned_on,
            "due_on": card.due_on,
            "call_on": card.call_on,
        }
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            self.env["aftersales.followup"].create(values)
        self.assertIn("aftersales_followup_order_plan_uniq", str(caught.exception))

    def test_planning_costs_the_same_for_ten_and_a_hundred(self):
        def cost(number):
            orders = self.env["aftersales.order"]
            for _number in range(number):
                orders |= self._create_order()
            orders.sudo().write({"state": "done", "done_at": fields.Datetime.now()})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders._plan_followups()
            self.env.flush_all()
            self.assertEqual(len(orders.followup_ids), number)
            return self.env.cr.sql_log_count - before

        cost(1)
        ten, hundred = cost(10), cost(100)
        self.assertLessEqual(hundred, ten + 3)

    # -- absence --------------------------------------------------------------------

    def _leave(self, user, day):
        resource = user.resource_ids[:1] or self.env["resource.resource"].create(
            {"name": user.name, "user_id": user.id, "tz": "Asia/Shanghai"}
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "resource_id": resource.id,
                "date_from": datetime.combine(day, datetime.min.time()),
                "date_to": datetime.combine(day, datetime.max.time()),
                "time_type": "leave",
            }
        )

    def test_absent_callers_get_no_calls(self):
        with freeze_time("2026-03-02 02:00:00"):
            self._leave(self.callers[0], date(2026, 3, 3))
            cards = self._create_card() | self._create_card()
        self.assertEqual(cards.agent_id, self.callers[1])

    def test_stand_in_when_nobody_is_there(self):
        self.team.followup_stand_in_id = self.users["dispatcher"]
        with freeze_time("2026-03-02 02:00:00"):
            for caller in self.callers:
                self._leave(caller, date(2026, 3, 3))
            card = self._create_card()
        self.assertEqual(card.agent_id, self.users["dispatcher"])
        self.assertIn(card.stand_in_for_id, self.callers)

    def test_calls_of_somebody_ill_today_go_to_a_colleague(self):
        with freeze_time("2026-03-02 02:00:00"):
            card = self._create_card()
        absent = card.agent_id
        with freeze_time("2026-03-03 01:00:00"):
            self._leave(absent, date(2026, 3, 3))
            self.env["aftersales.followup"]._cron_stand_in()
        self.assertEqual(card.agent_id, self.callers - absent)
        self.assertEqual(card.stand_in_for_id, absent)

    def test_calls_of_somebody_who_left_go_to_a_colleague(self):
        with freeze_time("2026-03-02 02:00:00"):
            card = self._create_card()
        gone = card.agent_id
        gone.active = False
        with freeze_time("2026-03-03 01:00:00"):
            self.env["aftersales.followup"]._cron_stand_in()
        self.assertEqual(card.agent_id, self.callers - gone)

    def test_hand_on_a_call(self):
        card = self._create_card()
        owner, other = card.agent_id, self.callers - card.agent_id
        with self.assertRaises(AccessError):
            self._call(card).action_reassign(other.id)
        card.with_user(owner).action_reassign(other.id)
        self.assertEqual(card.agent_id, other)
        self.assertEqual(card.stand_in_for_id, owner)
        self._call(card).action_take()
        self.assertEqual(card.agent_id, self.users["operator"])
        self._call(card, "supervisor").action_reassign(owner.id)
        self.assertEqual(card.agent_id, owner)

    def test_hand_on_to_somebody_who_could_not_see_it(self):
        card = self._create_card()
        supervisor = self._call(card, "supervisor")
        stranger = new_test_user(
            self.env, login="as_stranger", groups=f"{GROUP}operator"
        )
        for agent_id in (stranger.id, self.users["technician"].id, 0, False, "1", True):
            with self.assertRaises(UserError, msg=agent_id):
                supervisor.action_reassign(agent_id)

    # -- nightly job ------------------------------------------------------------------

    def _run(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"aftersales_service.{name}").method_direct_trigger()

    def test_night_catches_orders_without_follow_up(self):
        order = self._create_order()
        order.sudo().write({"state": "done", "done_at": fields.Datetime.now()})
        old = self._create_order()
        old.sudo().write(
            {"state": "done", "done_at": fields.Datetime.now() - timedelta(days=90)}
        )
        self.env.flush_all()
        self._run("ir_cron_followup_plan")
        self._run("ir_cron_followup_plan")
        self.assertEqual(len(order.followup_ids), 1)
        self.assertFalse(old.followup_ids, "nobody is asked about last season")

    def test_regular_contact_follows_the_class_of_the_customer(self):
        self.customer.aftersales_grade_id = self.env["aftersales.grade"].create(
            {"name": "Gold", "code": "gold-test", "customer_class": "A"}
        )
        with freeze_time("2026-03-02 02:00:00"):
            self._create_done()
        contacts = self.env["aftersales.followup"].search(
            [("partner_id", "=", self.customer.id), ("kind", "=", "regular")]
        )
        self.assertEqual(contacts.planned_on, date(2026, 3, 9))
        with freeze_time("2026-03-10 02:00:00"):
            contacts.action_answer({"note": "All is well"})
        following = (
            self.env["aftersales.followup"]
            .search([("partner_id", "=", self.customer.id), ("state", "=", "planned")])
            .filtered(lambda followup: followup.kind == "regular")
        )
        self.assertEqual(following.planned_on, date(2026, 3, 17))

    def test_service_puts_the_regular_contact_off(self):
        self.customer.aftersales_grade_id = self.env["aftersales.grade"].create(
            {"name": "Gold", "code": "gold-test", "customer_class": "A"}
        )
        with freeze_time("2026-03-02 02:00:00"):
            self._create_done()
        with freeze_time("2026-03-06 02:00:00"):
            self._create_done()
        contact = self.env["aftersales.followup"].search(
            [("partner_id", "=", self.customer.id), ("kind", "=", "regular")]
        )
        self.assertEqual(contact.planned_on, date(2026, 3, 13))

    def test_choices_and_views_open_for_every_role(self):
        """Choices taken from other models resolve, and each role opens the screens."""
        for model, views in {
            "aftersales.followup": ("form", "list", "kanban", "calendar", "search"),
            "aftersales.followup.report": ("pivot", "graph", "list", "search"),
        }.items():
            for role in ("operator", "technician", "supervisor", "manager"):
                records = self.env[model].with_user(self.users[role])
                records.get_views([(False, view) for view in views])
                kinds = records.fields_get(["kind"])["kind"]["selection"]
                self.assertEqual(len(kinds), 4)

    def test_another_class_gets_another_rhythm(self):
        gold, basic = self.env["aftersales.grade"].create(
            [
                {"name": "Gold", "code": "gold-test", "customer_class": "A"},
                {"name": "Silver", "code": "silver-test", "customer_class": "B"},
            ]
        )
        self.customer.aftersales_grade_id = gold
        self._create_done()
        self.customer.aftersales_grade_id = basic
        self.env.flush_all()
        self._run("ir_cron_followup_plan")
        self._run("ir_cron_followup_plan")
        contacts = self.env["aftersales.followup"].search(
            [("partner_id", "=", self.customer.id), ("kind", "=", "regular")]
        )
        self.assertEqual(
            sorted((c.plan_id.customer_class, c.state) for c in contacts),
            [("A", "cancelled"), ("B", "planned")],
        )

    def test_first_contacts_are_spread_over_the_quarter(self):
        plan = self.env.ref("aftersales_service.aftersales_followup_plan_upkeep")
        days = {plan._get_next_contact(date(2026, 1, 15), key) for key in range(3, 9)}
        self.assertEqual(
            days, {date(2026, 2, 15), date(2026, 3, 15), date(2026, 4, 15)}
        )
        self.assertEqual(plan._get_next_contact(date(2026, 1, 15)), date(2026, 4, 15))

    # -- consent ----------------------------------------------------------------------

    def test_refused_contact_is_counted_but_nobody_calls(self):
        self.customer.with_user(
            self.users["operator"]
        ).aftersales_followup_consent = "refused"
        card = self._create_card()
        self.assertEqual(card.state, "refused")
        self.assertTrue(card.consent_refused)
        self.assertEqual(self.customer.aftersales_followup_consent_on, date.today())
        self.assertEqual(
            self.customer.aftersales_followup_consent_by_id, self.users["operator"]
        )

    def test_word_of_the_company_holds_for_its_people(self):
        person = self.env["res.partner"].create(
            {"name": "Ms Cui", "parent_id": self.customer.id}
        )
        self.customer.aftersales_followup_consent = "refused"
        self.assertEqual(self._create_card(partner_id=person.id).state, "refused")

    def test_refusing_on_the_phone_ends_all_calls(self):
        first, second = self._create_card(), self._create_card()
        self._call(first).action_refuse("Never again")
        self.assertEqual((first | second).mapped("state"), ["refused", "refused"])
        self.assertEqual(self.customer.aftersales_followup_consent, "refused")
        self.assertIn("Never again", first.note)

    def test_nobody_forges_who_wrote_it_down(self):
        self.customer.with_user(self.users["operator"]).write(
            {
                "aftersales_followup_consent": "given",
                "aftersales_followup_consent_on": "2020-01-01",
                "aftersales_followup_consent_by_id": self.users["manager"].id,
            }
        )
        self.assertEqual(self.customer.aftersales_followup_consent_on, date.today())
        self.assertEqual(
            self.customer.aftersales_followup_consent_by_id, self.users["operator"]
        )


@tagged("post_install", "-at_install")
class TestFollowupCall(FollowupCommon):
    """The card, the tries, the questions (SV-81, SV-82)."""

    def test_answer_by_phone(self):
        card = self._create_card()
        self._call(card).action_answer(
            {
                "attitude": "4",
                "skill": 3,
                "punctuality": "",
                "overall": "very_satisfied",
                "praise": "Quick and clean",
                "note": "Ask for Ms Cui",
            }
        )
        self.assertEqual(card.state, "answered")
        self.assertEqual((card.attitude, card.skill), ("4", "3"))
        self.assertFalse(card.punctuality)
        self.assertEqual(card.channel, "phone")
        self.assertEqual(card.answered_by_id, self.users["operator"])
        order = card.order_id
        self.assertEqual(order.opinion, "very_satisfied")
        self.assertEqual(order.opinion_followup_id, card)
        self.assertEqual(order.opinion_at, card.answered_at)
        self.assertEqual(order.customer_opinion, "satisfied", "said on site, kept")

    def test_paper_card_by_the_dialog(self):
        card = self._create_card()
        wizard = self.env["aftersales.followup.answer"].with_user(
            self.users["operator"]
        )
        with Form(wizard.with_context(active_id=card.id)) as form:
            form.channel = "paper"
            form.overall = "fair"
            form.skill = "2"
        form.save().action_confirm()
        self.assertEqual((card.channel, card.overall), ("paper", "fair"))

    def test_wrong_input_is_refused_and_leaves_nothing(self):
        card = self._call(self._create_card())
        for values in (
            {},
            {"overall": "great"},
            {"overall": "satisfied", "attitude": "5"},
            {"overall": "satisfied", "attitude": 0},
            {"overall": "satisfied", "attitude": True},
            {"overall": "satisfied", "attitude": ["4"]},
            {"overall": "satisfied", "state": "planned"},
            {"overall": "satisfied", "answered_at": "2020-01-01"},
            {"overall": "satisfied", "praise": "x" * 4001},
            {"overall": "satisfied", "channel": "link"},
            "satisfied",
            None,
        ):
            with self.assertRaises(UserError, msg=values):
                card.action_answer(values)
        self.assertEqual(card.state, "planned")
        self.assertFalse(card.overall)

    def test_text_that_cannot_be_stored_is_cleaned(self):
        card = self._create_card()
        card.action_answer({"overall": "satisfied", "praise": "Good\x00 \ud800work"})
        self.assertEqual(card.praise, "Good work")

    def test_answered_once(self):
        card = self._call(self._create_card())
        card.action_answer({"overall": "satisfied"})
        for action, arguments in (
            ("action_answer", [{"overall": "dissatisfied"}]),
            ("action_not_reached", []),
            ("action_refuse", []),
            ("action_take", []),
        ):
            with self.assertRaisesRegex(UserError, "Answered", msg=action):
                getattr(card, action)(*arguments)
        self.assertEqual(card.order_id.opinion, "satisfied")

    def test_three_tries_are_not_a_satisfied_customer(self):
        card = self._call(self._create_card())
        card.action_not_reached()
        self.assertEqual((card.state, card.tries), ("planned", 1))
        self.assertGreater(card.next_try_at, fields.Datetime.now())
        self.assertNotIn(card, card.search(card._get_call_domain(date.max)))
        later = fields.Datetime.now() + timedelta(days=1)
        card.action_not_reached(fields.Datetime.to_string(later), "On holiday")
        self.assertEqual(card.next_try_at, later.replace(microsecond=0))
        self.assertIn("On holiday", card.note)
        card.action_not_reached()
        self.assertEqual((card.state, card.tries), ("unreachable", 3))
        self.assertFalse(card.order_id.opinion)

    def test_next_try_lies_ahead(self):
        card = self._call(self._create_card())
        for moment in ("2020-01-01 00:00:00", "tomorrow", 7):
            with self.assertRaises(UserError, msg=moment):
                card.action_not_reached(moment)
        self.assertEqual(card.tries, 0)

    def test_unreachable_starts_the_first_call_and_may_still_answer(self):
        self.company.aftersales_followup_tries = 1
        card = self._create_card()
        card.action_not_reached()
        call = card.order_id.followup_ids - card
        self.assertEqual((call.kind, call.state), ("first_call", "planned"))
        self.assertEqual(call.planned_on - card.planned_on, timedelta(days=2))
        card.action_answer({"overall": "satisfied"})
        self.assertEqual(card.order_id.opinion, "satisfied")

    def test_bad_answer_starts_the_second_call_good_ones_none(self):
        good, bad = self._create_card(), self._create_card()
        good.action_answer({"overall": "satisfied", "praise": "Fine"})
        bad.action_answer({"overall": "fair"})
        self.assertEqual(good.order_id.followup_ids, good)
        second = bad.order_id.followup_ids - bad
        self.assertEqual(second.kind, "second_call")
        second.action_answer({"overall": "very_satisfied"})
        self.assertEqual(bad.order_id.opinion, "very_satisfied", "the latest counts")
        self.assertEqual(len(bad.order_id.followup_ids), 2)

    # -- what follows -----------------------------------------------------------------

    def test_dissatisfied_opens_one_complaint_and_tells_the_supervisor(self):
        card = self._create_card()
        self._call(card).action_answer(
            {"overall": "dissatisfied", "complaint_text": "Left oil on the floor"}
        )
        complaint = card.complaint_id
        self.assertEqual(complaint.followup_id, card)
        self.assertEqual(complaint.order_id, card.order_id)
        self.assertEqual(complaint.description, "Left oil on the floor")
        self.assertEqual(complaint.channel, "followup")
        self.assertTrue(complaint.activity_ids)
        card.sudo()._open_complaint()
        self.assertEqual(
            self.env["aftersales.complaint"].search_count(
                [("followup_id", "=", card.id)]
            ),
            1,
        )

    def test_complaint_on_a_good_card_opens_one_too(self):
        card = self._create_card()
        card.action_answer({"overall": "satisfied", "complaint_text": "Came late"})
        self.assertTrue(card.complaint_id)

    def test_praise_reaches_the_technician(self):
        card = self._create_card()
        card.action_answer({"overall": "satisfied", "praise": "Very <b>polite</b>"})
        message = self.env["mail.message"].search(
            [
                ("model", "=", "aftersales.followup"),
                ("res_id", "=", card.id),
                ("partner_ids", "in", self.users["technician"].partner_id.ids),
            ]
        )
        self.assertIn("Very &lt;b&gt;polite", message.body)

    def test_question_is_decided_in_two_days_and_told_the_same_day(self):
        with freeze_time("2026-03-02 02:00:00"):
            card = self._create_card()
            self._call(card).action_answer(
                {"overall": "satisfied", "question": "Is the board covered?"}
            )
        self.assertEqual(card.question_state, "open")
        self.assertEqual(card.question_due_on, date(2026, 3, 4))
        self.assertEqual(card.activity_ids.user_id, self.users["supervisor"])
        with self.assertRaises(AccessError):
            self._call(card).action_decide("Yes")
        with self.assertRaises(UserError):
            self._call(card).action_told()
        supervisor = self._call(card, "supervisor")
        with self.assertRaises(UserError):
            supervisor.action_decide("  ")
        with freeze_time("2026-03-03 02:00:00"):
            supervisor.action_decide("Yes, until June")
        self.assertEqual(card.question_state, "decided")
        self.assertEqual(card.question_due_on, date(2026, 3, 3))
        self.assertEqual(card.activity_ids.user_id, card.agent_id)
        with self.assertRaises(UserError):
            supervisor.action_decide("No")
        self._call(card).action_told()
        self.assertEqual(card.question_state, "told")
        self.assertFalse(card.activity_ids)

    # -- rights -----------------------------------------------------------------------

    def test_nobody_writes_an_opinion_but_by_the_card(self):
        card = self._create_card()
        for role in ("operator", "supervisor", "manager"):
            record = self._call(card, role)
            for name, value in (
                ("state", "answered"),
                ("overall", "very_satisfied"),
                ("attitude", "4"),
                ("answered_at", "2026-01-01 00:00:00"),
                ("tries", 0),
                ("agent_id", self.users["operator"].id),
                ("order_id", False),
                ("praise", "Great"),
                ("question_state", "told"),
                ("complaint_id", False),
                ("link_token", "known"),
            ):
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    record.write({name: value})
            order = self._call(card.order_id, role)
            for name in ("opinion", "opinion_at", "opinion_followup_id"):
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    order.write({name: False})
            with self.assertRaises(AccessError, msg=role):
                record.create({"order_id": card.order_id.id})
            with self.assertRaises(AccessError, msg=role):
                record.unlink()
        self._call(card).write({"note": "Ask after lunch", "phone": "123"})

    def test_technician_reads_own_answers_only(self):
        card = self._create_card()
        technician = self._call(card, "technician")
        with self.assertRaises(AccessError):
            technician.read(["state"])
        card.action_answer({"overall": "satisfied"})
        self.assertEqual(technician.overall, "satisfied")
        for action, arguments in (
            ("action_answer", [{"overall": "very_satisfied"}]),
            ("action_not_reached", []),
            ("action_refuse", []),
            ("action_decide", ["x"]),
            ("action_told", []),
            ("action_take", []),
        ):
            with self.assertRaises(AccessError, msg=action):
                getattr(technician, action)(*arguments)
        other = new_test_user(self.env, login="as_tech2", groups=f"{GROUP}technician")
        self.assertFalse(card.with_user(other).search([("id", "=", card.id)]))

    def test_others_have_no_business_here(self):
        card = self._create_card()
        for role in ("accountant", "parts"):
            with self.assertRaises(AccessError, msg=role):
                self._call(card, role).read(["state"])

    def test_other_service_point_and_other_company(self):
        card = self._create_card()
        stranger = new_test_user(
            self.env, login="as_stranger", groups=f"{GROUP}supervisor"
        )
        company = self.env["res.company"].create({"name": "Other"})
        foreigner = new_test_user(
            self.env,
            login="as_foreigner",
            groups=f"{GROUP}manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        for user in (stranger, foreigner):
            self.assertFalse(card.with_user(user).search([("id", "=", card.id)]))
            with self.assertRaises(AccessError, msg=user.login):
                card.with_user(user).action_answer({"overall": "satisfied"})
            reports = self.env["aftersales.followup.report"].with_user(user)
            self.assertFalse(reports.search([("followup_id", "=", card.id)]))

    def test_token_is_shown_to_nobody(self):
        card = self._create_card()
        for role in ("operator", "manager"):
            with self.assertRaises(AccessError, msg=role):
                self._call(card, role).read(["link_token"])
            with self.assertRaises(AccessError, msg=role):
                self._call(card, role).search([("link_token", "like", "a")])

    # -- figures ----------------------------------------------------------------------

    def test_analysis_counts_a_shared_order_once_in_the_total(self):
        colleague = self._create_technician("Zhang Wei")
        order = self._create_reported_order()
        order.technician_ids += colleague
        order.action_complete()
        order.followup_ids.action_answer({"overall": "very_satisfied", "skill": "3"})
        self.env.flush_all()
        report = self.env["aftersales.followup.report"].with_user(self.users["manager"])
        domain = [("order_id", "=", order.id)]
        rows = report.search(domain)
        self.assertEqual(rows.technician_id, self.technician | colleague)
        ((number, answered, satisfaction, skill),) = report._read_group(
            domain,
            [],
            [
                "number:count_distinct",
                "answered:count_distinct",
                "satisfaction:avg",
                "skill:avg",
            ],
        )
        self.assertEqual((number, answered, satisfaction, skill), (1, 1, 100.0, 3.0))
        own = report.with_user(self.users["technician"]).search(domain)
        self.assertEqual(own.sudo().technician_id, self.technician)

    def test_averages_weigh_every_follow_up_once(self):
        colleague = self._create_technician("Zhang Wei")
        shared = self._create_reported_order()
        shared.technician_ids += colleague
        shared.action_complete()
        cards = shared.followup_ids | self._create_card() | self._create_card()
        answers = (("dissatisfied", "1"), ("satisfied", "4"), ("fair", False))
        for card, (overall, skill) in zip(cards, answers, strict=True):
            card.action_answer({"overall": overall, "skill": skill})
        self.env.flush_all()
        report = self.env["aftersales.followup.report"]
        domain = [("order_id", "in", cards.order_id.ids)]
        aggregates = ["satisfaction:avg", "skill:avg"]
        ((satisfaction, skill),) = report._read_group(domain, [], aggregates)
        self.assertAlmostEqual(satisfaction, 100 / 3)
        self.assertEqual(skill, 2.5)
        groups = report._read_group(domain, ["technician_id"], aggregates)
        by_technician = {person: values for person, *values in groups}
        self.assertEqual(by_technician[colleague], [0.0, 1.0])
        self.assertEqual(by_technician[self.technician][1], 2.5)

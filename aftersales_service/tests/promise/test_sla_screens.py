from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, Form, HttpCase, new_test_user, tagged

from ...tools.sla_bar import Promise, Step, Stop, cut, join
from .test_sla_watch import SlaWatchCommon


@tagged("post_install", "-at_install")
class TestSlaPieces(BaseCase):
    """The bar without a database: no minute is left unexplained."""

    @staticmethod
    def _at(hour, minute=0):
        return datetime(2026, 3, 2, hour, minute)

    def _cut(self, steps, stops=(), promises=(), now=None, end=None):
        steps = [Step(at, key, key) for at, key in steps]
        return join(cut(steps, list(stops), list(promises), now or self._at(12), end))

    def test_every_minute_belongs_to_one_piece(self):
        pieces = self._cut(
            [(self._at(9), "called"), (self._at(9, 4), "assigned")],
            [Stop(self._at(10), self._at(11), "part")],
            [Promise("arrive", self._at(15))],
        )
        for before, after in zip(pieces, pieces[1:], strict=False):
            self.assertEqual(before["end"], after["start"])
        self.assertEqual(
            [(piece["kind"], piece["minutes"]) for piece in pieces],
            [("run", 4), ("run", 56), ("pause", 60), ("run", 60), ("ahead", 180)],
        )

    def test_late_time_is_marked_from_the_deadline_on(self):
        pieces = self._cut(
            [(self._at(9), "called")], promises=[Promise("answer", self._at(10))]
        )
        self.assertEqual([piece["late"] for piece in pieces], [False, True])
        self.assertEqual(pieces[0]["due"], ["answer"])

    def test_a_kept_deadline_cuts_nothing(self):
        kept = Promise("answer", self._at(10), self._at(9, 30))
        pieces = self._cut([(self._at(9), "called")], promises=[kept])
        self.assertEqual(len(pieces), 1)

    def test_exactly_on_the_deadline_is_kept(self):
        self.assertTrue(Promise("answer", self._at(10), self._at(10)).kept)

    def test_a_pause_that_lasts(self):
        pieces = self._cut(
            [(self._at(9), "called")], [Stop(self._at(11), None, "customer")]
        )
        self.assertEqual(pieces[-1]["label"], "customer")

    def test_done_has_nothing_ahead(self):
        pieces = self._cut(
            [(self._at(9), "called")],
            promises=[Promise("resolve", self._at(18), self._at(11))],
            end=self._at(11),
        )
        self.assertEqual([piece["kind"] for piece in pieces], ["run"])

    def test_a_call_in_the_future(self):
        pieces = self._cut([(self._at(13), "called")], now=self._at(12))
        self.assertEqual(pieces, [])


@tagged("post_install", "-at_install")
class TestSlaScreens(SlaWatchCommon):
    def _bar(self, order, role="supervisor"):
        return self.as_user(role, order).get_sla_bar()

    # -- bar --------------------------------------------------------------------

    def test_bar_names_the_policy_of_each_deadline(self):
        bar = self._bar(self._called())
        self.assertEqual(
            [line["key"] for line in bar["milestones"]], ["answer", "arrive", "resolve"]
        )
        for line in bar["milestones"]:
            self.assertIn("Plain promise", line["reason"])
            self.assertEqual(line["state"], "running")

    def test_bar_shows_pause_and_both_dates(self):
        order = self._called()
        reason = self.env["aftersales.pause.reason"].search([], limit=1)
        self.as_user("supervisor", order).action_pause(reason.id, "Gate closed")
        bar = self._bar(order)
        self.assertTrue(bar["paused"])
        self.assertEqual(bar["pauses"][0]["note"], "Gate closed")
        self.as_user("supervisor", order).action_resume()
        old = order.arrive_deadline
        new = fields.Datetime.now() + timedelta(days=2)
        self.as_user("supervisor", order).action_agree(
            "arrive", new, "No engineer", "Ms Cui"
        )
        line = self._bar(order)["milestones"][1]
        self.assertEqual(line["agreed"][0]["old"], fields.Datetime.to_string(old))
        self.assertEqual(line["agreed"][0]["with"], "Ms Cui")
        self.assertEqual(line["deadline"], line["agreed"][0]["new"])

    def test_bar_tells_who_was_told(self):
        order = self._called(hours=1.5)
        self._run()
        alert = self._bar(order)["alerts"][0]
        self.assertIn(self.users["supervisor"].name, alert["to"])

    def test_bar_of_a_visit(self):
        order = self._create_order(team_id=self.team.id)
        visit = self.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": self.technician.id,
                "planned_start": fields.Datetime.now(),
            }
        )
        visit.action_depart()
        visit.action_arrive()
        self.assertTrue(order.arrive_at)
        keys = [step.key for step in order._get_sla_steps()]
        self.assertLess(keys.index("departed"), keys.index("arrived"))

    def test_bar_is_for_those_who_may_read_the_order(self):
        order = self._called()
        for login, groups in (
            ("sla_portal", "base.group_portal"),
            ("sla_clerk", "base.group_user"),
        ):
            stranger = new_test_user(self.env, login, groups)
            with self.assertRaises(AccessError):
                order.with_user(stranger).get_sla_bar()
        with self.assertRaises(AccessError):
            self._bar(order, "technician")

    def test_buttons_follow_the_role(self):
        order = self._called()
        bar = self._bar(order, "accountant")
        self.assertFalse(bar["can_pause"] or bar["can_agree"])
        bar = self._bar(order, "operator")
        self.assertTrue(bar["can_pause"] and bar["can_agree"])

    def test_bar_of_a_complaint(self):
        self.policy.copy(
            {"name": "For complaints", "applies_to": "complaint", "arrive_value": 0}
        )
        order = self._create_order(team_id=self.team.id)
        complaint = self.env["aftersales.complaint"].create(
            order._prepare_complaint_values(description="Nobody came")
        )
        bar = self._bar(complaint)
        self.assertEqual(
            [line["key"] for line in bar["milestones"]], ["answer", "resolve"]
        )
        self.assertIn("For complaints", bar["milestones"][0]["reason"])

    def test_cancelled_order_offers_no_buttons(self):
        order = self._called()
        order.action_cancel("Called in error")
        bar = self._bar(order)
        self.assertFalse(bar["can_pause"] or bar["can_agree"])
        self.assertNotIn("ahead", [piece["kind"] for piece in bar["pieces"]])

    # -- dialogs ------------------------------------------------------------------

    def _dialog(self, model, order, role="operator"):
        context = {
            "active_model": order._name,
            "active_id": order.id,
            "active_ids": order.ids,
        }
        return Form(self.env[model].with_user(self.users[role]).with_context(**context))

    def test_pause_dialog(self):
        order = self._called()
        dialog = self._dialog("aftersales.sla.pause.wizard", order)
        dialog.reason_id = self.env["aftersales.pause.reason"].search([], limit=1)
        dialog.note = "Keys are with the guard"
        dialog.save().action_confirm()
        self.assertEqual(order._get_sla_pauses().note, "Keys are with the guard")

    def test_agree_dialog_proposes_the_next_promise(self):
        order = self._called()
        order._sla_reach("answer")
        dialog = self._dialog("aftersales.sla.agree", order)
        self.assertEqual(dialog.milestone, "arrive")
        self.assertNotIn("answer", dialog.open_milestones)
        self.assertEqual(dialog.old_deadline, order.arrive_deadline)
        dialog.new_deadline = fields.Datetime.now() + timedelta(days=1)
        dialog.reason = "No engineer"
        dialog.save().action_confirm()
        self.assertEqual(order._get_sla_agreements().reason, "No engineer")

    def test_agree_dialog_refuses_the_past(self):
        order = self._called()
        dialog = self._dialog("aftersales.sla.agree", order)
        dialog.new_deadline = fields.Datetime.now() - timedelta(days=1)
        dialog.reason = "No engineer"
        with self.assertRaises(UserError):
            dialog.save().action_confirm()

    def test_technicians_do_not_agree_dates(self):
        order = self._called()
        with self.assertRaises(AccessError):
            self._dialog("aftersales.sla.agree", order, "technician")

    # -- what would apply ---------------------------------------------------------

    def test_what_would_apply(self):
        grade = self.env["aftersales.grade"].search([], limit=1)
        strong = self.policy.copy({"name": "For the grade", "grade_id": grade.id})
        test = self.env["aftersales.sla.test"].with_user(self.users["manager"])
        form = Form(test)
        self.assertIn("Plain promise", form.result)
        self.assertNotIn("For the grade", form.result)
        form.grade_id = grade
        line = form.save()._prepare_lines()[0]
        self.assertEqual(line["policy"], strong)
        self.assertEqual([o["name"] for o in line["others"]], ["Plain promise"])
        self.assertIn("For the grade", form.result)

    def test_policies_are_the_managers(self):
        with self.assertRaises(AccessError):
            self.as_user("supervisor", self.policy).name = "Mine"
        self.as_user("manager", self.policy).name = "Changed"
        self.assertTrue(self.as_user("technician", self.policy).promise)

    # -- lists, board, desk, phone ------------------------------------------------

    def test_lists_filter_and_group(self):
        late, fresh = self._called(hours=1.5), self._called()
        orders = self.env["aftersales.order"]
        known = late + fresh
        missed = orders.search([("id", "in", known.ids), ("sla_missed", "=", True)])
        self.assertEqual(missed, late)
        groups = orders.formatted_read_group(
            [("id", "in", known.ids)], ["sla_state"], ["__count"]
        )
        self.assertEqual(
            {g["sla_state"]: g["__count"] for g in groups}, {"missed": 1, "running": 1}
        )
        ordered = orders.search([("id", "in", known.ids)], order="sla_due_at")
        self.assertEqual(ordered, late + fresh)

    def test_board_shows_what_burns_first(self):
        late = self._called(hours=0.9)
        fresh = self._called()
        agreed = self._called(hours=0.2, expected_at="2026-01-01 00:00:00")
        board = self.env["aftersales.board"].with_user(self.users["dispatcher"])
        cards = {card["id"]: card for card in board.get_board()["orders"]}
        order = [key for key in cards if key in (late + fresh + agreed).ids]
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0)
        if late.called_at >= today:
            self.assertEqual(order, (agreed + late + fresh).ids)
        self.assertIn(cards[late.id]["minutes_left"], range(4, 7))
        self.assertIn("Answer by", cards[fresh.id]["why"])

    def test_desk_tells_the_promise_while_typing(self):
        desk = self.env["aftersales.call.desk"].with_user(self.users["operator"])
        before = self.env["aftersales.order"].search_count([])
        promises = desk.get_promise(
            {"partner_id": self.customer.id, "fault_level": "1", "place": "onsite"}
        )
        self.assertEqual(
            [promise["key"] for promise in promises], ["answer", "arrive", "resolve"]
        )
        self.assertEqual(promises[0]["policy"], "Plain promise")
        self.assertEqual(self.env["aftersales.order"].search_count([]), before)
        remote = desk.get_promise({"partner_id": self.customer.id, "place": "remote"})
        self.assertNotIn("arrive", [promise["key"] for promise in remote])
        with self.assertRaises(UserError):
            desk.get_promise({"partner_id": 2**31})
        with self.assertRaises(AccessError):
            desk.with_user(self.users["technician"]).get_promise({})

    def test_phone_shows_the_arrival(self):
        order = self._called(technician_id=self.technician.id)
        order.action_dispatch()
        myday = self.env["aftersales.myday"].with_user(self.users["technician"])
        card = next(c for c in myday.get_day()["cards"] if c["order_id"] == order.id)
        self.assertEqual(
            card["arrive_by"], fields.Datetime.to_string(order.arrive_deadline)
        )
        order._sla_reach("arrive")
        card = next(c for c in myday.get_day()["cards"] if c["order_id"] == order.id)
        self.assertFalse(card["arrive_by"])


@tagged("post_install", "-at_install")
class TestSlaTour(SlaWatchCommon, HttpCase):
    def test_supervisor_works_with_the_bar(self):
        order = self._called()
        self.start_tour(
            f"/odoo/service-orders/{order.id}",
            "aftersales_sla_supervisor",
            login="as_supervisor",
        )
        agreement = order._get_sla_agreements()
        self.assertEqual(agreement.agreed_with, "Ms Cui")
        self.assertEqual(order.arrive_deadline, agreement.new_deadline)
        self.assertTrue(order._get_sla_pauses().ended_at)

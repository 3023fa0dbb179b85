from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import HttpCase, new_test_user, tagged

from ..common import GROUP, AftersalesCommon


class SupervisorDeskCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = cls.env["aftersales.supervisor.desk"].with_user(
            cls.users["supervisor"]
        )
        cls.other_team = cls.env["aftersales.team"].create(
            {"name": "South", "code": "S", "company_id": cls.company.id}
        )

    def _counts(self, desk=None, **kwargs):
        desk = self.desk if desk is None else desk
        sections = desk.get_desk(**kwargs)["sections"]
        return {
            tile["key"]: tile["count"]
            for section in sections
            for tile in section["tiles"]
        }

    def _rows(self, key, **kwargs):
        return self.desk.get_rows(key, **kwargs)["rows"]

    def _request(self, kind="trip", **values):
        order = self._create_order(**values)
        approvals = self.env["aftersales.approval"].with_user(self.users["dispatcher"])
        visit = self.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": self.technician.id,
                "planned_start": fields.Datetime.now() + timedelta(hours=3),
                "planned_end": fields.Datetime.now() + timedelta(hours=5),
            }
        )
        return approvals._request(kind, visit, f"{kind} {order.name}", order)

    def _create_complaint(self, **values):
        return self.env["aftersales.complaint"].create(
            {
                "partner_id": self.customer.id,
                "team_id": self.team.id,
                "description": "He came two hours late",
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestSupervisorDesk(SupervisorDeskCommon):
    # -- numbers --------------------------------------------------------------------

    def test_each_number_counts_what_its_list_shows(self):
        yesterday = fields.Datetime.now() - timedelta(days=2)
        self._create_order(called_at=yesterday)
        workshop = self._create_order(
            place="workshop", technician_id=self.technician.id
        )
        workshop.sudo().state = "in_progress"
        risky = self._create_order()
        risky.sudo().sla_state = "at_risk"
        late = self._create_order()
        late.sudo().sla_state = "missed"
        self._request()
        self._request("requisition")
        self._create_complaint()
        for key, count in self._counts().items():
            with self.subTest(key):
                action = self.desk.get_action(key)
                records = self.env[action["res_model"]].with_user(self.desk.env.user)
                self.assertEqual(records.search_count(action["domain"]), count)
                self.assertEqual(len(self._rows(key)), min(count, 30))
                self.assertTrue(action["views"])
        counts = self._counts()
        for key in (
            "missed",
            "at_risk",
            "unassigned",
            "trips",
            "requisitions",
            "workshop",
            "complaint_calls",
        ):
            self.assertGreaterEqual(counts[key], 1, key)

    def test_order_called_today_is_not_yet_yesterdays(self):
        before = self._counts()["unassigned"]
        self._create_order()
        self.assertEqual(self._counts()["unassigned"], before)
        self._create_order(called_at=fields.Datetime.now() - timedelta(days=1))
        self.assertEqual(self._counts()["unassigned"], before + 1)

    def test_visit_over_and_order_not_completed(self):
        order = self._create_order(technician_id=self.technician.id)
        order.sudo().state = "in_progress"
        visit = self.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": self.technician.id,
                "planned_start": fields.Datetime.now() - timedelta(days=2),
                "planned_end": fields.Datetime.now() - timedelta(days=2, hours=-1),
            }
        )
        visit.sudo().write(
            {
                "state": "left",
                "outcome": "done",
                "left_at": fields.Datetime.now() - timedelta(days=2),
            }
        )
        self.assertIn(visit.id, [row["id"] for row in self._rows("reports")])
        order.sudo().state = "done"
        self.assertNotIn(visit.id, [row["id"] for row in self._rows("reports")])

    def test_old_part_overdue(self):
        order = self._create_order(
            line_ids=[self._line_values("part", self.disk)],
            technician_id=self.technician.id,
        )
        line = order.line_ids
        line.sudo().write(
            {
                "issued_quantity": 1.0,
                "old_part_state": "due",
                "old_part_deadline": fields.Date.today() - timedelta(days=3),
            }
        )
        self.assertIn(line.id, [row["id"] for row in self._rows("old_parts")])
        self.desk.act("old_parts", line.id, "left", "The customer keeps its data")
        self.assertEqual(line.old_part_state, "left")
        self.assertEqual(line.old_part_note, "The customer keeps its data")

    def test_one_query_per_number_however_many_records(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.desk.get_desk()
            return self.cr.sql_log_count - before

        self.desk.get_desk()
        few = cost()
        yesterday = fields.Datetime.now() - timedelta(days=2)
        self.env["aftersales.order"].create(
            [self._order_values(called_at=yesterday) for _number in range(100)]
        )
        self.assertLessEqual(cost(), few)
        tiles = self._counts()
        self.assertLessEqual(few, len(tiles) + 25)

    def test_rows_cost_the_same_for_many(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.desk.get_rows("unassigned")
            return self.cr.sql_log_count - before

        yesterday = fields.Datetime.now() - timedelta(days=2)
        create = self.env["aftersales.order"].create
        create([self._order_values(called_at=yesterday) for _number in range(3)])
        few = cost()
        create([self._order_values(called_at=yesterday) for _number in range(27)])
        self.assertLessEqual(cost(), few + 1)

    # -- work off in place ----------------------------------------------------------

    def test_trip_is_approved_in_place(self):
        approval = self._request()
        row = next(row for row in self._rows("trips") if row["id"] == approval.id)
        self.assertEqual(row["do"], ["approve", "reject"])
        self.desk.act("trips", approval.id, "approve")
        self.assertEqual(approval.state, "approved")
        self.assertEqual(approval.decided_by_id, self.users["supervisor"])
        with self.assertRaisesRegex(UserError, "no longer"):
            self.desk.act("trips", approval.id, "approve")

    def test_rejecting_asks_for_a_reason(self):
        approval = self._request("requisition")
        for text in (False, "  ", 5):
            with self.assertRaises(UserError):
                self.desk.act("requisitions", approval.id, "reject", text)
        self.assertEqual(approval.state, "pending")
        self.desk.act("requisitions", approval.id, "reject", "The part is in the van")
        self.assertEqual(approval.state, "rejected")
        self.assertEqual(approval.decision_note, "The part is in the van")

    def test_price_is_for_the_manager(self):
        approval = self._request("price")
        row = next(row for row in self._rows("approvals") if row["id"] == approval.id)
        self.assertEqual(row["do"], [])
        with self.assertRaises(AccessError):
            self.desk.act("approvals", approval.id, "approve")
        desk = self.desk.with_user(self.users["manager"])
        desk.act("approvals", approval.id, "approve")
        self.assertEqual(approval.state, "approved")

    def test_complaint_call_is_registered_in_place(self):
        complaint = self._create_complaint()
        rows = self._rows("complaint_calls")
        self.assertIn(complaint.id, [row["id"] for row in rows])
        self.desk.act(
            "complaint_calls", complaint.id, "called", "Apologised, he is content"
        )
        self.assertTrue(complaint.called_at)
        rows = self._rows("complaint_calls")
        self.assertNotIn(complaint.id, [row["id"] for row in rows])

    def test_missed_promise_is_agreed_anew_from_the_desk(self):
        order = self._create_order()
        order.sudo().write({"sla_state": "missed"})
        row = next(row for row in self._rows("missed") if row["id"] == order.id)
        self.assertEqual(row["do"], ["assign", "agree", "pause", "escalate"])
        action = self.desk.act("missed", order.id, "agree")
        self.assertEqual(action["res_model"], "aftersales.sla.agree")
        self.assertEqual(action["target"], "new")
        dialog = self.env[action["res_model"]].with_user(self.users["supervisor"])
        dialog = dialog.with_context(**action["context"]).create(
            {"new_deadline": "2027-01-04 08:00:00", "reason": "Part on its way"}
        )
        dialog.action_confirm()
        self.assertEqual(order.sla_agreement_ids.reason, "Part on its way")

    def test_stopped_clock_is_not_stopped_twice(self):
        order = self._create_order()
        reason = self.env["aftersales.pause.reason"].search(
            [("note_required", "=", False)], limit=1
        )
        order.action_pause(reason.id)
        order.sudo().write({"sla_state": "missed"})
        row = next(row for row in self._rows("missed") if row["id"] == order.id)
        self.assertNotIn("pause", row["do"])

    def test_complaint_is_taken_from_step_to_step(self):
        complaint = self._create_complaint()

        def steps():
            rows = self._rows("complaints")
            return next(row["do"] for row in rows if row["id"] == complaint.id)

        self.assertIn("look", steps())
        form = self.desk.act("complaints", complaint.id, "look")
        self.assertEqual(
            (form["res_model"], form["res_id"]), (complaint._name, complaint.id)
        )
        complaint.category_id = self.env["aftersales.complaint.category"].search(
            [], limit=1
        )
        complaint.action_confirm("The log shows it", False)
        self.assertNotIn("look", steps())
        dialog = self.desk.act("complaints", complaint.id, "answer")
        self.assertEqual(dialog["context"]["default_complaint_id"], complaint.id)
        complaint.action_answer("We are sorry")
        self.assertIn("settle", steps())
        with self.assertRaisesRegex(UserError, "the cause"):
            self.desk.act("complaints", complaint.id, "settle")

    def test_assign_opens_the_board_with_the_order(self):
        order = self._create_order(called_at=fields.Datetime.now() - timedelta(days=2))
        action = self.desk.act("unassigned", order.id, "assign")
        self.assertEqual(action["tag"], "aftersales_service.board")
        self.assertEqual(action["context"]["order_id"], order.id)

    def test_customer_file_is_confirmed_in_place(self):
        self._create_reported_order().action_complete()
        rows = self._rows("files")
        self.assertIn(self.customer.id, [row["id"] for row in rows])
        self.desk.act("files", self.customer.id, "confirm")
        self.assertTrue(self.customer.aftersales_file_created_on)

    # -- who -------------------------------------------------------------------------

    def test_roles_refused(self):
        approval = self._request()
        for role in ("operator", "dispatcher", "technician", "parts", "accountant"):
            desk = self.desk.with_user(self.users[role])
            for call in (
                desk.get_desk,
                lambda desk=desk: desk.get_rows("trips"),
                lambda desk=desk: desk.get_action("trips"),
                lambda desk=desk: desk.act("trips", approval.id, "approve"),
            ):
                with self.subTest(role), self.assertRaises(AccessError):
                    call()
        self.assertEqual(approval.state, "pending")

    def test_only_named_buttons_on_records_of_the_list(self):
        order = self._create_order(called_at=fields.Datetime.now() - timedelta(days=2))
        for name in ("unlink", "action_cancel", "write", "", None):
            with self.subTest(name), self.assertRaises(AccessError):
                self.desk.act("unassigned", order.id, name)
        approval = self._request()
        for number in (0, -1, 2**40, "1", None, order.id + 10**6):
            with self.subTest(number), self.assertRaises(UserError):
                self.desk.act("trips", number, "approve")
        with self.assertRaises(UserError):
            self.desk.get_rows("nothing")
        # An approval of another list cannot be reached through this one.
        with self.assertRaises(UserError):
            self.desk.act("requisitions", approval.id, "approve")

    def test_supervisor_sees_own_service_points_manager_all(self):
        yesterday = fields.Datetime.now() - timedelta(days=2)
        own = self._counts()["unassigned"]
        manager = self.desk.with_user(self.users["manager"])
        everything = self._counts(manager)["unassigned"]
        order = self._create_order(called_at=yesterday, team_id=self.other_team.id)
        self.assertEqual(self._counts()["unassigned"], own)
        self.assertEqual(self._counts(manager)["unassigned"], everything + 1)
        chosen = self._counts(manager, team_id=self.other_team.id)
        self.assertEqual(chosen["unassigned"], 1)
        with self.assertRaises(UserError):
            self.desk.act("unassigned", order.id, "assign")
        # A service point that is not one's own changes nothing.
        self.assertEqual(self._counts(team_id=self.other_team.id)["unassigned"], own)

    def test_other_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "as_other_supervisor",
            groups=f"{GROUP}manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self._create_order(called_at=fields.Datetime.now() - timedelta(days=2))
        approval = self._request()
        self._create_complaint()
        self._create_reported_order().action_complete()
        desk = self.desk.with_user(user).with_company(company)
        self.assertEqual(set(self._counts(desk).values()), {0})
        with self.assertRaises(UserError):
            desk.act("trips", approval.id, "approve")

    def test_later_add_ons_append_their_numbers(self):
        desk_class = self.env.registry["aftersales.supervisor.desk"]
        base = desk_class._get_tiles

        def extended(desk):
            tile = {
                "key": "vip",
                "section": "customer",
                "title": "VIP",
                "model": "res.partner",
                "company_field": False,
                "team_field": False,
                "domain": Domain("id", "=", self.customer.id),
            }
            return [*base(desk), tile]

        with patch.object(desk_class, "_get_tiles", extended):
            self.assertEqual(self._counts()["vip"], 1)
            rows = self._rows("vip")
            self.assertEqual(rows[0]["title"], self.customer.display_name)
            self.assertEqual(rows[0]["do"], [])


@tagged("post_install", "-at_install")
class TestSupervisorDeskTour(SupervisorDeskCommon, HttpCase):
    def test_supervisors_day(self):
        self.env["aftersales.complaint"].search([]).sudo().write({"state": "resolved"})
        approval = self._request()
        complaint = self._create_complaint()
        self.start_tour(
            "/odoo/service-supervisor-desk",
            "aftersales_supervisor_day",
            login="as_supervisor",
        )
        self.assertEqual(approval.state, "approved")
        self.assertTrue(complaint.called_at)
        self.assertEqual(complaint.call_ids.result, "Apologised, he is content")

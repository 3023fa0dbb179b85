"""Monthly improvement requests and the handbook (KP-08, SV-91)."""

from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.aftersales_service.tests.common import GROUP

from .test_analysis import AnalysisCommon

MARCH = "2026-03-01"


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 02:00:00")
class TestImprovement(AnalysisCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.head = new_test_user(
            cls.env, login="as_head", groups=f"{GROUP}user", email="head@example.com"
        )
        cls.unit.manager_id = cls.head
        cls.company.aftersales_suggestion_unit_id = cls.unit
        cls.company.aftersales_quality_manager_id = cls.users["manager"]
        cls.requests = cls.env["aftersales.improvement"]

    def _run(self, cron="ir_cron_make_improvements"):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(f"aftersales_kpi.{cron}").method_direct_trigger()
        return self._mine()

    def _mine(self):
        return self.requests.search(
            [("company_id", "=", self.company.id), ("month", "=", MARCH)]
        )

    def _make(self):
        self.env.flush_all()
        for company, month, unit in self.requests._get_missing(
            [(self.company, fields.Date.to_date(MARCH))]
        ):
            self.requests._make(company, month, unit)
        return self._mine()

    def _mails(self, request):
        return self.env["mail.mail"].search(
            [
                ("model", "=", request._name),
                ("res_id", "=", request.id),
                ("subject", "ilike", "improvement request"),
            ]
        )

    def _story(self):
        for _number in range(3):
            self._fault()
        self._fault("2026-02-10 04:00:00")
        order = self._fault(cause_id=self.loose.id)
        order._plan_followups()
        card = order.followup_ids[:1].sudo()
        card.write(
            {
                "overall": "satisfied",
                "suggestion": "Call before you come",
                "answered_at": "2026-03-12 04:00:00",
            }
        )
        card._transition("answer")
        complaint = self.env["aftersales.complaint"].create(
            order._prepare_complaint_values(
                channel="phone",
                description="The housing rattles",
                received_at="2026-03-20 04:00:00",
            )
        )
        complaint.sudo().write(
            {
                "responsible_unit": self.unit.id,
                "state": "confirmed",
                "confirmed_at": "2026-03-21 04:00:00",
            }
        )

    def test_one_request_with_everything_of_the_month(self):
        self._story()
        request = self._make()
        self.assertEqual((request.unit_id, request.state), (self.unit, "sent"))
        self.assertEqual(
            (
                request.fault_count,
                request.previous_count,
                request.complaint_count,
                request.suggestion_count,
            ),
            (3, 1, 1, 1),
        )
        kinds = request.line_ids.grouped("kind")
        self.assertEqual((len(kinds["fault"]), kinds["fault"].count), (1, 3))
        self.assertEqual(kinds["suggestion"].text, "Call before you come")
        self.assertIn("rattles", kinds["complaint"].name)
        self.assertEqual(str(request.due_on), "2026-04-11")

    def test_mail_waits_in_the_queue_for_the_head(self):
        self._story()
        mail = self._mails(self._make())
        self.assertEqual((len(mail), mail.state), (1, "outgoing"))
        self.assertEqual(mail.recipient_ids, self.head.partner_id)

    def test_the_job_makes_each_request_once(self):
        self._story()
        request = self._run()
        self.assertEqual(len(request), 1)
        self.assertEqual(self._run(), request)
        self.assertEqual(len(self._mails(request)), 1)

    def test_a_unit_that_breaks_stops_no_other(self):
        self._story()
        other = self.env["aftersales.unit"].create({"name": "Stores"})
        self.loose.unit_id = other
        original = type(self.requests)._make

        def make(requests, company, month, unit):
            if unit == self.unit:
                raise ValueError("Broken")
            return original(requests, company, month, unit)

        with (
            patch.object(type(self.requests), "_make", make),
            mute_logger(
                "odoo.addons.aftersales_kpi.models.quality.aftersales_improvement_collect"
            ),
        ):
            self.assertEqual(self._run().unit_id, other)
        self.assertEqual(self._run().unit_id, other | self.unit)

    def test_without_an_addressee_somebody_is_asked(self):
        self._story()
        self.unit.manager_id = False
        request = self._make()
        self.assertEqual(request.state, "draft")
        self.assertEqual(request.activity_ids.user_id, self.users["manager"])
        manager = self.as_user("manager", request)
        with self.assertRaisesRegex(UserError, "head"):
            manager.action_send()
        self.unit.manager_id = self.head
        manager.action_send()
        self.assertEqual(request.state, "sent")

    def test_nothing_to_tell_no_request(self):
        self._fault(cause_id=self.loose.id)
        self.assertFalse(self._make())

    def test_the_head_answers_and_the_manager_accepts(self):
        self._story()
        request = self._make()
        mine = request.with_user(self.head)
        self.assertTrue(mine.can_answer)
        with self.assertRaisesRegex(UserError, "Write the answer"):
            mine.action_answer(" ")
        with self.assertRaises(AccessError):
            self.as_user("supervisor", request).action_answer("Ours")
        with self.assertRaises(AccessError):
            self.as_user("operator", request).action_answer("Ours")
        mine.action_answer("New supplier from May on")
        self.assertEqual(
            (request.state, request.answered_by_id), ("answered", self.head)
        )
        with self.assertRaises(UserError):
            mine.action_answer("Again")
        with self.assertRaises(AccessError):
            mine.action_accept()
        manager = self.as_user("manager", request)
        with self.assertRaisesRegex(UserError, "missing"):
            manager.action_send_back("")
        manager.action_send_back("Who does it?")
        self.assertEqual(request.state, "sent")
        manager.action_answer("Mr Zhao, until 1 May")
        manager.action_accept()
        self.assertEqual(request.state, "accepted")

    def test_reminders_at_most_every_few_days(self):
        self._story()
        request = self._make()
        self._run("ir_cron_remind_improvements")
        self.assertEqual(request.remind_count, 0, "not due yet")
        with freeze_time("2026-04-13 02:00:00"):
            self._run("ir_cron_remind_improvements")
            self._run("ir_cron_remind_improvements")
            self.assertEqual(request.remind_count, 1)
            self.assertIn(request, self.requests.search([("is_overdue", "=", True)]))
            self.assertTrue(request.is_overdue)
        with freeze_time("2026-04-18 02:00:00"):
            self._run("ir_cron_remind_improvements")
            self.assertEqual(request.remind_count, 2)
        self.assertEqual(len(self._mails(request)), 3)
        self.assertEqual(len(request.activity_ids), 1)
        request.with_user(self.head).action_answer("Done")
        self.assertFalse(request.activity_ids)
        with freeze_time("2026-05-18 02:00:00"):
            self._run("ir_cron_remind_improvements")
        self.assertEqual(request.remind_count, 2)

    def test_who_sees_what(self):
        self._story()
        request = self._make()
        stranger = new_test_user(self.env, login="as_other", groups=f"{GROUP}user")
        for user, seen in (
            (self.head, True),
            (self.users["supervisor"], True),
            (self.users["manager"], True),
            (stranger, False),
            (self.users["operator"], False),
            (self.users["technician"], False),
        ):
            env = self.env(user=user)
            with self.subTest(user=user.login):
                for model in ("aftersales.improvement", "aftersales.improvement.line"):
                    self.assertEqual(bool(env[model].search([])), seen, model)
        self.assertTrue(
            request.with_user(self.head).line_ids.mapped("name"), "reads the list"
        )

    def test_nobody_writes_state_or_figures(self):
        self._story()
        request = self._make()
        for record in (request, request.line_ids[:1]):
            for name in sorted(record._get_guarded_fields()):
                if record._fields[name].type == "one2many":
                    continue
                for user in (self.head, self.users["manager"]):
                    with self.subTest(name=name), self.assertRaises(AccessError):
                        call_kw(
                            self.env(user=user)[record._name],
                            "write",
                            [record.ids, {name: 1}],
                            {},
                        )
        with self.assertRaises(UserError):
            self.as_user("manager", request).unlink()

    def test_paper_lists_what_happened(self):
        self._story()
        request = self._make()
        report = self.env["report.aftersales_kpi.report_improvement"]
        paper = report.with_user(self.head)._get_report_values(request.ids)["papers"][0]
        self.assertEqual([len(lines) for _kind, lines in paper["kinds"]], [1, 1, 1])
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_kpi.report_improvement", request.ids
        )
        self.assertIn(b"Call before you come", html)

    def test_lines_open_what_stands_behind(self):
        self._story()
        request = self._make()
        kinds = request.line_ids.grouped("kind")
        action = kinds["fault"].action_open()
        self.assertEqual(
            self.env[action["res_model"]].search_count(action["domain"]), 3
        )
        self.assertEqual(
            kinds["complaint"].action_open()["res_model"], "aftersales.complaint"
        )
        self.assertEqual(
            kinds["suggestion"].action_open()["res_model"], "aftersales.followup"
        )

    # -- handbook --------------------------------------------------------------------

    def test_a_matter_enters_the_handbook_once(self):
        self._story()
        line = self._make().line_ids.filtered(lambda x: x.kind == "fault")
        with self.assertRaises(AccessError):
            line.with_user(self.head).action_to_handbook()
        mine = self.as_user("supervisor", line)
        entry = self.env["aftersales.handbook"].browse(
            mine.action_to_handbook()["res_id"]
        )
        self.assertEqual((entry.cause_id, entry.remedy), (self.cause, "Disk replaced"))
        with self.assertRaisesRegex(UserError, "already"):
            mine.action_to_handbook()

    def test_technician_proposes_supervisor_publishes(self):
        order = self._fault(cause_id=self.loose.id, remedy="Cable fixed with a clip")
        mine = self.as_user("technician", order)
        mine.action_to_handbook()
        mine.action_to_handbook()
        entry = order.handbook_ids
        self.assertEqual((len(entry), entry.state), (1, "draft"))
        self.assertFalse(entry.with_user(self.head).search([("id", "=", entry.id)]))
        with self.assertRaises(AccessError):
            self.as_user("technician", entry).action_publish()
        supervisor = self.as_user("supervisor", entry)
        supervisor.remedy = False
        with self.assertRaisesRegex(UserError, "what helps"):
            supervisor.action_publish()
        supervisor.remedy = "Cable fixed with a clip"
        supervisor.action_publish()
        self.assertTrue(entry.with_user(self.head).search([("id", "=", entry.id)]))
        self.assertEqual(self.loose.remedy, "Cable fixed with a clip")
        self.assertIn(self.symptom, self.loose.symptom_ids)
        with self.assertRaisesRegex(UserError, "Take it back"):
            supervisor.remedy = "Other"
        with self.assertRaisesRegex(UserError, "Take it back"):
            supervisor.unlink()
        supervisor.action_take_back()
        supervisor.remedy = "Other"

    def test_an_order_without_a_remedy_is_refused(self):
        order = self._fault(cause_id=False, done=False)
        with self.assertRaisesRegex(UserError, "remedy"):
            self.as_user("technician", order).action_to_handbook()

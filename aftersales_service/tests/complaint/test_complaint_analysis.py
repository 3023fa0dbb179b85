from datetime import date, datetime

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .test_complaint import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintAnalysis(ComplaintCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"
        cls.complaint.unlink()
        cls.rude = cls.category.create({"name": "Rude (test)", "about": "attitude"})
        cls.january = cls._received("2026-01-20 02:00:00")
        cls.february = cls._received("2026-02-10 02:00:00", category_id=cls.rude.id)
        # 31 March 23:30 and 1 April 00:30 in Shanghai
        cls.march = cls._received("2026-03-31 15:30:00", supplier_id=cls.supplier.id)
        cls.april = cls._received("2026-03-31 16:30:00", supplier_id=cls.supplier.id)

    @classmethod
    def _received(cls, moment, **values):
        return cls._create_complaint(received_at=moment, **values)

    def _analysis(self, role="supervisor", **values):
        return (
            self.env["aftersales.complaint.analysis"]
            .with_user(self.users[role])
            .create({"month": "2026-03-15", "team_id": self.team.id, **values})
        )

    def test_month_is_that_of_the_company(self):
        report = self.env["aftersales.complaint.report"]
        rows = report.search([("complaint_id", "in", (self.march | self.april).ids)])
        days = {row.complaint_id: row.received_on for row in rows}
        self.assertEqual(days[self.march], date(2026, 3, 31))
        self.assertEqual(days[self.april], date(2026, 4, 1))

    def test_figures_of_month_month_before_and_year(self):
        self.march.with_user(self.users["supervisor"]).action_confirm(
            "Seen", True, self.unit.id
        )
        analysis = self._analysis()
        self.assertEqual(analysis.month, date(2026, 3, 1))
        self.assertEqual(
            (
                analysis.complaint_count,
                analysis.previous_count,
                analysis.year_count,
            ),
            (1, 1, 3),
        )
        tables = dict(analysis._get_figures()["tables"])
        issues = {row["name"]: row for row in tables["Issue"]}
        late = issues["Late repair (test)"]
        self.assertEqual((late["month"], late["previous"], late["year"]), (1, 0, 2))
        self.assertEqual((late["valid"], late["fault"]), (1, 1))
        rude = issues["Rude (test)"]
        self.assertEqual((rude["month"], rude["previous"], rude["year"]), (0, 1, 1))
        suppliers = {row["name"]: row["year"] for row in tables["Supplier"]}
        self.assertEqual(suppliers["Supplier S1"], 1)
        self.assertEqual(tables["Responsible Unit"][0]["name"], "Service (test)")

    def test_month_before_january_is_december(self):
        self._received("2025-12-31 10:00:00")
        analysis = self._analysis(month="2026-01-01")
        self.assertEqual((analysis.previous_count, analysis.year_count), (1, 1))

    def test_duplicates_once_withdrawn_apart(self):
        extra = self._received("2026-03-05 02:00:00")
        self._by("supervisor", self.march).action_merge(extra.ids)
        self._by("supervisor", self.march).action_withdraw("Mistake")
        report = self.env["aftersales.complaint.report"]
        self.assertFalse(report.search([("complaint_id", "=", extra.id)]))
        row = report.search([("complaint_id", "=", self.march.id)])
        self.assertEqual((row.complaint_count, row.valid_count), (1, 0))
        self.assertEqual(row.dropped_count, 1)

    def test_measures_are_submitted_to_the_superior(self):
        analysis = self._analysis()
        with self.assertRaisesRegex(UserError, "measures"):
            analysis.action_submit()
        analysis.write(
            {"measures": "Train them", "superior_id": self.users["manager"].id}
        )
        analysis.action_submit()
        self.assertEqual(analysis.state, "submitted")
        self.assertEqual(analysis.submitted_by_id, self.users["supervisor"])
        self.assertEqual(analysis.activity_ids.user_id, self.users["manager"])
        with self.assertRaisesRegex(UserError, "submitted"):
            analysis.measures = "Nothing"
        with self.assertRaises(AccessError):
            analysis.action_take_back()
        analysis.with_user(self.users["manager"]).action_take_back()
        analysis.measures = "Train all"

    def test_rights(self):
        with self.assertRaises(AccessError):
            self._analysis("operator")
        with self.assertRaises(AccessError):
            self._analysis(team_id=False)
        company = self._analysis("manager", team_id=False)
        self.assertEqual(company.complaint_count, 1)
        with self.assertRaises(AccessError):
            company.with_user(self.users["supervisor"]).read(["measures"])
        for values in (
            {"state": "submitted"},
            {"submitted_at": fields.Datetime.now()},
        ):
            with self.assertRaises(AccessError):
                self._analysis(month="2026-05-01", **values)

    @freeze_time("2026-04-02 02:00:00")
    def test_wizard_finds_what_is_there(self):
        wizards = self.env["aftersales.complaint.analysis.wizard"]
        wizard = wizards.with_user(self.users["supervisor"]).create({})
        self.assertEqual(wizard.month, date(2026, 3, 1))
        self.assertEqual(wizard.team_id, self.team)
        first = wizard.action_open()["res_id"]
        wizard.month = date(2026, 3, 20)
        self.assertEqual(wizard.action_open()["res_id"], first)
        self.assertEqual(wizard.action_print()["type"], "ir.actions.report")

    def test_pivot_opens_for_the_month(self):
        action = self._analysis().action_view_complaints()
        rows = self.env["aftersales.complaint.report"].search(action["domain"])
        self.assertEqual(rows.complaint_id, self.march)

    # -- papers -------------------------------------------------------------------

    def _paper(self, name, record, role="supervisor"):
        reports = self.env["ir.actions.report"].with_user(self.users[role])
        html, _kind = reports._render_qweb_html(
            f"aftersales_service.{name}", record.ids
        )
        return html.decode()

    def test_complaint_form(self):
        own = self._settle(self.march)
        html = self._paper("report_complaint", own)
        for text in (own.name, "Nobody came", "A list", "Wants an apology"):
            self.assertIn(text, html)
        with self.assertRaises(AccessError):
            self._paper("report_complaint", own, "technician")

    def test_answer_letter_tells_nothing_of_the_investigation(self):
        with self.assertRaisesRegex(UserError, "no answer"):
            self._paper("report_complaint_answer", self.march)
        own = self._by("supervisor", self.march)
        own.action_confirm("Z-FINDING", False)
        own.action_answer("We have sent a new one", "letter")
        html = self._paper("report_complaint_answer", own)
        self.assertIn("We have sent a new one", html)
        for text in ("Z-FINDING", "Supplier S1"):
            self.assertNotIn(text, html)

    def test_letter_is_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self._by("supervisor", self.march).action_answer("Bonjour", "letter")
        html = self._paper("report_complaint_answer", self.march)
        self.assertIn('data-oe-lang="fr_FR"', html)

    def test_analysis_paper(self):
        analysis = self._analysis(measures="Train them")
        html = self._paper("report_complaint_analysis", analysis)
        for text in ("2026-03", "Late repair (test)", "Train them"):
            self.assertIn(text, html)
        with self.assertRaises(AccessError):
            self._paper("report_complaint_analysis", analysis, "operator")

    def test_promise_counts_from_the_receipt(self):
        moment = datetime(2026, 3, 2, 8, 0)
        complaint = self._received(moment)
        self.assertEqual(complaint.answer_deadline, datetime(2026, 3, 2, 12, 0))
        self.assertEqual(complaint.resolve_deadline, datetime(2026, 3, 4, 8, 0))
        counter = self._received(moment, channel="walk_in")
        self.assertEqual(counter.answer_deadline, datetime(2026, 3, 2, 8, 10))
        self.assertEqual(counter.resolve_deadline, datetime(2026, 3, 4, 8, 0))

    @freeze_time("2026-03-04 07:59:59")
    def test_settled_in_time_and_a_second_late(self):
        complaint = self._received("2026-03-02 08:00:00")
        other = self._received("2026-03-02 07:59:58")
        with freeze_time("2026-03-02 11:00:00"):
            for each in (complaint, other):
                own = self._by("supervisor", each)
                own.action_confirm("Seen", False)
                own.action_answer("Sorry", "phone")
                own.action_register_call("Fine")
                own.write({"cause": "a", "correction": "b", "prevention": "c"})
        for each in (complaint, other):
            self._by("supervisor", each).action_resolve()
        self.assertEqual((complaint.sla_state, other.sla_state), ("met", "missed"))

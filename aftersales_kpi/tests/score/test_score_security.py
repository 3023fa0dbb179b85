import io
import zipfile

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from ..common import ScoreCommon, TwoSheetsCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestScoreSecurity(TwoSheetsCommon):
    def _rpc(self, role, model, method, *args, **kwargs):
        env = self.env(user=self.users[role])
        result = call_kw(env[model], method, list(args), kwargs)
        env.flush_all()
        return result

    def test_technician_finds_nobody_elses_by_any_route(self):
        """List, id, name_search, group, export, fields of lines and approvals."""
        Sheet, Line = "aftersales.score.sheet", "aftersales.score.line"
        own = self.mine.line_ids
        self.users["technician"].group_ids += self.env.ref("base.group_allow_export")
        self.assertTrue(own and self.theirs.line_ids)
        for model, mine in ((Sheet, self.mine), (Line, own)):
            rows = self._rpc("technician", model, "search_read", [], ["id"])
            self.assertEqual({row["id"] for row in rows}, set(mine.ids))
            self.assertEqual(
                self._rpc("technician", model, "search_count", []), len(mine)
            )
        names = self._rpc("technician", Sheet, "name_search", "Wang")
        self.assertFalse(names)
        groups = self._rpc(
            "technician",
            Sheet,
            "formatted_read_group",
            [],
            ["technician_id"],
            ["payout:sum"],
        )
        self.assertEqual([g["technician_id"][0] for g in groups], self.technician.ids)
        for model, record in ((Sheet, self.theirs), (Line, self.theirs.line_ids)):
            for method, args in (
                ("read", [record.ids, ["total" if model == Sheet else "points"]]),
                ("web_read", [record.ids, {"display_name": {}}]),
                ("export_data", [record.ids, ["month"]]),
            ):
                with (
                    self.subTest(model=model, method=method),
                    self.assertRaises(AccessError),
                ):
                    self._rpc("technician", model, method, *args)

    def test_fines_of_others_are_not_in_the_queue(self):
        line = self.theirs.line_ids.filtered(lambda x: x.approval_state == "pending")
        approval = self.env["aftersales.approval"].search(
            [("score_line_id", "=", line.id)]
        )
        self.assertTrue(approval)
        approval.requested_by_id = self.users["technician"]
        for role in ("technician", "accountant"):
            with self.subTest(role=role):
                found = self._rpc(
                    role, "aftersales.approval", "search", [("kind", "=", "score")]
                )
                self.assertFalse(found)

    def test_papers_and_attachments_of_others(self):
        env = self.env(user=self.users["technician"])
        report = env["report.aftersales_kpi.report_score_sheet"]
        with self.assertRaises(AccessError):
            report._get_report_values(self.theirs.ids)
        with self.assertRaises(AccessError):
            env["report.aftersales_kpi.report_score_list"]._get_report_values(
                self.mine.ids
            )
        self.assertTrue(report._get_report_values(self.mine.ids)["papers"])
        attachment = self.env["ir.attachment"].create(
            {
                "name": "x.txt",
                "raw": b"x",
                "res_model": self.theirs._name,
                "res_id": self.theirs.id,
            }
        )
        with self.assertRaises(AccessError):
            attachment.with_user(self.users["technician"]).read(["raw"])

    def test_other_roles_see_none(self):
        for role in ("operator", "dispatcher", "parts", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._rpc(role, "aftersales.score.sheet", "search_read", [], ["total"])

    def test_supervisor_sees_the_team_and_manager_all(self):
        elsewhere = self._create_technician("Zhao", team_id=False)
        self._create_done(people=elsewhere)
        self._compute()
        sheet = self._sheet(technician=elsewhere)
        seen = self._rpc("supervisor", sheet._name, "search", [])
        self.assertIn(self.mine.id, seen)
        self.assertNotIn(sheet.id, seen)
        self.assertIn(sheet.id, self._rpc("manager", sheet._name, "search", []))

    def test_nobody_edits_what_a_rule_computed(self):
        line = self.mine.line_ids[:1]
        for role in ("technician", "supervisor", "manager"):
            for record in (self.mine, line):
                for name in sorted(record._get_guarded_fields()):
                    if record._fields[name].type == "one2many":
                        continue
                    values = {name: 1}
                    with (
                        self.subTest(role=role, field=name),
                        self.assertRaises(AccessError),
                    ):
                        self._rpc(role, record._name, "write", record.ids, values)
                for method, args in (
                    ("create", [{}]),
                    ("unlink", [record.ids]),
                    ("copy", [record.ids]),
                ):
                    with (
                        self.subTest(role=role, method=method),
                        self.assertRaises(AccessError),
                    ):
                        self._rpc(role, record._name, method, *args)

    def test_manager_cannot_smuggle_values_by_context(self):
        sheet = self.mine.with_user(self.users["manager"])
        for context in ({"aftersales_pass": True}, {"default_total": 99}):
            with self.assertRaises(AccessError):
                sheet.with_context(**context).write({"total": 99.0})

    def test_nobody_decides_about_himself(self):
        line = self.mine.line_ids[:1]
        self.as_user("technician", line).action_object("Wrong")
        user = self.users["technician"]
        for role in ("supervisor", "manager"):
            user.group_ids += self.env.ref(
                f"aftersales_service.aftersales_service_group_{role}"
            )
        with self.assertRaisesRegex(AccessError, "own sheet"):
            line.with_user(user).action_accept_objection()
        with self.assertRaisesRegex(AccessError, "own sheet"):
            self.mine.with_user(user).action_close()

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "B"})
        manager = self.users["manager"]
        sheet = self.mine.with_user(manager).with_context(
            allowed_company_ids=self.company.ids
        )
        self.assertTrue(sheet.search([("id", "=", self.mine.id)]))
        manager.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.assertFalse(self._rpc("manager", sheet._name, "search", []))

    def test_incident_is_never_about_oneself(self):
        user = self.users["supervisor"]
        self.other.user_id = user
        with self.assertRaisesRegex(UserError, "his own"):
            self._rpc(
                "supervisor",
                "aftersales.score.incident",
                "create",
                {
                    "technician_id": self.other.id,
                    "kind": "hotline_missed",
                    "description": "x",
                },
            )


@tagged("post_install", "-at_install")
class TestScoreWorkbook(ScoreCommon, HttpCase):
    def test_list_of_a_month_is_one_paper_and_sheets_are_one_each(self):
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )
        if reports.get_wkhtmltopdf_state() != "ok":
            self.skipTest("wkhtmltopdf is not installed")
        self._create_done()
        self._create_done(people=self.other)
        self._compute()
        sheets = self._sheet() | self._sheet(technician=self.other)
        for name, pages in (("list", 1), ("sheet", 2)):
            report = f"aftersales_kpi.report_score_{name}"
            content, _kind = reports._render_qweb_pdf(report, sheets.ids)
            with self.subTest(report=name):
                reader = PdfFileReader(io.BytesIO(content), strict=False)
                self.assertEqual(len(reader.pages), pages)

    def test_workbook_holds_text_and_only_own_rows(self):
        self.technician.name = "=cmd()"
        self._create_done()
        self._create_done(people=self.other)
        self._compute()
        sheets = self._sheet() | self._sheet(technician=self.other)
        ids = ",".join(map(str, sheets.ids))
        url = f"/aftersales/scores.xlsx?ids={ids},x,99999999999"
        self.authenticate("as_technician", "as_technician")
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        with zipfile.ZipFile(io.BytesIO(response.content)) as book:
            text = "".join(book.read(name).decode() for name in book.namelist())
        self.assertIn("=cmd()", text)
        self.assertNotIn("<f>", text)
        self.assertNotIn("Wang Fang", text)
        self.authenticate("as_operator", "as_operator")
        with mute_logger("odoo.http"):
            self.assertIn(self.url_open(url).status_code, (403, 404))

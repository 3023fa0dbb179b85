"""Every route by which a technician might read another's sheet (7, 14, 15, 18)."""

# Words of a test are no terms. pylint: disable=translation-required

import contextlib

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from ..common import TwoSheetsCommon

SHEET, LINE = "aftersales.score.sheet", "aftersales.score.line"
# What may not be seen anywhere: the other's name on a sheet, and the reason of a fine.
SECRET = "nobody answered; the customer told us"


class RoutesCommon(TwoSheetsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.theirs.message_post(body=f"Talked about it: {SECRET}")
        cls.theirs.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=cls.users["supervisor"].id,
            summary=SECRET,
        )

    def _rpc(self, model, method, *args, role="technician", **kwargs):
        env = self.env(user=self.users[role])
        return call_kw(env[model], method, list(args), kwargs)


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestScoreRoutes(RoutesCommon):
    def test_messages_of_others(self):
        """The chatter of a sheet is read with the sheet."""
        message = self.theirs.message_ids[:1]
        self.assertIn(SECRET, message.body)
        domain = [("model", "=", SHEET)]
        found = self._rpc("mail.message", "search_read", domain, ["res_id", "body"])
        self.assertNotIn(self.theirs.id, {row["res_id"] for row in found})
        for method, args in (
            ("read", [message.ids, ["body"]]),
            ("web_read", [message.ids, {"body": {}}]),
            ("export_data", [message.ids, ["body"]]),
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._rpc("mail.message", method, *args)
        own = self.mine.message_post(body="Yours")
        self.assertTrue(self._rpc("mail.message", "read", own.ids, ["body"]))

    def test_activities_of_others(self):
        activity = self.theirs.activity_ids
        self.assertTrue(activity)
        found = self._rpc(
            "mail.activity", "search_read", [("res_model", "=", SHEET)], ["res_id"]
        )
        self.assertNotIn(self.theirs.id, {row["res_id"] for row in found})
        with self.assertRaises(AccessError):
            self._rpc("mail.activity", "read", activity.ids, ["summary"])

    def test_followers_and_posting_on_others(self):
        for method, args in (
            ("message_post", {"body": "Let me see"}),
            ("activity_schedule", {"summary": "Mine"}),
            ("action_xlsx", {}),
            ("action_view_lines", {}),
            ("action_print", {}),
            ("action_compute", {}),
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._rpc(SHEET, method, self.theirs.ids, **args)

    def test_following_others(self):
        partner = self.users["technician"].partner_id
        with contextlib.suppress(AccessError):
            self._rpc(SHEET, "message_subscribe", self.theirs.ids, partner.ids)
        self.theirs.invalidate_recordset()
        self.assertNotIn(partner, self.theirs.message_partner_ids)

    def test_names_by_typing(self):
        for model in (SHEET, LINE):
            with self.subTest(model=model):
                names = self._rpc(model, "name_search", "Wang", limit=50)
                self.assertEqual(names, [])
                names = self._rpc(
                    model, "web_name_search", "Wang", {"display_name": {}}
                )
                self.assertEqual(names, [])

    def test_searching_through_other_records(self):
        """A condition on their sheets is no oracle: nothing matches."""
        for model, domain in (
            (LINE, [("sheet_id.technician_id", "=", self.other.id)]),
            (SHEET, [("line_ids.technician_id", "=", self.other.id)]),
            (SHEET, [("technician_id.name", "ilike", "Wang")]),
            ("aftersales.approval", [("score_line_id.money", "<", 0)]),
            (
                "aftersales.approval",
                [("score_line_id", "in", self.theirs.line_ids.ids)],
            ),
        ):
            with self.subTest(model=model, domain=domain):
                self.assertEqual(self._rpc(model, "search_count", domain), 0)

    def test_sums_say_nothing_of_others(self):
        for model, measure in ((SHEET, "total:sum"), (LINE, "money:sum")):
            with self.subTest(model=model):
                [row] = self._rpc(
                    model, "formatted_read_group", [], [], [measure, "__count"]
                )
                mine = self.mine if model == SHEET else self.mine.line_ids
                name = measure.partition(":")[0]
                self.assertEqual(row["__count"], len(mine))
                self.assertAlmostEqual(row[measure], sum(mine.mapped(name)), 2)
                sets = self._rpc(
                    model,
                    "formatted_read_grouping_sets",
                    [],
                    [["technician_id"], []],
                    ["__count"],
                )
                self.assertEqual(sets[1][0]["__count"], len(mine))

    def test_every_field_of_another_sheet_is_refused(self):
        for record in (self.theirs, self.theirs.line_ids[:1]):
            for name in record._fields:
                with (
                    self.subTest(model=record._name, field=name),
                    self.assertRaises(AccessError),
                ):
                    self._rpc(record._name, "read", record.ids, [name])

    def test_every_field_of_the_own_sheet_shows_nothing_of_others(self):
        """Fields computed or related with more rights than the reader has."""
        for record in (self.mine, self.mine.line_ids[:1]):
            spec = {
                name: {"fields": {"display_name": {}}} if field.relational else {}
                for name, field in record._fields.items()
                if record.with_user(self.users["technician"])._has_field_access(
                    field, "read"
                )
            }
            rows = self._rpc(record._name, "web_read", record.ids, spec)
            self.assertNotIn("Wang Fang", str(rows))
            self.assertNotIn(SECRET, str(rows))

    def test_no_other_model_leads_to_a_sheet(self):
        """Each field of another model that points at scores is closed, or follows the
        rules of what it points at."""
        for name, model in self.env.registry.items():
            if name in (SHEET, LINE) or model._abstract or model._transient:
                continue
            for field in model._fields.values():
                if field.comodel_name not in (SHEET, LINE):
                    continue
                with self.subTest(model=name, field=field.name):
                    self._check_way(name, field)

    def _check_way(self, name, field):
        records = self.env[name].with_user(self.users["technician"])
        if not records.has_access("read"):
            return
        if not records._has_field_access(field, "read"):
            return
        found = records.search([(field.name, "!=", False)])
        seen = found.sudo().mapped(field.name)
        self.assertFalse(seen.technician_id - self.technician, f"{name}.{field.name}")

    def test_incidents_about_others(self):
        model = "aftersales.score.incident"
        records = self.env[model].with_user(self.users["technician"])
        if records.has_access("read"):
            self.assertFalse(records.search([("technician_id", "=", self.other.id)]))

    def test_supervisor_of_another_point_finds_none(self):
        """The same for a supervisor who does not belong to the service point."""
        self.team.user_ids -= self.users["supervisor"]
        self.team.supervisor_id = False
        for model in (SHEET, LINE):
            found = self._rpc(model, "search", [], role="supervisor")
            self.assertFalse(
                set(found) & set(self.theirs.ids + self.theirs.line_ids.ids)
            )


@tagged("post_install", "-at_install")
class TestScoreAddresses(RoutesCommon, HttpCase):
    """The same through addresses."""

    def _get(self, url, **kwargs):
        with mute_logger("odoo.http", "odoo.addons.web.controllers.report"):
            return self.url_open(url, allow_redirects=False, **kwargs)

    def _check_closed(self, response):
        self.assertNotIn(SECRET, response.text)
        self.assertNotIn("Wang Fang", response.text)

    def test_papers_of_others(self):
        self.authenticate("as_technician", "as_technician")
        name = "aftersales_kpi.report_score_sheet"
        for kind in ("html", "pdf", "text"):
            with self.subTest(kind=kind):
                response = self._get(f"/report/{kind}/{name}/{self.theirs.id}")
                self.assertNotEqual(response.status_code, 200)
                self._check_closed(response)
        for kind in ("html", "pdf"):
            url = f"/report/{kind}/aftersales_kpi.report_score_list/{self.theirs.id}"
            with self.subTest(url=url):
                response = self._get(url)
                self.assertNotEqual(response.status_code, 200)
                self._check_closed(response)
        own = self._get(f"/report/html/{name}/{self.mine.id}")
        self.assertEqual(own.status_code, 200)

    def test_workbook_of_others(self):
        self.authenticate("as_technician", "as_technician")
        response = self._get(f"/aftersales/scores.xlsx?ids={self.theirs.id}")
        self.assertEqual(response.status_code, 404)

    def test_thread_and_files_of_others(self):
        attachment = self.env["ir.attachment"].create(
            {
                "name": "proof.txt",
                "raw": SECRET.encode(),
                "res_model": SHEET,
                "res_id": self.theirs.id,
            }
        )
        self.authenticate("as_technician", "as_technician")
        for url in (
            f"/web/content/{attachment.id}",
            f"/web/content/{attachment.id}?download=1",
            f"/web/content/{SHEET}/{self.theirs.id}/display_name",
            f"/mail/view?model={SHEET}&res_id={self.theirs.id}",
        ):
            with self.subTest(url=url):
                self._check_closed(self._get(url))
        params = {"thread_model": SHEET, "thread_id": self.theirs.id}
        with mute_logger("odoo.http"):
            response = self.url_open(
                "/mail/thread/messages",
                json={"jsonrpc": "2.0", "method": "call", "params": params},
            )
        self._check_closed(response)

import base64
import json
from datetime import date, datetime

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open

from odoo.addons.aftersales_service.tests.common import GROUP, AftersalesCommon
from odoo.addons.spreadsheet.utils.validate_data import (
    fields_in_spreadsheet,
    menus_xml_ids_in_spreadsheet,
)

from ..common import tell_history

BOARDS = ("manager", "quality", "accountant")
JUNE = (datetime(2025, 5, 31, 16), datetime(2025, 6, 30, 16))


@tagged("post_install", "-at_install")
class TestDashboards(AftersalesCommon):
    """Who gets which dashboard, and that it shows what exists (KP-12)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boards = {
            name: cls.env.ref(f"aftersales_kpi.aftersales_dashboard_{name}")
            for name in BOARDS
        }

    def _read(self, name):
        return json.loads(base64.b64decode(self.boards[name].spreadsheet_binary_data))

    def _get_seen(self, *groups):
        names = ",".join(f"{GROUP}{group}" for group in groups) or "base.group_user"
        user = new_test_user(self.env, f"as_{'_'.join(groups)}_x", groups=names)
        boards = self.env["spreadsheet.dashboard"].with_user(user)
        ids = [board.id for board in self.boards.values()]
        found = boards.search([("id", "in", ids)])
        return {name for name in BOARDS if self.boards[name].id in found.ids}

    def test_every_role_sees_its_own(self):
        self.assertEqual(self._get_seen("manager"), set(BOARDS))
        self.assertEqual(self._get_seen("supervisor"), {"quality"})
        self.assertEqual(self._get_seen("accountant"), {"accountant"})
        self.assertEqual(self._get_seen("technician"), set())
        self.assertEqual(self._get_seen(), set())

    def test_models_fields_and_menus_exist(self):
        for name in BOARDS:
            data = self._read(name)
            for model, chains in fields_in_spreadsheet(data).items():
                for chain in chains:
                    self._check_chain(model, chain)
            for menu in menus_xml_ids_in_spreadsheet(data):
                self.assertTrue(self.env.ref(menu).action, menu)

    def _check_chain(self, model, chain):
        for name in chain.split("."):
            field = self.env[model]._fields[name]
            model = field.comodel_name or model

    def test_every_figure_on_a_dashboard_is_defined(self):
        known = set(self.env["aftersales.kpi"].search([]).mapped("code"))
        text = "".join(json.dumps(self._read(name)) for name in BOARDS)
        for name in BOARDS:
            for pivot in self._read(name)["pivots"].values():
                for field, _operator, value in pivot["domain"]:
                    if field == "kpi_id.code":
                        codes = [value] if isinstance(value, str) else value
                        self.assertLessEqual(set(codes), known)
        self.assertIn("kpi_id.code", text)

    def test_a_new_database_shows_a_sample(self):
        for board in self.boards.values():
            with file_open(board.sample_dashboard_file_path) as file:
                sample = json.load(file)
            self.assertFalse(sample["pivots"])
            self.assertTrue(sample["sheets"][0]["figures"])

    def test_the_reader_may_ask_what_the_dashboard_asks(self):
        roles = dict(zip(BOARDS, ("manager", "supervisor", "accountant"), strict=True))
        for name, role in roles.items():
            user = new_test_user(self.env, f"as_{role}_y", groups=f"{GROUP}{role}")
            for pivot in self._read(name)["pivots"].values():
                rows = [row["fieldName"] for row in pivot["rows"] + pivot["columns"]]
                measures = [measure["id"] for measure in pivot["measures"]]
                self.env[pivot["model"]].with_user(user).formatted_read_grouping_sets(
                    pivot["domain"], [rows], measures
                )


@tagged("post_install", "-at_install")
class TestDigest(AftersalesCommon):
    """Figures in the digest by mail: the same facts, for those who may see them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.manager = new_test_user(
            cls.env,
            "as_digest",
            groups=f"{GROUP}manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        tell_history(cls.company, date(2025, 7, 31), 3, 90)
        cls.digest = cls.env.ref("aftersales_kpi.aftersales_digest")

    def _get_values(self, user=None, digest=None, period=JUNE):
        digest = (digest or self.digest).with_user(user or self.manager)
        digest = digest.with_company(self.company).with_context(
            start_datetime=period[0], end_datetime=period[1]
        )
        digest.invalidate_model()
        names = ("orders", "timeliness", "satisfaction", "complaints", "revenue")
        return {name: digest[f"kpi_aftersales_{name}_value"] for name in names}

    def _get_stored(self, code):
        rows = self.env["aftersales.kpi.value"].search(
            [
                ("kpi_id.code", "=", code),
                ("company_id", "=", self.company.id),
                ("month", "=", "2025-06-01"),
            ]
        )
        return sum(rows.mapped("numerator")), sum(rows.mapped("denominator"))

    def test_a_month_in_the_digest_is_the_month_of_the_figures(self):
        values = self._get_values()
        self.assertEqual(values["orders"], self._get_stored("ORDERS")[0])
        self.assertGreater(values["orders"], 10)
        kept, due = self._get_stored("TIMELY")
        self.assertAlmostEqual(values["timeliness"], 100.0 * kept / due, 4)
        good, answered = self._get_stored("SATISFACTION")
        self.assertAlmostEqual(values["satisfaction"], 100.0 * good / answered, 4)
        self.assertAlmostEqual(values["revenue"], self._get_stored("REVENUE")[0], 2)

    def test_nothing_to_divide_by_is_no_error(self):
        values = self._get_values(period=(datetime(2019, 1, 1), datetime(2019, 2, 1)))
        self.assertEqual(set(values.values()), {0})

    def test_overdue_orders_are_those_open_and_late(self):
        order = self._create_order()
        order.sudo().write({"sla_state": "missed"})
        digest = self.digest.with_user(self.manager).with_company(self.company)
        late = self.env["aftersales.order"].search_count(
            [
                ("company_id", "=", self.company.id),
                ("state", "in", ("new", "dispatched", "in_progress")),
                ("sla_state", "=", "missed"),
            ]
        )
        self.assertEqual(digest.kpi_aftersales_overdue_value, late)

    def test_others_get_a_digest_without_these_lines(self):
        clerk = new_test_user(
            self.env, "as_clerk", groups=f"{GROUP}technician,{GROUP}operator"
        )
        with self.assertRaises(AccessError):
            self._get_values(clerk)
        kpis = self.digest._compute_kpis(self.company, clerk)
        self.assertFalse([k for k in kpis if "aftersales" in k["kpi_name"]])

    def test_the_manager_gets_all_of_them(self):
        kpis = self.digest._compute_kpis(self.company, self.manager)
        names = [kpi["kpi_name"] for kpi in kpis if "aftersales" in kpi["kpi_name"]]
        self.assertEqual(len(names), 6)

    def test_another_company_shows_nothing_of_ours(self):
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self._get_values(digest=self.digest.copy({"company_id": other.id}))

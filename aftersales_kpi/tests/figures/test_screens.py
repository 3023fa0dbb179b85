import base64
import json
from datetime import date

from odoo import fields
from odoo.service.model import call_kw
from odoo.tests import tagged

from odoo.addons.aftersales_service.tests.common_screens import Screens

from ..common import ScoreCommon, tell_history

PERIODS = [(2025, 6), (2025, 5)]


@tagged("post_install", "-at_install")
class TestScreens(ScoreCommon):
    """Every screen of the add-on opens for everybody who finds it in the menu (9).

    What the web client asks is asked here with the rights of the role: views, records
    with the fields of the view, a new form, groups with the measures of pivot and
    graph, and every filter and grouping of the search.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tell_history(cls.company, date(2025, 6, 30), 3, 90)
        teams = cls.env["aftersales.team"].search([("company_id", "=", cls.company.id)])
        teams.user_ids += cls.users["supervisor"]
        people = cls.env["aftersales.technician"].search(
            [("company_id", "=", cls.company.id)]
        )
        for year, month in PERIODS:
            cls.sheets._compute_month(cls.company, date(year, month, 1), people)
        cls._create_done()
        cls._incident()
        cls._compute()
        cls._make_quality()
        plans = [{"team_id": teams[:1].id, "month": "2025-06-01", "orders_plan": 9}]
        cls.env["aftersales.kpi.plan"].create(plans)

    @classmethod
    def _make_quality(cls):
        """An alarm, a request with matters, an entry of the handbook."""
        requests = cls.env["aftersales.improvement"]
        june = fields.Date.to_date("2025-06-01")
        for company, month, unit in requests._get_missing([(cls.company, june)]):
            requests._make(company, month, unit)
        requests.search([]).line_ids[:1].action_to_handbook()
        rule = cls.env["aftersales.alarm.rule"].search([], limit=1)
        orders = cls.env["aftersales.order"].search([], limit=3)
        cls.env["aftersales.alarm"].create(
            {
                "rule_id": rule.id,
                "company_id": cls.company.id,
                "product_id": cls.server.id,
                "raised_on": "2025-06-20",
                "order_ids": [(6, 0, orders.ids)],
            }
        )

    # -- opening -------------------------------------------------------------------

    def _call(self, role, model, method, *args, **kwargs):
        env = self.env(user=self.users[role])
        return call_kw(env[model], method, list(args), kwargs)

    def test_every_screen_opens_for_everybody_who_finds_it(self):
        own = self.env["ir.model.data"].search(
            [("module", "=", "aftersales_kpi"), ("model", "=", "ir.ui.menu")]
        )
        menus = self.env["ir.ui.menu"].browse(own.mapped("res_id"))
        root = self.env.ref("aftersales_service.aftersales_menu_root")
        opened = 0
        for role in self.users:
            with self.subTest(role=role):
                screens = Screens(self.env(user=self.users[role]), limit=40)
                screens.open_menus(root, only=menus)
                self.assertEqual(screens.errors, [])
                opened += len(screens.opened)
        self.assertGreater(opened, 120, "screens were opened")

    # -- every number opens what makes it -------------------------------------------

    def test_a_figure_opens_exactly_the_records_that_make_it(self):
        """Of each figure that counts records, for the manager, both sides."""
        rows = self.env["aftersales.kpi.month"].search(
            [
                ("company_id", "=", self.company.id),
                ("month", "=", "2025-06-01"),
                ("level", "in", ("company", "team", "technician", "category")),
            ]
        )
        checked = set()
        for row in rows.filtered(lambda row: self._counts_records(row)):
            for side in ("numerator", "denominator"):
                count = row[side]
                if not count:
                    continue
                method = f"action_open_{side}"
                action = self._call("manager", row._name, method, row.ids)
                with self.subTest(figure=row.kpi_id.code, level=row.level, side=side):
                    self.assertEqual(len(action["domain"][0][2]), count)
                checked.add(row.kpi_id.code)
        self.assertGreater(len(checked), 10, checked)

    def _counts_records(self, row):
        """Shares and numbers of records: each adds one or nothing."""
        kinds = {
            *("timeliness", "satisfaction", "first_fix", "repeat", "response_rate"),
            *("followup_rate", "orders", "fill_lines", "fill_orders", "backlog"),
        }
        return row.kpi_id.kind in kinds

    def test_a_number_on_a_dashboard_opens_the_rows_that_make_it(self):
        """The rows behind a card give its value; each row opens its records."""
        for name, role in (
            ("manager", "manager"),
            ("quality", "manager"),
            ("accountant", "accountant"),
        ):
            board = self.env.ref(f"aftersales_kpi.aftersales_dashboard_{name}")
            data = json.loads(base64.b64decode(board.spreadsheet_binary_data))
            for pivot in data["pivots"].values():
                with self.subTest(board=name, pivot=pivot["name"]):
                    self._check_pivot(role, pivot)

    def _check_pivot(self, role, pivot):
        """The whole is what the rows behind it say."""
        model = pivot["model"]
        if "kpi.value" not in model or pivot["rows"] or pivot["columns"]:
            return
        [measure] = [measure["id"] for measure in pivot["measures"]]
        domain = pivot["domain"]
        [total] = self._call(role, model, "formatted_read_group", domain, [], [measure])
        ids = self._call(role, model, "search", domain)
        rows = self.env[model].browse(ids)
        if not rows:
            return
        number = sum(rows.mapped("numerator"))
        if measure == "value:avg":
            base = sum(rows.mapped("denominator"))
            kind = rows.kpi_id[:1]
            number = rows[:1]._get_number(number, base)
            self.assertEqual(len(kind), 1)
        self.assertAlmostEqual(total[measure] or 0, number or 0, 4)

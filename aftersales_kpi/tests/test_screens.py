import ast
import base64
import json
from datetime import date

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo import fields
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools.safe_eval import datetime as safe_datetime
from odoo.tools.safe_eval import safe_eval, time

from .common import ScoreCommon

ROLES = ("technician", "operator", "dispatcher", "parts", "supervisor", "manager")
LISTED = ("list", "kanban")
DATES = ("date", "datetime")
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
        cls.env["aftersales.history"]._generate(cls.company, date(2025, 6, 30), 3, 90)
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

    # -- asking as the client does ------------------------------------------------

    def _call(self, role, model, method, *args, **kwargs):
        env = self.env(user=self.users[role])
        return call_kw(env[model], method, list(args), kwargs)

    def _evaluate(self, role, text, context=None):
        scope = {
            "uid": self.users[role].id,
            "context": context or {},
            "active_id": False,
            "active_ids": [],
            "context_today": lambda: safe_datetime.date.today(),
            "relativedelta": relativedelta,
            "datetime": safe_datetime,
            "time": time,
            "allowed_company_ids": self.company.ids,
            "True": True,
            "False": False,
        }
        return safe_eval(text or "[]", scope)

    def _get_menus(self, role):
        """Menus of this add-on that the role is shown."""
        env = self.env(user=self.users[role])
        shown = env["ir.ui.menu"]._visible_menu_ids()
        own = self.env["ir.model.data"].search(
            [("module", "=", "aftersales_kpi"), ("model", "=", "ir.ui.menu")]
        )
        menus = self.env["ir.ui.menu"].browse(set(own.mapped("res_id")) & set(shown))
        return menus.filtered("action").sorted("complete_name")

    def _get_actions(self, role):
        """Window actions behind the menus, those of server actions run."""
        env = self.env(user=self.users[role])
        for menu in self._get_menus(role):
            action = menu.action
            if action._name == "ir.actions.server":
                values = env["ir.actions.server"].browse(action.id).run()
            else:
                values = env["ir.actions.actions"]._for_xml_id(
                    action.get_external_id()[action.id]
                )
            if values["type"] == "ir.actions.act_window":
                yield menu.complete_name, values

    def _get_spec(self, node, views, model):
        """Fields of a view as the client reads them, lists in forms too."""
        spec = {}
        for field in self._get_fields(node):
            name = field.get("name")
            info = views.get(model, {}).get(name) or {}
            entry = spec.setdefault(name, {})
            if info.get("type") in ("many2one", "reference"):
                entry["fields"] = {"display_name": {}}
            elif info.get("type") in ("one2many", "many2many"):
                inner = field.find("list")
                inner = field.find("kanban") if inner is None else inner
                relation = info["relation"]
                entry["fields"] = (
                    {"display_name": {}}
                    if inner is None
                    else self._get_spec(inner, views, relation)
                )
        return spec

    def _get_fields(self, node):
        """Field nodes of the view itself, not those of views within."""
        for child in node:
            if child.tag == "field":
                yield child
            elif isinstance(child.tag, str) and child.tag not in ("groupby",):
                yield from self._get_fields(child)

    # -- opening -------------------------------------------------------------------

    def test_every_screen_opens_for_everybody_who_finds_it(self):
        opened = 0
        for role in (*ROLES, "accountant"):
            for name, action in self._get_actions(role):
                opened += self._open(role, name, action)
        self.assertGreater(opened, 120, "screens were opened")

    def _open(self, role, name, action):
        model = action["res_model"]
        views = [[number, kind] for number, kind in action["views"]]
        if not any(kind == "search" for _number, kind in views):
            views.append([action.get("search_view_id") and False, "search"])
        context = self._evaluate(role, str(action.get("context") or "{}"))
        domain = self._evaluate(role, str(action.get("domain") or "[]"), context)
        with self.subTest(role=role, menu=name, model=model):
            found = self._call(
                role, model, "get_views", views, {"toolbar": True}, context={}
            )
            columns = {key: value["fields"] for key, value in found["models"].items()}
            for kind, view in found["views"].items():
                arch = etree.fromstring(view["arch"])
                ask = getattr(self, f"_open_{kind}", None)
                if ask:
                    ask(role, model, arch, columns, domain)
            return len(found["views"])
        return 0

    def _open_list(self, role, model, arch, columns, domain):
        spec = self._get_spec(arch, columns, model)
        rows = self._call(role, model, "web_search_read", domain, spec, limit=40)
        self.assertLessEqual(len(rows["records"]), 40)

    _open_kanban = _open_list

    def _open_form(self, role, model, arch, columns, domain):
        spec = self._get_spec(arch, columns, model)
        ids = self._call(role, model, "search", domain, limit=3)
        if ids:
            rows = self._call(role, model, "web_read", ids, spec)
            self.assertEqual(len(rows), len(ids))
        may = self.env[model].with_user(self.users[role]).has_access("create")
        if may and arch.get("create") not in ("0", "false"):
            self._call(role, model, "onchange", [], {}, [], spec)

    def _open_pivot(self, role, model, arch, columns, domain):
        groups, measures = self._get_axes(arch, columns[model])
        sets = [groups[:size] for size in range(len(groups) + 1)]
        self._call(role, model, "formatted_read_grouping_sets", domain, sets, measures)

    def _open_graph(self, role, model, arch, columns, domain):
        groups, measures = self._get_axes(arch, columns[model])
        self._call(role, model, "formatted_read_group", domain, groups, measures)

    def _get_axes(self, arch, columns):
        groups, measures = [], ["__count"]
        for node in arch.iter("field"):
            if node.get("invisible") in ("1", "True"):
                continue
            name = node.get("name")
            info = columns[name]
            if node.get("type") == "measure":
                measures.append(f"{name}:{info.get('aggregator') or 'sum'}")
            elif node.get("type") in ("row", "col") or arch.tag == "graph":
                default = "month" if info["type"] in DATES else ""
                interval = node.get("interval") or default
                groups.append(f"{name}:{interval}" if interval else name)
        return groups, measures

    def _open_search(self, role, model, arch, columns, domain):
        """Every filter and every grouping on its own."""
        for node in arch.iter("filter"):
            if node.get("domain"):
                mine = self._evaluate(role, node.get("domain"))
                self._call(role, model, "search_count", [*domain, *mine])
            group = ast.literal_eval(node.get("context") or "{}").get("group_by")
            if group:
                groups = [group] if isinstance(group, str) else group
                measures = ["__count"]
                self._call(
                    role, model, "formatted_read_group", domain, groups, measures
                )
        for node in arch.iter("field"):
            info = columns[model].get(node.get("name"), {})
            if info.get("type") in ("char", "many2one") and not node.get("domain"):
                mine = [(node.get("name"), "ilike", "a")]
                self._call(role, model, "search_count", [*domain, *mine])

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

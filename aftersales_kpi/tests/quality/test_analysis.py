"""Analysis models, Pareto, failures by age and trips by cause (KP-07, KP-08)."""

import io
import json
import zipfile

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.aftersales_service.tests.common import AftersalesCommon

from ...hooks import uninstall_hook

REPORTS = {
    "aftersales.fault.report": ("order_id", "aftersales.order"),
    "aftersales.order.analysis": ("order_id", "aftersales.order"),
    "aftersales.order.line.report": ("line_id", "aftersales.order.line"),
    "aftersales.trip.report": ("visit_id", "aftersales.visit"),
}
MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


class AnalysisCommon(AftersalesCommon):
    """Orders of March 2026 of two service points."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.far = cls.env["aftersales.team"].create(
            {"name": "South", "code": "S", "company_id": cls.company.id}
        )
        cls.supplier = cls.env["res.partner"].create({"name": "Disks Ltd"})
        cls.disk.seller_ids = [Command.create({"partner_id": cls.supplier.id})]
        cls.unit = cls.env["aftersales.unit"].create(
            {"name": "Assembly", "code": "ASM", "manager_id": cls.users["manager"].id}
        )
        cls.cause.unit_id = cls.unit
        cls.loose = cls.env["aftersales.cause"].create(
            {"name": "Cable loose", "responsible": "service"}
        )
        cls.pareto = cls.env["aftersales.pareto"]

    @classmethod
    def _fault(cls, called="2026-03-10 04:00:00", done=True, **values):
        values.setdefault("cause_id", cls.cause.id)
        values.setdefault("technician_ids", [Command.set(cls.technician.ids)])
        order = cls._create_order(called_at=called, place="remote", **values)
        if done:
            order.write({"state": "done", "done_at": called})
        return order

    @classmethod
    def _visits(cls, order, count=1, at="2026-03-10 05:00:00"):
        state, order.state = order.state, "in_progress"
        visits = cls.env["aftersales.visit"].create(
            [
                {
                    "order_id": order.id,
                    "lead_id": cls.technician.id,
                    "planned_start": at,
                    "planned_end": "2027-01-01 00:00:00",
                }
            ]
            * count
        )
        order.state = state
        visits.write({"state": "left", "departed_at": at, "arrived_at": at})
        return visits

    def _pareto(self, role=None, **options):
        pareto = self.as_user(role, self.pareto) if role else self.pareto
        self.env.flush_all()
        return pareto.get_pareto({**MARCH, **options})


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestAnalysis(AnalysisCommon):
    def test_a_fault_shows_symptom_cause_supplier_and_unit(self):
        order = self._fault(
            line_ids=[
                self._line_values("part", self.disk),
                self._line_values("labour", self.labour),
            ]
        )
        self.asset.installed_on = "2025-09-20"
        row = self.env["aftersales.fault.report"].search([("order_id", "=", order.id)])
        self.assertEqual(
            (row.symptom_id, row.cause_id, row.unit_id, row.part_id, row.supplier_id),
            (self.symptom, self.cause, self.unit, self.disk, self.supplier),
        )
        self.assertEqual((row.age, str(row.called_on)), (5, "2026-03-10"))
        self.assertEqual(row.action_open_order()["res_id"], order.id)

    def test_cancelled_and_internal_orders_are_no_faults(self):
        self._fault(done=False).action_cancel("Mistake")
        self._fault(service_type="internal")
        self._fault(symptom_id=False, cause_id=False, done=False)
        self.assertEqual(self._pareto()["total"], 0)

    def test_a_night_belongs_to_the_day_of_the_company(self):
        """31 March 17:00 UTC is April in Shanghai."""
        self._fault("2026-03-31 17:00:00")
        self.assertFalse(self._pareto()["rows"])

    def test_pareto_counts_shares_and_the_period_before(self):
        for _number in range(7):
            self._fault()
        for _number in range(3):
            self._fault(cause_id=self.loose.id)
        self._fault("2026-02-15 04:00:00")
        found = self._pareto(dimension="cause_id")
        rows = [
            (
                r["label"],
                r["count"],
                r["share"],
                r["cumulated"],
                r["mark"],
                r["previous"],
            )
            for r in found["rows"]
        ]
        self.assertEqual(
            rows,
            [
                ("Disk worn", 7, 70.0, 70.0, "A", 1),
                ("Cable loose", 3, 30.0, 100.0, "B", 0),
            ],
        )
        self.assertEqual((found["total"], found["previous_total"]), (10, 1))

    def test_a_bar_opens_its_orders(self):
        worn, loose = self._fault(), self._fault(cause_id=self.loose.id)
        options = {**MARCH, "dimension": "cause_id"}
        action = self.pareto.open_bar(options, [self.loose.id])
        orders = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(orders, loose)
        nameless = self._fault(cause_id=False, done=False)
        action = self.pareto.open_bar(options, [False])
        self.assertEqual(
            self.env["aftersales.order"].search(action["domain"]), nameless
        )
        action = self.pareto.open_bar(options)
        self.assertEqual(
            self.env["aftersales.order"].search(action["domain"]),
            (worn | loose | nameless).sorted("id", reverse=True),
        )

    def test_every_dimension_and_source_answers(self):
        self._visits(self._fault(line_ids=[self._line_values("part", self.disk)]))
        for source, settings in self.pareto._get_sources().items():
            for dimension in settings["dimensions"]:
                with self.subTest(source=source, dimension=dimension):
                    found = self._pareto(source=source, dimension=dimension)
                    self.assertEqual(found["total"], 1)
                    key = found["rows"][0]["key"]
                    action = self.pareto.open_bar(found["options"], [key])
                    self.assertEqual(
                        self.env[action["res_model"]].search_count(action["domain"]), 1
                    )

    def test_filters(self):
        self._fault()
        self._fault(team_id=self.far.id)
        self.assertEqual(self._pareto()["total"], 2)
        self.assertEqual(self._pareto(team_id=self.far.id)["total"], 1)
        self.assertEqual(self._pareto(product_id=self.server.id)["total"], 2)
        self.assertEqual(self._pareto(product_id=self.disk.id)["total"], 0)

    def test_wrong_options_are_refused_in_words(self):
        for options in (
            {"source": "res.users"},
            {"dimension": "company_id"},
            {"dimension": "id"},
            {"date_from": "yesterday"},
            {"date_from": "2026-05-01", "date_to": "2026-04-01"},
            {"date_from": "1700-05-01", "date_to": "2026-04-01"},
            {"team_id": "1 OR 1=1"},
            {"product_id": 2**40},
        ):
            with self.subTest(options=options), self.assertRaises(UserError):
                self.pareto.get_pareto(options)
        self.assertTrue(self.pareto.get_pareto("junk")["options"])

    # -- fees ------------------------------------------------------------------

    def test_order_analysis_adds_up(self):
        self._fault(line_ids=[self._line_values("labour", self.labour, 2.0)])
        row = self.env["aftersales.order.analysis"].search(
            [("product_id", "=", self.server.id)]
        )
        self.assertEqual((row.revenue, row.done_count, row.order_count), (400.0, 1, 1))

    def test_line_analysis_shows_payer_and_cost(self):
        self.disk.standard_price = 500.0
        order = self._fault(
            line_ids=[
                self._line_values("part", self.disk, 2.0),
                self._line_values("labour", self.labour),
            ]
        )
        self.env.flush_all()
        lines = self.env["aftersales.order.line.report"].search(
            [("order_id", "=", order.id)]
        )
        part = lines.filtered(lambda line: line.kind == "part")
        self.assertEqual((part.revenue, part.covered, part.cost), (1600.0, 0.0, 1000.0))
        self.assertEqual((part.margin, part.supplier_id), (600.0, self.supplier))
        for role in ("operator", "technician", "parts"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, part).read(["cost"])

    def test_foreign_orders_are_shown_in_the_companys_money(self):
        euro = self.env.ref("base.EUR")
        own = self.company.currency_id
        euro = euro if euro != own else self.env.ref("base.USD")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"}
        )
        self.env["res.currency.rate"].search([("currency_id", "=", own.id)]).unlink()
        pricelist = self.env["product.pricelist"].create(
            {"name": "Abroad", "currency_id": euro.id}
        )
        order = self._fault(
            pricelist_id=pricelist.id,
            line_ids=[self._line_values("labour", self.labour, price_unit=200.0)],
        )
        self.assertEqual(order.currency_id, euro)
        self.env.flush_all()
        for model in ("aftersales.order.analysis", "aftersales.order.line.report"):
            row = self.env[model].search([("order_id", "=", order.id)])
            self.assertEqual(row.revenue, 400.0, model)

    # -- rights ------------------------------------------------------------------

    def test_reports_show_exactly_what_the_base_models_show(self):
        """Reliability 15: for each role and company."""
        other = self.env["res.company"].create({"name": "B"})
        line = [self._line_values("labour", self.labour)]
        mine = self._fault(line_ids=line)
        theirs = self._fault(
            line_ids=line, team_id=self.far.id, technician_ids=[Command.clear()]
        )
        elsewhere = self.env["aftersales.order"].create(
            {
                "company_id": other.id,
                "partner_id": self.customer.id,
                "symptom_id": self.symptom.id,
                "team_id": False,
                "line_ids": [
                    Command.create({"kind": "other", "product_id": self.labour.id})
                ],
            }
        )
        elsewhere.write({"state": "done", "done_at": "2026-03-10 04:00:00"})
        self._visits(mine)
        self._visits(theirs)
        self.env.flush_all()
        for role, user in self.users.items():
            for companies in (self.company, other, self.company | other):
                user.write(
                    {
                        "company_ids": [Command.set(companies.ids)],
                        "company_id": companies[0].id,
                    }
                )
                for report, (link, base) in REPORTS.items():
                    env = self.env(
                        user=user, context={"allowed_company_ids": companies.ids}
                    )
                    rows = env[report].search([])
                    readable = set(env[base].search([]).ids)
                    with self.subTest(role=role, report=report, companies=companies):
                        self.assertLessEqual(set(rows.sudo()[link].ids), readable)
                        if companies == self.company:
                            expected = {
                                r.id
                                for r in self.env[report].search(
                                    [(link, "in", list(readable))]
                                )
                            }
                            self.assertEqual(set(rows.ids), expected)

    def test_people_without_a_role_see_nothing(self):
        user = new_test_user(self.env, login="as_nobody", groups="base.group_user")
        for model in (*REPORTS, "aftersales.alarm", "aftersales.alarm.rule"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                call_kw(self.env(user=user)[model], "search_read", [[]], {})
        with self.assertRaises(AccessError):
            call_kw(self.env(user=user)["aftersales.pareto"], "get_pareto", [{}], {})

    def test_a_supervisor_counts_the_own_service_point(self):
        self._fault()
        self._fault(team_id=self.far.id)
        self.assertEqual(self._pareto("supervisor")["total"], 1)
        self.assertEqual(self._pareto("manager")["total"], 2)

    # -- failures by age -----------------------------------------------------------

    def _curve(self, role="manager", **options):
        self.env.flush_all()
        curve = self.as_user(role, self.env["aftersales.failure.curve"])
        found = curve.get_curve(
            {
                "date_from": "2025-04-01",
                "date_to": "2026-03-31",
                "product_id": self.server.id,
                **options,
            }
        )
        return {row["age"]: row for row in found["rows"]}

    def test_failures_by_month_of_age(self):
        self.asset.installed_on = "2025-09-01"
        self._create_asset("7979Q7C-02", installed_on="2025-09-01")
        self._fault("2025-09-20 04:00:00")
        self._fault("2025-11-20 04:00:00")
        rows = self._curve()
        self.assertEqual(
            [(age, rows[age]["failures"], rows[age]["machines"]) for age in (0, 1, 2)],
            [(0, 1, 2.0), (1, 0, 2.0), (2, 1, 2.0)],
        )
        self.assertEqual(rows[0]["rate"], 50.0)
        self.assertEqual(max(rows), 6, "nobody is older on 31 March")

    def test_a_month_nobody_lived_through_has_no_rate(self):
        """Of an old machine the period sees the late months only."""
        self.asset.installed_on = "2024-04-01"
        rows = self._curve()
        self.assertEqual((rows[0]["machines"], rows[0]["rate"]), (0.0, None))
        self.assertEqual((rows[12]["machines"], rows[12]["rate"]), (1.0, 0.0))

    def test_scrapped_machines_leave_those_at_risk(self):
        self.asset.installed_on = "2025-09-01"
        self.asset.sudo().state = "scrapped"
        self.asset.flush_recordset()
        self.asset.sudo().retired_on = "2025-10-31"
        rows = self._curve()
        self.assertEqual([rows[age]["machines"] for age in sorted(rows)], [1.0, 1.0])

    def test_age_opens_its_orders(self):
        self.asset.installed_on = "2025-09-01"
        order = self._fault("2025-11-20 04:00:00")
        self._fault("2025-12-20 04:00:00")
        self.env.flush_all()
        action = self.env["aftersales.failure.curve"].open_age(
            {"date_from": "2025-04-01", "date_to": "2026-03-31"}, 2
        )
        self.assertEqual(self.env["aftersales.order"].search(action["domain"]), order)

    def test_the_curve_is_for_supervisors(self):
        for role in ("operator", "technician", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._curve(role)
        self.assertFalse(self._curve("supervisor"))


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestTrips(AnalysisCommon):
    """The decision table and the year of Example D."""

    CAUSES = ("rework", "parts", "chargeable", "others", "misuse", "service")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asset.installed_on = "2025-12-01"
        ref = cls.env.ref
        cls.causes = [
            ref(f"aftersales_kpi.aftersales_trip_cause_{name}") for name in cls.CAUSES
        ]
        part = [cls._line_values("part", cls.disk, price_unit=0.0)]
        foreign = ref("aftersales_kpi.aftersales_cause_foreign_work")
        cls.orders = [
            cls._fault(cause_id=cls.loose.id),
            cls._fault(line_ids=part),
            cls._fault(line_ids=[cls._line_values("labour", cls.labour)]),
            cls._fault(cause_id=foreign.id),
            cls._fault(misuse=True, line_ids=[cls._line_values("labour", cls.labour)]),
            cls._fault(service_type="contract"),
        ]

    def test_uninstalled_a_named_cause_stays_with_its_orders(self):
        names = ("foreign_work", "own_work")
        foreign, own = (
            self.env.ref(f"aftersales_kpi.aftersales_cause_{name}") for name in names
        )
        uninstall_hook(self.env)
        self.assertEqual(self.orders[3].cause_id, foreign)
        self.assertFalse(
            foreign.active or foreign.code or foreign.get_external_id()[foreign.id]
        )
        self.assertTrue(own.active and own.code and own.get_external_id()[own.id])

    def test_the_example_year(self):
        """607 trips = 111 + 85 + 42 + 10 + 198 + 161."""
        for order, count in zip(self.orders, (111, 85, 42, 10, 198, 161), strict=True):
            self._visits(order, count)
        found = self._pareto("manager", source="trip", date_to="2026-12-31")
        rows = {row["key"]: (row["count"], row["share"]) for row in found["rows"]}
        self.assertEqual(found["total"], 607)
        self.assertEqual(
            [rows[cause.id] for cause in self.causes],
            [
                (111, 18.29),
                (85, 14.0),
                (42, 6.92),
                (10, 1.65),
                (198, 32.62),
                (161, 26.52),
            ],
        )

    def _row(self, order):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["aftersales.trip.report"].search([("order_id", "=", order.id)])

    def test_the_rule_that_decided_is_named(self):
        visit = self._visits(self.orders[1])
        row = self._row(self.orders[1])
        self.assertEqual(
            row.rule_id, self.env.ref("aftersales_kpi.aftersales_trip_rule_parts")
        )
        self.assertEqual(row.action_open_visit()["res_id"], visit.id)

    def test_an_edited_rule_classifies_anew(self):
        self._visits(self.orders[1])
        self.env.ref("aftersales_kpi.aftersales_trip_rule_parts").max_days = 30
        self.assertEqual(self._row(self.orders[1]).trip_cause_id, self.causes[-1])
        self.env.ref("aftersales_kpi.aftersales_trip_rule_service").active = False
        self.assertFalse(self._row(self.orders[1]).trip_cause_id)

    def test_a_supervisor_names_another_cause(self):
        visit = self._visits(self.orders[0])
        self.as_user("supervisor", visit).trip_cause_id = self.causes[3]
        row = self._row(self.orders[0])
        self.assertEqual((row.trip_cause_id, row.rule_id.id), (self.causes[3], False))
        with self.assertRaises(AccessError):
            self.as_user("technician", visit).write({"trip_cause_id": False})

    def test_planned_and_cancelled_visits_are_no_trips(self):
        visits = self._visits(self.orders[0], 2)
        visits[0].write({"state": "planned", "departed_at": False, "arrived_at": False})
        visits[1].write({"state": "cancelled"})
        self.assertFalse(self._row(self.orders[0]))

    def test_who_may_edit_the_table(self):
        rule = self.env.ref("aftersales_kpi.aftersales_trip_rule_parts")
        for role in ("supervisor", "operator", "technician"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, rule).max_days = 1
        self.as_user("manager", rule).max_days = 1

    def test_a_rule_of_another_company_does_not_count(self):
        other = self.env["res.company"].create({"name": "B"})
        rule = self.env.ref("aftersales_kpi.aftersales_trip_rule_parts")
        rule.company_id = other
        self._visits(self.orders[1])
        self.assertEqual(self._row(self.orders[1]).trip_cause_id, self.causes[-1])


@tagged("post_install", "-at_install")
class TestAnalysisPapers(AnalysisCommon, HttpCase):
    def _workbook(self, name, **options):
        return self.url_open(
            f"/aftersales/analysis/{name}.xlsx?options="
            + json.dumps({**MARCH, **options})
        )

    def test_workbook_holds_text_never_formulas(self):
        self.symptom.name = "=cmd()"
        self._fault()
        self.env.flush_all()
        self.authenticate("as_supervisor", "as_supervisor")
        response = self._workbook("pareto", dimension="symptom_id")
        self.assertEqual(response.status_code, 200)
        with zipfile.ZipFile(io.BytesIO(response.content)) as book:
            text = "".join(book.read(name).decode() for name in book.namelist())
        self.assertIn("=cmd()", text)
        self.assertNotIn("<f>", text)
        self.assertEqual(self._workbook("age").status_code, 200)

    def test_junk_never_breaks_the_route(self):
        self.authenticate("as_supervisor", "as_supervisor")
        with mute_logger("odoo.http"):
            for url in ("x.xlsx", "pareto.xlsx?options=%7B", "pareto.xlsx?options=[1]"):
                status = self.url_open(f"/aftersales/analysis/{url}").status_code
                self.assertLess(status, 500, url)
            self.authenticate(None, None)
            response = self.url_open(
                "/aftersales/analysis/pareto.xlsx", allow_redirects=False
            )
            self.assertEqual(response.status_code, 303)

    def test_paper_shows_the_table(self):
        self._fault()
        self.env.flush_all()
        values = self.as_user(
            "supervisor", self.env["report.aftersales_kpi.report_pareto"]
        )._get_report_values(None, {"pareto": MARCH})
        paper = values["papers"][0]
        self.assertEqual((paper["total"], paper["rows"][0]["count"]), (1, 1))
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.users["supervisor"])
            ._render_qweb_html("aftersales_kpi.report_pareto", None, {"pareto": MARCH})
        )
        self.assertIn(b"Amber light", html)
        user = new_test_user(self.env, login="as_nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.env["report.aftersales_kpi.report_pareto"].with_user(
                user
            )._get_report_values(None, {})

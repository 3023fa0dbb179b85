"""Who sees which figure, what a closed month keeps, and what is counted when."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged

from ..common import APRIL, MARCH, FiguresCommon

VALUE, MONTH, PLAN = (
    "aftersales.kpi.value",
    "aftersales.kpi.month",
    "aftersales.kpi.plan",
)


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestFigureRights(FiguresCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = cls.env["aftersales.team"].create({"name": "South"})
        cls._answer(cls._create_done(), "satisfied")
        cls._answer(cls._create_done(people=cls.other), "dissatisfied")
        far = cls._create_done()
        far.write({"team_id": cls.elsewhere.id, "technician_id": False})
        cls.labour.standard_price = 50.0
        cls._compute_figures()
        cls.plan = cls.env[PLAN].create(
            [
                {"team_id": team.id, "month": "2026-03-17", "orders_plan": 4}
                for team in (cls.team, cls.elsewhere)
            ]
        )

    def _rpc(self, role, model, method, *args, **kwargs):
        env = self.env(user=self.users[role])
        result = call_kw(env[model], method, list(args), kwargs)
        env.flush_all()
        return result

    # -- who sees what --------------------------------------------------------

    def test_technician_sees_nobody_elses_by_any_route(self):
        mine = self.technician.ids
        self.users["technician"].group_ids += self.env.ref("base.group_allow_export")
        for model in (VALUE, MONTH):
            rows = self._rpc(
                "technician", model, "search_read", [], ["technician_id", "kpi_id"]
            )
            self.assertTrue(rows)
            self.assertEqual({row["technician_id"][0] for row in rows}, set(mine))
            groups = self._rpc(
                "technician", model, "formatted_read_group", [], ["technician_id"], []
            )
            self.assertEqual([g["technician_id"][0] for g in groups], mine)
        others = {
            VALUE: self.values.search([("technician_id", "=", self.other.id)]),
            MONTH: self._month(
                "SATISFACTION", technician_id=self.other, level="technician"
            ),
        }
        for model, records in others.items():
            for method, args in (
                ("read", [["numerator"]]),
                ("web_read", [{"text": {}}]),
                ("export_data", [["numerator"]]),
                ("action_open_numerator", []),
            ):
                with (
                    self.subTest(model=model, method=method),
                    self.assertRaises(AccessError),
                ):
                    self._rpc("technician", model, method, records[:1].ids, *args)
        for model in (PLAN, "aftersales.kpi.period"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self._rpc("technician", model, "search_read", [], ["display_name"])

    def test_whole_company_is_no_way_to_the_others(self):
        """A view has rules of its own: level and team are not open to a technician."""
        domain = [("kpi_id.code", "=", "SATISFACTION")]
        for role, levels in (
            ("technician", {"technician"}),
            ("supervisor", {"team", "technician"}),
            ("manager", {"company", "team", "technician"}),
            ("accountant", {"company", "team", "technician"}),
        ):
            rows = self._rpc(role, MONTH, "search_read", domain, ["level"])
            with self.subTest(role=role):
                self.assertEqual({row["level"] for row in rows}, levels)

    def test_supervisor_sees_the_own_service_points(self):
        for model in (VALUE, MONTH, PLAN):
            rows = self._rpc("supervisor", model, "search_read", [], ["team_id"])
            with self.subTest(model=model):
                teams = {row["team_id"][0] for row in rows}
                self.assertEqual(teams, set(self.team.ids))
        both = self._rpc("manager", PLAN, "search_count", [])
        self.assertGreaterEqual(both, 2)

    def test_cost_is_for_managers_and_accounting(self):
        domain = [("kpi_id.code", "in", ["VISIT_COST", "ORDER_COST"])]
        for role in ("technician", "supervisor"):
            for model in (VALUE, MONTH):
                with self.subTest(role=role, model=model):
                    self.assertFalse(self._rpc(role, model, "search", domain))
        revenue = [("kpi_id.code", "=", "REVENUE")]
        self.assertFalse(self._rpc("technician", VALUE, "search", revenue))
        self.assertTrue(self._rpc("supervisor", VALUE, "search", revenue))
        for role in ("manager", "accountant"):
            self.assertTrue(self._rpc(role, VALUE, "search", domain))

    def test_other_roles_see_none(self):
        for role in ("operator", "dispatcher", "parts"):
            for model in (VALUE, MONTH, PLAN):
                with (
                    self.subTest(role=role, model=model),
                    self.assertRaises(AccessError),
                ):
                    self._rpc(role, model, "search_read", [], ["display_name"])

    def test_nobody_writes_what_is_computed(self):
        row = self.values.search([], limit=1)
        for role in ("technician", "supervisor", "manager", "accountant"):
            for method, args in (
                ("write", [row.ids, {"numerator": 9}]),
                ("create", [{}]),
                ("unlink", [row.ids]),
                ("copy", [row.ids]),
            ):
                with (
                    self.subTest(role=role, method=method),
                    self.assertRaises(AccessError),
                ):
                    self._rpc(role, VALUE, method, *args)
        with self.assertRaises(AccessError):
            self._rpc("manager", PLAN, "write", self.plan.ids, {"orders_actual": 9})
        with self.assertRaises(AccessError):
            self._rpc(
                "manager",
                PLAN,
                "create",
                {"team_id": self.team.id, "month": APRIL, "revenue_actual": 9},
            )
        with self.assertRaises(AccessError):
            self._rpc("supervisor", PLAN, "write", self.plan[0].ids, {"orders_plan": 9})

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "B"})
        manager = self.users["manager"]
        manager.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        for model in (VALUE, MONTH, PLAN, "aftersales.kpi.period"):
            with self.subTest(model=model):
                self.assertFalse(self._rpc("manager", model, "search", []))

    def test_currencies_of_companies_are_not_mixed(self):
        company = self.env["res.company"].create(
            {
                "name": "B",
                "currency_id": self.env["res.currency"]
                .with_context(active_test=False)
                .search([("id", "!=", self.company.currency_id.id)], limit=1)
                .id,
            }
        )
        self.values.create(
            {
                "kpi_id": self.kpis["REVENUE_ORDER"].id,
                "company_id": company.id,
                "month": MARCH,
                "numerator": 5,
                "denominator": 1,
                "scale": 1,
                "currency_id": company.currency_id.id,
            }
        )
        domain = [("kpi_id.code", "=", "REVENUE_ORDER"), ("month", "=", MARCH)]
        aggregates = ["value:avg"]
        (total,) = self.values.formatted_read_group(domain, [], aggregates)
        self.assertFalse(total["value:avg"])
        parts = self.values.formatted_read_group(domain, ["company_id"], aggregates)
        self.assertTrue(all(part["value:avg"] for part in parts))

    def test_the_menu_opens_the_level_of_the_reader(self):
        for role, level in (
            ("technician", "technician"),
            ("supervisor", "team"),
            ("manager", "company"),
            ("accountant", "company"),
        ):
            action = self._rpc(role, MONTH, "action_view_figures")
            with self.subTest(role=role):
                self.assertIn(f"search_default_{level}", action["context"])

    def test_records_behind_are_those_the_reader_may_see(self):
        row = self._month("ORDERS")
        action = self._rpc("accountant", MONTH, "action_open_numerator", row.ids)
        self.assertEqual(len(action["domain"][0][2]), 3)
        team = self._month("ORDERS", level="team", team_id=self.team)
        action = self._rpc("supervisor", MONTH, "action_open_numerator", team.ids)
        self.assertEqual(len(action["domain"][0][2]), 2)
        plan = self._rpc("supervisor", PLAN, "action_open_orders", self.plan[0].ids)
        self.assertEqual(plan["domain"], action["domain"])

    # -- closed months --------------------------------------------------------

    def _close(self, month=MARCH):
        self.as_user("manager", self._period(month)).action_close()

    def test_a_closed_month_keeps_a_mark_and_its_first_value(self):
        self._close()
        order = self.env["aftersales.order"].search(
            [("opinion", "=", "dissatisfied")], limit=1
        )
        card = order.followup_ids[:1]
        card.sudo().write({"overall": "satisfied"})
        self._work_off()
        row = self.values.search(
            [
                ("kpi_id.code", "=", "SATISFACTION"),
                ("technician_id", "=", self.other.id),
            ]
        )
        self.assertEqual(
            (row.text, row.first_text, row.revised), ("100.00 %", "0.00 %", True)
        )
        card.sudo().write({"overall": "fair"})
        self._work_off()
        row.invalidate_recordset()
        self.assertEqual(
            (row.text, row.first_text, row.revised), ("0.00 %", "0.00 %", True)
        )
        untouched = self.values.search(
            [
                ("kpi_id.code", "=", "SATISFACTION"),
                ("technician_id", "=", self.technician.id),
            ]
        )
        self.assertFalse(untouched.revised)
        self.assertTrue(self._month("SATISFACTION").revised)
        self.assertTrue(self._period().revised_count)

    def test_what_is_new_or_gone_in_a_closed_month_is_marked(self):
        self._close()
        self._answer(self._create_done(people=self.other), "fair")
        order = self._create_done()
        self._work_off()
        new = self._month("ORDERS", level="technician", technician_id=self.technician)
        self.assertEqual((new.numerator, new.revised), (2, True))
        for done in self.env["aftersales.order"].search([("done_at", "!=", False)]):
            done.sudo().write({"state": "in_progress", "done_at": False})
        self._work_off()
        self.assertEqual(self._value("ORDERS")[0], 0)
        self.assertTrue(order)

    def test_closing_computes_first_what_is_marked(self):
        self._answer(self._create_done(), "satisfied")
        self.env.flush_all()
        self._close()
        self.assertEqual(self._value("SATISFACTION"), (2, 3, "66.67 %"))
        self.assertFalse(self.values.search([("revised", "=", True)]))

    def test_closing_needs_a_manager_and_a_month_that_is_over(self):
        for role in ("supervisor", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_user(role, self._period()).action_close()
        with self.assertRaisesRegex(UserError, "not over"):
            self._close(APRIL)
        self._close()
        with self.assertRaisesRegex(UserError, "not possible now"):
            self._close()
        self.as_user("manager", self._period()).action_reopen()
        self.assertEqual(self._period().state, "open")

    def test_months_close_by_themselves_on_the_day_of_the_company(self):
        self.company.aftersales_kpi_close_day = 10
        cron = self.env.ref("aftersales_kpi.ir_cron_close_figures")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(self._period().state, "open")
        self.company.aftersales_kpi_close_day = 9
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(self._period().state, "closed")
        self.assertEqual(self._period(APRIL).state, "open")

    # -- what is computed when ------------------------------------------------

    def test_a_late_fact_computes_only_its_month_and_person(self):
        card = self.env["aftersales.followup"].search(
            [("state", "=", "answered"), ("order_id.technician_id", "=", self.other.id)]
        )
        card.sudo().write({"overall": "fair"})
        people = {str(self.other.id)}
        self.assertEqual(
            self._changes(), {MARCH: {"followup": people, "asked": people}}
        )

    def test_a_month_begins_by_the_clock_of_the_company(self):
        """31 March 23:30 and 1 April 00:30 in Shanghai: both 31 March in UTC."""
        self._create_done(done="2026-03-31 15:30:00")
        self._create_done(done="2026-03-31 16:30:00")
        self._work_off()
        self.assertEqual(self._value("ORDERS")[0], 4)
        self.assertEqual(self._value("ORDERS", APRIL)[0], 1)

    def test_another_technician_takes_the_order_along(self):
        order = self.env["aftersales.order"].search(
            [("technician_id", "=", self.other.id)]
        )
        order.technician_id = self.technician
        self._work_off()
        theirs = {"level": "technician", "technician_id": self.other}
        self.assertFalse(self._month("ORDERS", **theirs))
        mine = {"level": "technician", "technician_id": self.technician}
        self.assertEqual(self._value("ORDERS", **mine)[0], 2)

    def test_the_clock_counts_open_months_again(self):
        """An order open in March and April is a day older the next day."""
        order = self._create_order(called_at="2026-03-30 02:00:00", place="remote")
        self._work_off()
        self._close()
        before = self._value("BACKLOG_MEAN", APRIL)[0]
        march = self._value("BACKLOG_MEAN")
        self.assertTrue(order)
        with freeze_time("2026-04-10 02:00:00"):
            self._work_off()
            self.assertEqual(self._value("BACKLOG_MEAN", APRIL)[0], before)
            self._work_off(clock=True)
        opened = self._value("BACKLOG", APRIL)[0]
        self.assertEqual(self._value("BACKLOG_MEAN", APRIL)[0], before + opened)
        self.assertEqual(self._value("BACKLOG_MEAN"), march)

    def test_a_poisoned_figure_does_not_block_the_others(self):
        """One figure fails, the rest is computed; the next run tries it again."""
        text = "poison"

        def poisoned(facts, kpi, slice):
            raise ValidationError(text)

        order = self._create_done()
        self._answer(order, "satisfied")
        with (
            patch.object(
                type(self.env["aftersales.kpi.facts"]),
                "_values_satisfaction",
                poisoned,
            ),
            self.assertLogs("odoo.addons.aftersales_kpi", "WARNING") as logs,
        ):
            self._work_off()
        self.assertIn("poison", "".join(logs.output))
        self.assertEqual(self._value("ORDERS")[0], 4)
        self.assertEqual(self._value("SATISFACTION")[1], 2)
        self.assertEqual(set(self._changes()[MARCH]), {"followup"})
        self._work_off()
        self.assertEqual(self._value("SATISFACTION")[1], 3)
        self.assertEqual(self._changes(), {})

    def test_a_new_meaning_computes_open_months_only(self):
        self._period(APRIL)
        self._work_off()
        self._close()
        self.kpis["REPEAT"].days = 20
        self.assertEqual(
            self._changes(), {APRIL: {"kpi": {str(self.kpis["REPEAT"].id)}}}
        )

    def test_a_figure_not_split_by_technician(self):
        kpi = self.kpis["ORDERS"]
        kpi.write({"by_technician": False, "by_category": False})
        self._work_off()
        rows = self.values.search([("kpi_id", "=", kpi.id)])
        self.assertFalse(rows.technician_id)
        self.assertEqual(sum(rows.mapped("numerator")), 3)
        self._create_done(people=self.other)
        self._work_off()
        self.assertEqual(self._value("ORDERS")[0], 4)

    def test_definition_of_the_company_stands_before_the_common_one(self):
        kpi = self.kpis["ORDERS"].copy(
            {"code": "ORDERS", "company_id": self.company.id}
        )
        found = self.env["aftersales.kpi"]._get_for_company(self.company)
        self.assertIn(kpi, found)
        self.assertNotIn(self.kpis["ORDERS"], found)

    def test_a_used_definition_is_archived_not_deleted(self):
        with self.assertRaisesRegex(UserError, "Archive"):
            self.kpis["ORDERS"].unlink()
        self.kpis["ORDERS"].action_archive()
        self.assertFalse(self._month("ORDERS"))

    def test_what_is_done_stands_beside_the_plan(self):
        self.assertEqual(self.plan.mapped("orders_actual"), [2, 1])
        self.assertEqual(self.plan[0].orders_text, "50.00 %")
        self.assertEqual(self.plan[0].orders_light, "red")
        self._create_done()
        self._work_off()
        self.assertEqual(self.plan[0].orders_actual, 3)

    def test_plans_are_imported(self):
        self.env[PLAN].with_user(self.users["manager"]).load(
            ["month", "team_id", "orders_plan", "revenue_plan"],
            [["2026-05-01", "North", "180", "224360.00"]],
        )
        plan = self.env[PLAN].search([("month", "=", "2026-05-01")])
        self.assertEqual(plan.revenue_plan, 224360.0)
        template = self.env[PLAN].get_import_templates()[0]["template"]
        self.assertTrue(template.endswith(".csv"))

    # -- queries --------------------------------------------------------------

    def test_queries_do_not_grow_with_the_orders(self):
        orders = self.env["aftersales.order"].create(
            [self._order_values(place="remote") for _number in range(100)]
        )
        orders.technician_ids = [Command.set(self.technician.ids)]
        orders.flush_recordset()
        counts = []
        for number, some in enumerate((orders[:10], orders)):
            some.invalidate_recordset()
            before = self.env.cr.sql_log_count
            some.sudo().write(
                {"state": "done", "done_at": f"2026-03-1{number} 04:00:00"}
            )
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 5)
        counts = []
        for done in (5, 10, 100):
            self._set(orders, state="new")
            self._set(orders[:done], state="done")
            before = self.env.cr.sql_log_count
            self._compute_figures()
            counts.append(self.env.cr.sql_log_count - before)
        # The first one has rows to insert that the others find.
        self.assertLessEqual(counts[2], counts[1] + 2)

"""What happened how often: few stored rows that always agree with the records."""

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged

from ..common import APRIL, MARCH, FiguresCommon

MODEL = "aftersales.kpi.breakdown"


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestBreakdown(FiguresCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = cls.env[MODEL]
        symptoms = cls.env["aftersales.symptom"]
        cls.noise, cls.smoke = symptoms.create(
            [{"name": name, "code": name} for name in ("Noise", "Smoke")]
        )
        cls.orders = cls.env["aftersales.order"]
        for symptom in (cls.noise, cls.noise, cls.smoke):
            order = cls._create_done(amount=100.0)
            order.symptom_id = symptom
            cls.orders |= order
        cls.elsewhere = cls.env["aftersales.team"].create({"name": "South"})
        cls._answer(cls.orders[0], "satisfied")
        cls._answer(cls.orders[1], "dissatisfied")
        cls._compute_figures()

    def _count(self, month=MARCH, **values):
        domain = [("company_id", "=", self.company.id), ("month", "=", month)]
        domain += [(name, "=", value) for name, value in values.items()]
        return sum(self.rows.search(domain).mapped("fact_count"))

    def test_orders_by_fault_and_answers_are_counted(self):
        self.assertEqual(self._count(symptom_id=self.noise.id), 2)
        self.assertEqual(self._count(symptom_id=self.smoke.id), 1)
        self.assertEqual(self._count(overall="dissatisfied"), 1)
        self.assertEqual(self._count(kind="answer"), 2)

    def test_money_agrees_with_the_orders(self):
        self.orders.product_id = self.server
        self._work_off()
        row = self.rows.search(
            [("product_id", "=", self.server.id), ("month", "=", MARCH)]
        )
        self.assertEqual(row.fact_count, 3)
        self.assertAlmostEqual(
            row.amount_customer, sum(self.orders.mapped("amount_customer")), 2
        )

    def test_money_of_another_currency_is_converted(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": "2026-01-01", "rate": 4.0}
        )
        self.orders.product_id = self.server
        self._set(self.orders[0], currency_id=other.id, amount_customer=40.0)
        self._compute_figures()
        row = self.rows.search(
            [("product_id", "=", self.server.id), ("month", "=", MARCH)]
        )
        rest = sum(self.orders[1:].mapped("amount_customer"))
        self.assertAlmostEqual(row.amount_customer, rest + 10.0, 2)

    def test_a_fault_named_later_moves_its_row_only(self):
        before = self.rows.search([("symptom_id", "=", self.noise.id)])
        self.orders[2].symptom_id = self.noise
        self._work_off()
        self.assertEqual(self._count(symptom_id=self.noise.id), 3)
        self.assertFalse(self._count(symptom_id=self.smoke.id))
        self.assertTrue(before.exists(), "the row is kept, only its number differs")

    def test_an_answer_corrected_later_is_counted_anew(self):
        card = self.orders[1].followup_ids.filtered(lambda c: c.state == "answered")
        card.sudo().overall = "fair"
        self._work_off()
        self.assertFalse(self._count(overall="dissatisfied"))
        self.assertEqual(self._count(overall="fair"), 1)

    def test_a_month_begins_by_the_clock_of_the_company(self):
        self.orders[0].done_at = "2026-03-31 16:30:00"
        self._work_off()
        self.assertEqual(self._count(symptom_id=self.noise.id), 1)
        self.assertEqual(self._count(APRIL, symptom_id=self.noise.id), 1)

    def test_a_number_opens_exactly_its_records(self):
        mine = self.as_user("manager", self.rows)
        for row in mine.search([("company_id", "=", self.company.id)]):
            action = row.action_open_records()
            found = row.env[action["res_model"]].search(action["domain"])
            self.assertEqual(len(found), row.fact_count, row.kind)

    def test_several_rows_open_together(self):
        rows = self.rows.search([("kind", "=", "symptom"), ("month", "=", MARCH)])
        action = self.as_user("manager", rows).action_open_records()
        found = self.orders.search(action["domain"])
        self.assertEqual(found & self.orders, self.orders)

    def test_orders_and_answers_do_not_open_in_one_list(self):
        rows = self.rows.search([("kind", "in", ("symptom", "answer"))])
        with self.assertRaisesRegex(UserError, "either"):
            self.as_user("manager", rows).action_open_records()

    def test_supervisor_sees_the_own_service_points(self):
        self.orders[2].team_id = self.elsewhere
        self._work_off()
        seen = self.as_user("supervisor", self.rows).search([])
        self.assertIn(self.noise, seen.symptom_id)
        self.assertNotIn(self.elsewhere, seen.team_id)
        hidden = self.rows.search([("team_id", "=", self.elsewhere.id)])
        with self.assertRaises(AccessError):
            self.as_user("supervisor", hidden).action_open_records()

    def test_the_wrong_person_is_refused_by_rpc(self):
        for role in ("technician", "operator"):
            env = self.env(user=self.users[role])
            with self.assertRaises(AccessError):
                call_kw(env[MODEL], "search_read", [[], ["fact_count"]], {})
        row = self.rows.search([("symptom_id", "=", self.noise.id)])
        env = self.env(user=self.users["manager"])
        with self.assertRaises(AccessError):
            call_kw(env[MODEL], "write", [row.ids, {"fact_count": 9}], {})

    def test_another_company_is_not_seen(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.cr.execute(
            "INSERT INTO aftersales_kpi_breakdown (company_id, month, kind, fact_count)"
            " VALUES (%s, %s, 'cause', 7)",
            [other.id, MARCH],
        )
        self.env.user.company_ids |= other
        everything = self.rows.with_context(allowed_company_ids=[other.id])
        self.assertIn(7, everything.sudo(False).search([]).mapped("fact_count"))
        mine = self.as_user("manager", self.rows).search([])
        self.assertEqual(mine.company_id, self.company)

    def test_queries_do_not_grow_with_the_orders(self):
        slice = self.env["aftersales.kpi.facts"]._get_slice(self.company, self._today())
        self.rows._refresh(slice)
        before = self.env.cr.sql_log_count
        self.rows._refresh(slice)
        few = self.env.cr.sql_log_count - before
        self._multiply(self.orders[0], 100, name="name || n", done_at="'2026-04-02'")
        before = self.env.cr.sql_log_count
        self.rows._refresh(slice)
        self.assertLessEqual(self.env.cr.sql_log_count - before, few)
        self.assertEqual(self._count(APRIL, symptom_id=self.noise.id), 100)

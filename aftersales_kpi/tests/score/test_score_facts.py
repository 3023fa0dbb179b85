"""Every kind of fact through the documents, and months recomputed independently."""

import random
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from ...tools.score import Fact
from ..common import APRIL, MARCH, ScoreCommon

VS, S, F, BAD = "very_satisfied", "satisfied", "fair", "dissatisfied"
# Example C: very satisfied, satisfied, fair, dissatisfied, praises, points.
TABLE = [
    (0, 0, 0, 0, 0, 0),
    (10, 0, 0, 0, 0, 15),
    (10, 0, 0, 0, 3, 20),
    (8, 2, 0, 0, 0, 10),
    (7, 3, 0, 0, 1, 5),
    (9, 0, 0, 1, 0, -5),
    (8, 0, 0, 2, 1, -5),
    (3, 0, 0, 0, 0, 15),
]


@tagged("post_install", "-at_install")
@freeze_time("2026-04-09 02:00:00")
class TestScoreFacts(ScoreCommon):
    def test_every_row_of_the_example(self):
        """Example C with real orders, cards and rules; the bonus too."""
        people = []
        for number, (*counts, praises, _points) in enumerate(TABLE):
            technician = self._create_technician(f"Row {number}")
            people.append(technician)
            opinions = [
                opinion
                for opinion, count in zip((VS, S, F, BAD), counts, strict=True)
                for _n in range(count)
            ]
            for at, opinion in enumerate(opinions):
                praise = "Well done" if at < praises else False
                order = self._create_done(1000.0, people=technician)
                self._answer(order, opinion, praise=praise)
        self._compute()
        for technician, (*counts, _praises, points) in zip(people, TABLE, strict=True):
            sheet = self._sheet(technician=technician)
            kept = sum(counts) - counts[3]
            with self.subTest(technician=technician.name):
                self.assertEqual((sheet.total, sheet.bonus), (points, float(kept)))

    def test_answer_in_april_for_an_order_of_march_counts_in_april(self):
        self._answer(self._create_done(), VS, at="2026-04-02 04:00:00")
        self._compute()
        self.assertEqual((self._sheet(MARCH).total, self._sheet(APRIL).total), (0, 15))

    def _visit(self, order, **values):
        state, order.state = order.state, "in_progress"
        visit = self.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": self.technician.id,
                "planned_start": "2026-03-10 01:00:00",
                "planned_end": "2026-03-10 03:00:00",
            }
        )
        order.state = state
        visit.sudo().write(
            {
                "state": "left",
                "departed_at": "2026-03-10 01:00:00",
                "arrived_at": "2026-03-10 02:00:00",
                "left_at": "2026-03-10 03:00:00",
                **values,
            }
        )
        return visit

    def test_late_at_the_customers(self):
        order = self._create_done()
        visit = self._visit(order)
        order.sudo().write(
            {
                "place": "onsite",
                "arrive_at": "2026-03-10 02:00:00",
                "arrive_deadline": "2026-03-10 02:00:00",
            }
        )
        self._compute()
        self.assertFalse(self._lines(self._sheet(), "late_arrival"), "on the dot")
        order.sudo().write({"arrive_deadline": "2026-03-10 01:59:59"})
        self._compute()
        line = self._lines(self._sheet(), "late_arrival")
        self.assertEqual((line.rule_points, line.approval_state), (-2.0, "pending"))
        self.assertEqual((line.res_model, line.res_id), (order._name, order.id))
        self.assertEqual(visit.lead_id, line.technician_id)

    def test_left_without_a_report(self):
        visit = self._visit(self._create_done(), left_without_report=True)
        self._compute()
        line = self._lines(self._sheet(), "left_without_report")
        self.assertEqual((line.rule_points, line.res_id), (-2.0, visit.id))

    def test_each_kind_of_incident(self):
        expected = {
            "incomplete_report": (-2.0, 0.0),
            "dispatch_refused": (-5.0, 0.0),
            "hotline_missed": (0.0, -50.0),
            "complaint_concealed": (0.0, -20.0),
        }
        for kind in expected:
            self._incident(kind)
        self._incident("hotline_missed", date="2026-03-06")
        self._compute()
        sheet = self._sheet()
        for kind, (points, money) in expected.items():
            lines = self._lines(sheet, kind)
            with self.subTest(kind=kind):
                self.assertEqual(len(lines), 2 if kind == "hotline_missed" else 1)
                self.assertEqual(lines[0].rule_points, points)
                self.assertEqual(lines[0].rule_money, money)
                self.assertEqual(
                    lines[0].action_open_source()["res_id"], lines[0].res_id
                )
        self.assertEqual(sheet.fine, 0.0, "nothing counts before it is approved")

    def test_a_rule_once_a_month_and_its_cap(self):
        rule = self.env.ref("aftersales_kpi.aftersales_score_rule_hotline")
        for day in (3, 4, 5):
            self._incident(date=f"2026-03-{day:02d}")
        rule.cap_money = 80.0
        self._compute()
        lines = self._lines(self._sheet(), "hotline_missed")
        self.assertEqual(sorted(lines.mapped("rule_money")), [-50.0, -30.0, 0.0])
        rule.period = "month"
        self._compute()
        line = self._lines(self._sheet(), "hotline_missed")
        self.assertEqual((line.rule_money, len(line.source_ids)), (-50.0, 3))
        self.assertIn("domain", line.action_open_source())

    def test_a_new_rule_of_a_known_kind_needs_no_code(self):
        self.env["aftersales.score.rule"].create(
            {"name": "Fair", "kind": "opinion", "opinion": F, "points": -1.0}
        )
        self._answer(self._create_done(), F)
        self._compute()
        self.assertEqual(self._sheet().total, -1.0)

    def test_a_new_kind_is_one_method(self):
        """What the README promises: an entry of the selection and one method."""
        kind = self.env["aftersales.score.rule"]._fields["kind"]
        facts = type(self.env["aftersales.score.facts"])

        def on_sunday(_facts, month, technicians):
            orders = self.env["aftersales.order"].search(
                [("done_at", ">=", month.start), ("done_at", "<", month.end)]
            )
            return [
                Fact("on_sunday", technician.id, order._name, order.id)
                for order in orders
                for technician in order.technician_ids & technicians
                if order.done_at.weekday() == 6
            ]

        with (
            patch.dict(kind._selection, {"on_sunday": "Sunday"}),
            patch.object(facts, "_facts_on_sunday", on_sunday, create=True),
        ):
            self.env["aftersales.score.rule"].create(
                {"name": "Sunday", "kind": "on_sunday", "points": 3.0}
            )
            order = self._create_done(done="2026-03-08 04:00:00")
            self._create_done(done="2026-03-09 04:00:00")
            self._compute()
            line = self._sheet().line_ids.filtered("points")
            self.assertEqual((line.points, line.res_id), (3.0, order.id))

    def test_approved_rule_is_archived_not_deleted(self):
        self._create_done()
        self._compute()
        rule = self.env.ref("aftersales_kpi.aftersales_score_rule_bonus")
        with self.assertRaisesRegex(UserError, "Archive"):
            self.as_user("manager", rule).unlink()

    # -- weighted mark -------------------------------------------------------------

    def test_weighted_mark_beside_the_points(self):
        """Marks of 4 are 100, of 1 are 0; what nobody gave drops out."""
        self.env["aftersales.score.weight"].search([]).weight = 0.0
        weights = {"satisfaction": 30.0, "skill": 25.0, "attitude": 25.0}
        for criterion, weight in weights.items():
            self.env.ref(
                f"aftersales_kpi.aftersales_score_weight_{criterion}"
            ).weight = weight
        self._answer(self._create_done(), S, skill="4")
        self._answer(self._create_done(), F, skill="1")
        self._compute()
        sheet = self._sheet()
        # (30 · 50 + 25 · 50) ÷ 55, nobody marked the attitude
        self.assertEqual((sheet.satisfaction, sheet.weighted_mark), (50.0, 50.0))
        self._answer(self._create_done(people=self.other), VS, skill="4")
        self._compute()
        theirs = self._sheet(technician=self.other)
        self.assertEqual(theirs.weighted_mark, 100.0)
        # Mean of the service point (2 · 50 + 100) ÷ 3; (1 · 100 + 10 · 66.67) ÷ 11
        self.assertAlmostEqual(theirs.fair_mark, (100 + 2000 / 3) / 11, 2)

    def test_no_answers_no_mark(self):
        self._create_done()
        self._compute()
        sheet = self._sheet()
        self.assertEqual((sheet.weighted_mark, sheet.fair_mark), (0.0, 0.0))

    # -- independent recomputation ----------------------------------------------------

    def test_random_month_against_a_few_lines(self):
        """Orders, hours, opinions and praise at random; plain sums say the same."""
        chance = random.Random(606)
        people = self.technician | self.other | self._create_technician("Zhao")
        points, answers = defaultdict(int), defaultdict(list)
        praised, bonus = set(), defaultdict(Decimal)
        for number in range(24):
            team = people.browse(chance.sample(people.ids, chance.randrange(1, 4)))
            amount = chance.randrange(100, 20000)
            order = self._create_done(float(amount), people=team)
            hours = {t: chance.choice((0, 1, 2.5, 6)) for t in team.ids}
            self.env["aftersales.worklog"].create(
                [
                    {
                        "technician_id": technician,
                        "hours": value,
                        "date": f"2026-03-{number + 1:02d}",
                        "order_id": order.id,
                    }
                    for technician, value in hours.items()
                    if value
                ]
            )
            opinion = chance.choice((VS, VS, VS, S, F, BAD, None))
            praise = chance.random() < 0.2
            if opinion:
                self._answer(order, opinion, praise="Thanks" if praise else False)
                for technician in team.ids:
                    answers[technician].append(opinion)
                    if praise:
                        praised.add(technician)
            if opinion != BAD:
                self._share(bonus, amount, hours)
        self._compute()
        for technician in people.ids:
            given = answers[technician]
            points[technician] += 5 * (technician in praised) - 5 * given.count(BAD)
            if given and given.count(VS) == len(given):
                points[technician] += 5
            if given and BAD not in given and given.count(VS) >= 0.8 * len(given):
                points[technician] += 10
        for technician in people:
            sheet = self._sheet(technician=technician)
            with self.subTest(technician=technician.name):
                self.assertEqual(sheet.total, points[technician.id])
                self.assertEqual(
                    Decimal(str(round(sheet.bonus, 2))), bonus[technician.id]
                )

    @staticmethod
    def _share(bonus, amount, hours):
        """Cents by hours, the largest remainders get the last ones."""
        step = Decimal("0.01")
        cents = int((Decimal(amount) / 1000).quantize(step, ROUND_HALF_UP) * 100)
        total = sum(hours.values())
        weights = hours if total else dict.fromkeys(hours, 1)
        total = Decimal(str(total or len(hours)))
        exact = {t: cents * Decimal(str(w)) / total for t, w in weights.items()}
        parts = {t: int(value) for t, value in exact.items()}
        order = sorted(parts, key=lambda t: (parts[t] - exact[t], t))
        for technician in order[: cents - sum(parts.values())]:
            parts[technician] += 1
        for technician, part in parts.items():
            bonus[technician] += Decimal(part) / 100

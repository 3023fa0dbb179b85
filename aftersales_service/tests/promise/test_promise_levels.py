from datetime import datetime, timedelta
from itertools import product

from odoo.tests import tagged

from .test_sla_engine import SlaCommon

FRIDAY_EVENING = datetime(2026, 3, 6, 10, 30)  # 18:30 in Shanghai
LEVELS = ("1", "2", "3")


@tagged("post_install", "-at_install")
class TestLevels(SlaCommon):
    """A more urgent fault is never promised later: all shipped rules, a whole week."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shipped.active = True
        cls.policies = cls.env["aftersales.sla.policy"]

    def _deadlines(self, engine, facts, start):
        facts = self.policies._complete_facts(facts)
        found = engine.strictest(facts, start)
        return {
            name: engine.plan(promise, name, facts, start).deadline
            for name, promise in found.items()
        }

    def _engine(self):
        calendars = {self.calendar.id, self.company.resource_calendar_id.id}
        return self.policies._get_engine("order", calendars, FRIDAY_EVENING)

    def test_never_later(self):
        engine = self._engine()
        grade = self.env.ref("aftersales_service.aftersales_grade_5x9").id
        works = self.env.ref("aftersales_service.product_category_works").id
        choices = {
            "place": ("onsite", "workshop", "remote"),
            "area": (False, "town", "suburb", "country", "remote"),
            "distance": (None, 50.0, 400.0),
            "categ_id": (False, works),
            "grade_id": (False, grade),
            "service_type": ("chargeable", "contract"),
        }
        starts = [FRIDAY_EVENING + timedelta(hours=13 * n) for n in range(13)]
        for values in product(*choices.values()):
            facts = dict(zip(choices, values, strict=True), team_id=self.team.id)
            for start in starts:
                by_level = [
                    self._deadlines(engine, {**facts, "fault_level": level}, start)
                    for level in LEVELS
                ]
                for urgent, less in zip(by_level, by_level[1:], strict=False):
                    for name, deadline in less.items():
                        self.assertLessEqual(
                            urgent[name], deadline, (facts, start, name)
                        )

    def test_friday_evening(self):
        """Level 2 has its four hours, level 1 has them too."""
        engine = self._engine()
        facts = {"place": "remote", "team_id": self.team.id}
        answers = [
            self._deadlines(engine, {**facts, "fault_level": level}, FRIDAY_EVENING)
            for level in LEVELS
        ]
        hours = timedelta(hours=4)
        self.assertEqual(answers[0]["answer"], FRIDAY_EVENING + hours)
        self.assertEqual(answers[1]["answer"], FRIDAY_EVENING + hours)
        self.assertGreater(answers[2]["answer"], FRIDAY_EVENING + hours)

    def test_hard_and_urgent_within_four_hours_whatever_the_place(self):
        engine = self._engine()
        for level, place in product(("1", "2"), ("onsite", "workshop", "remote")):
            facts = {"place": place, "fault_level": level, "team_id": self.team.id}
            found = self._deadlines(engine, facts, FRIDAY_EVENING)
            self.assertLessEqual(
                found["answer"] - FRIDAY_EVENING, timedelta(hours=4), (level, place)
            )

    def test_shown_in_what_would_apply(self):
        self.policies.search([]).active = False
        self._policy("Slow", fault_level="1", answer_value=8)
        self._policy("Quick", fault_level="2", answer_value=2)
        test = self.env["aftersales.sla.test"].create({"fault_level": "1"})
        self.assertIn("Slow", test.result)
        self.assertIn("The earlier one counts", test.result)
        self.policies.search([("name", "=", "Slow")]).answer_value = 2
        test = self.env["aftersales.sla.test"].create({"fault_level": "1"})
        self.assertNotIn("The earlier one counts", test.result)

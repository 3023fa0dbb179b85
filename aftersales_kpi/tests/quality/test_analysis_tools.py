"""Pareto, alarm and weighted mark, without a database."""

import random

from odoo.tests import BaseCase

from ...tools.alarm import Limits, Seen, assess, poisson_tail
from ...tools.mark import shrink, weighted_mean
from ...tools.pareto import pareto, rate


class TestPareto(BaseCase):
    def test_trips_of_the_example_year(self):
        """Example D: 607 trips and their shares."""
        counts = dict(zip("abcdef", (111, 85, 42, 10, 198, 161), strict=True))
        bars = {bar.key: bar.share for bar in pareto(counts)}
        self.assertEqual(sum(counts.values()), 607)
        self.assertEqual(
            [bars[key] for key in "abcdef"], [18.29, 14.0, 6.92, 1.65, 32.62, 26.52]
        )

    def test_classes_of_the_worked_example(self):
        """Example 25: A = 3, B = 2, C = 5."""
        counts = dict(enumerate([400, 250, 120, 80, 60, 40, 25, 15, 7, 3]))
        marks = "".join(bar.mark for bar in pareto(counts))
        self.assertEqual(marks, "AAABBCCCCC")
        self.assertEqual(pareto(counts)[2].cumulated, 77.0)

    def test_exactly_on_the_limit_is_the_next_class(self):
        bars = pareto({"x": 70, "y": 20, "z": 10})
        self.assertEqual([bar.mark for bar in bars], ["A", "B", "C"])

    def test_nothing_counted(self):
        self.assertEqual(pareto({"x": 0}), [])
        self.assertEqual(pareto({}), [])

    def test_random_counts_against_a_few_lines(self):
        chance = random.Random(8)
        for _number in range(200):
            counts = {n: chance.randrange(60) for n in range(chance.randrange(1, 25))}
            bars = pareto(counts)
            order = sorted((c for c in counts.values() if c), reverse=True)
            self.assertEqual([bar.count for bar in bars], order)
            if bars:
                self.assertEqual(bars[-1].cumulated, 100.0)
                self.assertAlmostEqual(sum(bar.share for bar in bars), 100, delta=0.2)
                self.assertEqual(bars[0].mark, "A")

    def test_no_machine_at_risk_has_no_rate(self):
        self.assertIsNone(rate(0, 0))
        self.assertIsNone(rate(3, 0.0))
        self.assertEqual(rate(3, 60), 5.0)


class TestAlarmTools(BaseCase):
    LIMITS = Limits()

    def test_poisson(self):
        self.assertEqual(poisson_tail(0, 3), 1.0)
        self.assertAlmostEqual(poisson_tail(1, 1), 0.63212, 5)
        self.assertAlmostEqual(poisson_tail(5, 1.5), 0.01858, 5)
        self.assertEqual(poisson_tail(2, 0), 0.0)
        self.assertAlmostEqual(poisson_tail(500, 400), 0.0, 5)

    def assess(self, *seen, wider=None):
        return assess(Seen(*seen), wider or Seen(0, 0, 0, 0, 0), self.LIMITS)

    def test_a_clear_rise(self):
        verdict = self.assess(8, 40.0, 20, 12, 240.0)
        self.assertEqual((verdict.rate, verdict.usual_rate), (20.0, 5.0))
        self.assertEqual(verdict.expected, 2.0)
        self.assertTrue(verdict.is_rise)
        self.assertFalse(verdict.is_over)

    def test_two_instead_of_one_is_chance(self):
        """Double the rate, but three faults prove nothing."""
        self.assertFalse(self.assess(3, 40.0, 20, 9, 240.0).is_rise)
        self.assertFalse(self.assess(4, 40.0, 20, 12, 240.0).is_rise)

    def test_few_machines_prove_nothing(self):
        self.assertFalse(self.assess(8, 6.0, 3, 3, 36.0).is_rise)

    def test_without_history_the_wider_group_counts(self):
        wider = Seen(20, 400.0, 200, 100, 2400.0)
        verdict = self.assess(6, 10.0, 10, 0, 0.0, wider=wider)
        self.assertAlmostEqual(verdict.usual_rate, 100 * 100 / 2400)
        self.assertTrue(verdict.is_rise)
        self.assertIsNone(self.assess(6, 10.0, 10, 0, 0.0))
        self.assertIsNone(self.assess(0, 0.0, 0, 9, 400.0))

    def test_new_records_are_no_rise(self):
        """No fault at all before: the department has just begun to write them down."""
        wider = Seen(30, 400.0, 200, 0, 2400.0)
        self.assertIsNone(self.assess(9, 40.0, 20, 0, 240.0, wider=wider))
        wider = Seen(30, 400.0, 200, 1, 2400.0)
        self.assertTrue(self.assess(9, 40.0, 20, 0, 240.0, wider=wider).is_rise)

    def test_down_again(self):
        self.assertTrue(self.assess(2, 40.0, 20, 12, 240.0).is_over)
        self.assertFalse(self.assess(4, 40.0, 20, 12, 240.0).is_over, "swings only")


class TestMark(BaseCase):
    def test_worked_example(self):
        """Example 25: 6 875 / 75 = 91.67; four answers of 100 make 90."""
        weights = dict(zip("abcde", (30, 25, 25, 10, 10), strict=True))
        values = dict(zip("abcde", (90, 95, None, 100, 80), strict=True))
        self.assertAlmostEqual(weighted_mean(values, weights), 91.67, 2)
        self.assertEqual(shrink(100.0, 4, 86.0), 90.0)

    def test_nothing_to_weigh(self):
        self.assertIsNone(weighted_mean({"a": None}, {"a": 3}))
        self.assertIsNone(weighted_mean({"a": 5}, {"a": 0}))
        self.assertIsNone(shrink(None, 0, 86.0))
        self.assertEqual(weighted_mean({"a": 120.0}, {"a": 1}), 100.0, "capped")

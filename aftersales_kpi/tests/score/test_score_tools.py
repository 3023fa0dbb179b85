"""Example C, without a database, and a recomputation of random months."""

import random
from decimal import Decimal

from odoo.tests import BaseCase

from ...tools.score import (
    Fact,
    Rule,
    difference,
    effective_fine,
    round_money,
    score,
    split,
)

D = Decimal
VS, S, F, BAD = "very_satisfied", "satisfied", "fair", "dissatisfied"
RULES = [
    Rule(1, "praise", "month", D(5)),
    Rule(2, "opinion_share", "month", D(5), opinion=VS, share=D(100)),
    Rule(3, "opinion_share", "month", D(10), opinion=VS, share=D(80), without=BAD),
    Rule(4, "opinion", "event", D(-5), opinion=BAD),
    Rule(5, "bonus", rate=D("0.1")),
]
TABLE = [
    # very satisfied, satisfied, fair, dissatisfied, praises, points
    (0, 0, 0, 0, 0, 0),
    (10, 0, 0, 0, 0, 15),
    (10, 0, 0, 0, 3, 20),
    (8, 2, 0, 0, 0, 10),
    (7, 3, 0, 0, 1, 5),
    (9, 0, 0, 1, 0, -5),
    (8, 0, 0, 2, 1, -5),
    (3, 0, 0, 0, 0, 15),
]


def opinions(*counts, technician=1):
    given = [
        opinion
        for opinion, count in zip((VS, S, F, BAD), counts, strict=True)
        for _number in range(count)
    ]
    return [
        Fact("opinion", technician, "order", number, opinion)
        for number, opinion in enumerate(given)
    ]


def praises(count, technician=1):
    return [Fact("praise", technician, "card", number) for number in range(count)]


def bonus(number, amount, lost=False, hours=((1, 1),)):
    return [
        Fact("bonus", who, "order", number, amount=D(amount), hours=hours, lost=lost)
        for who, _hours in hours
    ]


def points(facts, rules=None):
    rules = RULES if rules is None else rules
    return sum(line.points for line in score(rules, facts))


def money(facts, technician=1):
    lines = score(RULES, facts)
    return sum((x.money for x in lines if x.technician == technician), D(0))


class TestScoreTools(BaseCase):
    def test_table_of_the_example(self):
        for *counts, praised, expected in TABLE:
            with self.subTest(counts=counts, praised=praised):
                self.assertEqual(points(opinions(*counts) + praises(praised)), expected)

    def test_bonus_of_three_orders(self):
        facts = bonus(1, 12000) + bonus(2, 8500) + bonus(3, 999)
        self.assertEqual(money(facts), D("21.50"))

    def test_bonus_without_the_bad_order(self):
        facts = bonus(1, 12000) + bonus(2, 8500, lost=True) + bonus(3, 999)
        self.assertEqual(money(facts), D("13.00"))
        lost = [line for line in score(RULES, facts) if line.forgone]
        self.assertEqual([line.forgone for line in lost], [D("8.50")])

    def test_two_people_share_by_hours(self):
        facts = bonus(2, 8500, hours=((1, 6), (2, 2)))
        self.assertEqual((money(facts), money(facts, 2)), (D("6.38"), D("2.12")))

    def test_closed_march_and_a_bad_answer_in_april(self):
        march = score(RULES, bonus(2, 8500))
        recorded = {(x.technician, x.key): (x.points, x.money) for x in march}
        again = score(RULES, bonus(2, 8500, lost=True))
        adjustment = difference(again, recorded)
        self.assertEqual(adjustment, {(1, "5/order/2"): (D(0), D("-8.50"))})
        april = points(opinions(0, 0, 0, 1)), sum(m for _p, m in adjustment.values())
        self.assertEqual(april, (D(-5), D("-8.50")))
        self.assertEqual(money(bonus(2, 8500)), D("8.50"), "March as it was")

    def test_adjusted_once_only(self):
        recorded = {(1, "5/order/2"): (D(0), D("8.50") - D("8.50"))}
        self.assertFalse(difference(score(RULES, bonus(2, 8500, True)), recorded))
        self.assertEqual(
            difference(score(RULES, bonus(2, 8500)), recorded),
            {(1, "5/order/2"): (D(0), D("8.50"))},
        )

    def test_a_fact_that_is_gone_is_taken_back(self):
        recorded = {(1, "5/order/2"): (D(0), D("8.50"))}
        self.assertEqual(
            difference([], recorded), {(1, "5/order/2"): (D(0), D("-8.50"))}
        )

    def test_repeat_complaint_doubles_and_the_third_too(self):
        rule = Rule(9, "complaint", points=D(-5), money=D(-10), double_repeat=True)
        facts = [
            Fact("complaint", 1, "complaint", number, repeat=number > 1)
            for number in (1, 2, 3)
        ]
        lines = score([rule], facts)
        self.assertEqual([line.points for line in lines], [-5, -10, -10])
        self.assertEqual([line.money for line in lines], [-10, -20, -20])

    def test_cap_of_a_month(self):
        rule = Rule(9, "late", points=D(-2), money=D(-30), cap_money=D(50))
        facts = [Fact("late", 1, "order", number) for number in (1, 2, 3)]
        lines = score([rule], facts)
        self.assertEqual([line.money for line in lines], [-30, -20, 0])
        self.assertEqual([line.points for line in lines], [-2, -2, -2])

    def test_fines_are_less_bonus_by_default(self):
        self.assertEqual(effective_fine(D(50), D(20), "bonus", D(0)), 20)
        self.assertEqual(effective_fine(D(50), D(-8), "bonus", D(0)), 0)
        self.assertEqual(effective_fine(D(50), D(20), "full", D(30)), 30)
        self.assertEqual(effective_fine(D(50), D(90), "off", D(0)), 0)

    def test_rounding_is_half_up(self):
        self.assertEqual(round_money(D("0.999")), D("1.00"))
        self.assertEqual(round_money(D("0.125")), D("0.13"))
        self.assertEqual(round_money(D("-0.125")), D("-0.13"))
        self.assertEqual(round_money(D("2.5"), 0), D(3))

    def test_parts_add_up_in_every_currency(self):
        chance = random.Random(6)
        for _number in range(500):
            digits = chance.choice((0, 2, 3))
            amount = D(chance.randrange(-10000, 10**6)).scaleb(-digits)
            people = [(n, chance.choice((0, 0.25, 1, 7.5))) for n in range(1, 6)]
            people = people[: chance.randrange(1, 6)]
            parts = split(amount, people, digits)
            self.assertEqual(sum(parts.values()), amount)
            self.assertEqual(parts.keys(), {key for key, _weight in people})

    def test_random_months_against_a_few_lines(self):
        chance = random.Random(25)
        for _number in range(300):
            counts = [chance.randrange(12) for _opinion in range(4)]
            praised = chance.randrange(3)
            vs, total, bad = counts[0], sum(counts), counts[3]
            expected = 5 * bool(praised) - 5 * bad
            expected += 5 * (0 < total == vs)
            expected += 10 * (total > 0 == bad and vs / total >= 0.8)
            with self.subTest(counts=counts, praised=praised):
                self.assertEqual(points(opinions(*counts) + praises(praised)), expected)

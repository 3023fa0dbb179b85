from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ...tools import entitlement as tools
from ...tools.entitlement import Facts, Rule, Visit
from ...tools.period import Length

SEVEN = Rule(1, "refund", limit="window", length=Length(7, "day"), freight="customer")
FAULT = Rule(2, "refund", "quality_fault", limit="window", length=Length(3, "month"))
SOLD = {"invoice": date(2026, 3, 1), "delivery": date(2026, 2, 27)}


@tagged("post_install", "-at_install")
class TestEntitlementTools(BaseCase):
    def _one(self, rule, **facts):
        facts.setdefault("day", date(2026, 3, 5))
        facts.setdefault("events", SOLD)
        return tools.evaluate([rule], Facts(**facts))[0]

    def test_seven_days_first_day_not_counted(self):
        self.assertEqual(self._one(SEVEN).last_day, date(2026, 3, 8))
        self.assertEqual(self._one(SEVEN, day=date(2026, 3, 8)).state, "open")
        self.assertEqual(self._one(SEVEN, day=date(2026, 3, 9)).state, "ended")

    def test_fifteen_days(self):
        rule = replace(SEVEN, length=Length(15, "day"))
        self.assertEqual(self._one(rule).last_day, date(2026, 3, 16))

    def test_the_latest_event_starts_the_window(self):
        events = {**SOLD, "installation": date(2026, 3, 18)}
        found = self._one(SEVEN, events=events)
        self.assertEqual(found.last_day, date(2026, 3, 25))

    def test_a_named_event_starts_the_window(self):
        rule = replace(SEVEN, start_event="delivery")
        self.assertEqual(self._one(rule).last_day, date(2026, 3, 6))

    def test_without_any_event_the_start_is_unknown(self):
        found = self._one(SEVEN, events={})
        self.assertEqual((found.state, found.missing), ("unknown", "start"))

    def test_three_months_need_a_confirmed_fault(self):
        found = self._one(FAULT)
        self.assertEqual((found.state, found.missing), ("confirm", "quality_fault"))
        self.assertEqual(found.last_day, date(2026, 6, 1))
        self.assertEqual(self._one(FAULT, finding="quality_fault").state, "open")
        self.assertEqual(self._one(FAULT, finding="unusable").state, "open")
        self.assertEqual(self._one(FAULT, finding="wrong_spec").state, "not_met")

    def test_misuse_leaves_only_what_needs_no_reason(self):
        self.assertEqual(self._one(SEVEN, misuse=True).state, "open")
        found = self._one(FAULT, misuse=True, finding="quality_fault")
        self.assertEqual((found.state, found.missing), ("not_met", "misuse"))

    def test_two_failed_repairs_are_enough(self):
        rule = Rule(3, "exchange", "failed_repairs", 2, limit="warranty")
        end = date(2027, 3, 1)
        for number, state in ((1, "not_met"), (2, "open")):
            found = self._one(rule, counts={"failed_repairs": number}, warranty_end=end)
            self.assertEqual(found.state, state)
        self.assertEqual(self._one(rule).state, "unknown")

    def test_more_than_thirty_repair_days(self):
        rule = Rule(4, "exchange", "repair_days", 30)
        for number, state in ((30, "not_met"), (31, "open")):
            found = self._one(rule, counts={"repair_days": number})
            self.assertEqual(found.state, state)

    def test_counter_ends_the_window(self):
        rule = replace(SEVEN, length=Length(60, "day"), counter_limit=3000)
        self.assertEqual(self._one(rule, counter=3000).state, "open")
        self.assertEqual(self._one(rule, counter=3001).state, "ended")

    def test_only_severe_faults(self):
        rule = Rule(5, "exchange", "failed_repairs", 2, only_severe=True)
        counts = {"failed_repairs": 2}
        self.assertEqual(self._one(rule, counts=counts).missing, "severe")
        self.assertEqual(self._one(rule, counts=counts, severe=True).state, "open")

    def test_use_fee_of_the_car(self):
        rule = Rule(6, "refund", fee="use", fee_rate=0.5)
        found = self._one(rule, price=Decimal(180000), counter=12345)
        self.assertEqual(found.fee, Decimal("11110.50"))
        self.assertEqual(found.amount, Decimal("168889.50"))
        self.assertIsNone(self._one(rule, price=Decimal(180000)).amount)

    def test_depreciation_of_the_television(self):
        rule = Rule(7, "refund", fee="day", fee_rate=0.1, start_event="invoice")
        found = self._one(
            rule,
            day=date(2026, 7, 9),
            events={"invoice": date(2026, 1, 10)},
            price=Decimal(3999),
            repair_days=12,
        )
        self.assertEqual(found.fee, Decimal("671.83"))
        self.assertEqual(found.amount, Decimal("3327.17"))

    def test_pro_rata(self):
        rule = Rule(8, "refund", fee="pro_rata", fee_months=36)
        events = {"invoice": date(2024, 1, 15)}
        for used, free, credit in (
            (20, 0, "400.00"),
            (20, 12, "600.00"),
            (8, 12, "900.00"),
            (37, 0, "0.00"),
        ):
            found = self._one(
                replace(rule, fee_free_months=free),
                events=events,
                day=date(2024 + used // 12, 1 + used % 12, 20),
                price=Decimal(900),
            )
            self.assertEqual(found.amount, Decimal(credit), (used, free))

    def test_a_repair_failed_when_the_fault_came_back(self):
        day = datetime(2026, 5, 1, 8)

        def visit(number, fault="S", done=True):
            start = day + timedelta(days=10 * number)
            return Visit(fault, start, start + timedelta(days=1) if done else None)

        self.assertEqual(tools.failed_repairs([]), 0)
        self.assertEqual(tools.failed_repairs([visit(0)]), 0)
        self.assertEqual(tools.failed_repairs([visit(0), visit(1, done=False)]), 1)
        history = [visit(0), visit(1), visit(2, done=False)]
        self.assertEqual(tools.failed_repairs(history), 2)
        self.assertEqual(tools.same_fault(history), 2)
        other = [visit(0), visit(1, fault="T"), visit(2, fault="T", done=False)]
        self.assertEqual(tools.failed_repairs(other), 1)

    def test_the_same_part_replaced_twice_in_one_repair_counts_once(self):
        day = datetime(2026, 5, 1, 8)
        first = Visit("S", day, day, ("board", "board", "fan"))
        self.assertEqual(tools.part_replaced([first]), 1)
        self.assertEqual(tools.part_replaced([first, first]), 2)
        self.assertEqual(tools.part_replaced([replace(first, done=None)]), 0)

    def test_loaner_is_due_on_the_sixth_day(self):
        start = datetime(2026, 5, 1, 9)
        due = tools.loaner_due(start, 5)
        self.assertEqual(due, datetime(2026, 5, 6, 9))
        rule = Rule(9, "loaner", "repair_running", 5)
        for now, state in ((due - timedelta(seconds=1), "not_met"), (due, "open")):
            days = tools.running_days(start, now)
            found = self._one(rule, counts={"repair_running": days})
            self.assertEqual(found.state, state)

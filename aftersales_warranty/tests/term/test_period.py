"""Examples 1 to 14 of docs/rules.md: arithmetic without a database."""

from datetime import date, datetime
from decimal import Decimal

from odoo.tests.common import BaseCase

from ...tools.amount import depreciation, pro_rata, use_fee
from ...tools.period import (
    MINUS_ONE,
    Length,
    Plan,
    Repair,
    StartRule,
    add_months,
    end_of,
    exchange_period,
    find_start,
    is_within,
    local_date,
    merge,
    part_end,
    repair_days,
    roll_holidays,
    run_chain,
    suspended_days,
    window_end,
)
from ...tools.usage import Reading, first_reached, forecast, passed_on


def day(text):
    return date.fromisoformat(text)


def at(text):
    return datetime.fromisoformat(f"2026-{text}")


def months(value):
    return Length(value, "month")


class TestPeriod(BaseCase):
    def test_example_1_month_end(self):
        start = day("2026-01-31")
        self.assertEqual(end_of(start, months(1)), day("2026-02-28"))
        self.assertEqual(add_months(start, 2), day("2026-03-31"))
        self.assertEqual(end_of(start, months(1), MINUS_ONE), day("2026-02-27"))

    def test_example_2_leap_and_short_months(self):
        leap = day("2024-02-29")
        self.assertEqual(end_of(leap, months(12)), day("2025-02-28"))
        self.assertEqual(end_of(leap, Length(4, "year")), day("2028-02-29"))
        self.assertEqual(end_of(day("2025-11-30"), months(3)), day("2026-02-28"))

    def test_example_3_inclusive_day_and_windows(self):
        self.assertEqual(end_of(day("1995-12-01"), months(12)), day("1996-12-01"))
        self.assertEqual(window_end(day("2026-03-01"), 7), day("2026-03-08"))
        self.assertEqual(window_end(day("2026-03-01"), 15), day("2026-03-16"))

    def test_example_4_start_event_with_cap(self):
        rule = StartRule(events=("installation",), cap=Length(90, "day"))
        delivered = {"delivery": day("2026-03-10")}

        installed = {**delivered, "installation": day("2026-03-18")}
        start = find_start(rule, installed)
        self.assertEqual((start.day, start.event), (day("2026-03-18"), "installation"))
        self.assertEqual(end_of(start.day, months(12)), day("2027-03-18"))

        never = find_start(rule, delivered)
        self.assertEqual(never.day, day("2026-06-08"))
        self.assertTrue(never.capped)
        self.assertEqual(never.waits_for, ("installation",))
        self.assertEqual(end_of(never.day, months(12)), day("2027-06-08"))

        late = {**delivered, "installation": day("2026-07-01")}
        self.assertEqual(find_start(rule, late).day, day("2026-06-08"))
        consumer = StartRule(
            events=("installation",),
            cap=Length(90, "day"),
            statutory_install_start=True,
        )
        start = find_start(consumer, late)
        self.assertEqual(end_of(start.day, months(12)), day("2027-07-01"))

    def test_start_modes(self):
        happened = {"invoice": day("2026-03-01"), "delivery": day("2026-03-09")}
        events = ("installation", "delivery", "invoice")
        first = find_start(StartRule(events), happened)
        self.assertEqual(
            (first.event, first.waits_for), ("delivery", ("installation",))
        )
        latest = find_start(StartRule(("invoice", "delivery"), "latest"), happened)
        self.assertEqual((latest.event, latest.waits_for), ("delivery", ()))
        nothing = find_start(StartRule(("acceptance",)), happened)
        self.assertEqual((nothing.day, nothing.waits_for), (None, ("acceptance",)))

    def test_example_5_repair_days(self):
        repairs = [
            Repair(at("05-01T09:00"), at("05-06T15:00")),
            Repair(at("09-10T10:00"), at("09-12T10:00")),
        ]
        self.assertEqual(repair_days(repairs), 8)
        plan = Plan(day("2026-01-15"), months(12), extension="repair_days")
        done = run_chain(plan, repairs)
        self.assertEqual(done.base_end, day("2027-01-15"))
        self.assertEqual((done.end, done.extended_days), (day("2027-01-23"), 8))

    def test_example_6_overlapping_repairs_count_once(self):
        repairs = [
            Repair(at("06-01T00:00"), at("06-10T00:00")),
            Repair(at("06-05T00:00"), at("06-12T00:00")),
        ]
        plan = Plan(day("2025-12-01"), months(12), extension="repair_days")
        done = run_chain(plan, repairs)
        self.assertEqual((done.end, done.extended_days), (day("2026-12-12"), 11))

    def test_example_7_an_extension_brings_the_next_fault_in(self):
        first = Repair(at("06-29T09:00"), at("07-04T09:00"))
        second = Repair(at("07-05T10:00"), at("07-07T10:00"))
        third = Repair(at("07-08T09:00"), at("07-09T09:00"))
        plan = Plan(day("2025-06-30"), months(12), extension="repair_days")
        self.assertEqual(run_chain(plan, [first]).end, day("2026-07-05"))
        done = run_chain(plan, [third, second, first])
        self.assertEqual(done.end, day("2026-07-07"))
        self.assertEqual(done.counted, (first, second))
        self.assertFalse(is_within(plan.start, done.end, third.start))

    def test_reported_during_an_unfinished_repair_is_covered(self):
        going_on = Repair(at("06-29T09:00"), None)
        plan = Plan(day("2025-06-30"), months(12), extension="repair_days")
        later = Repair(at("07-20T09:00"), at("07-21T08:00"))
        done = run_chain(plan, [going_on, later])
        self.assertEqual(done.counted, (going_on, later))
        self.assertEqual(done.extended_days, 1)

    def test_paid_repairs_and_customers_pauses_add_nothing(self):
        plan = Plan(day("2026-01-15"), months(12), extension="repair_days")
        paid = Repair(at("05-01T09:00"), at("05-06T15:00"), covered=False)
        self.assertEqual(run_chain(plan, [paid]).extended_days, 0)
        paused = Repair(
            at("05-01T09:00"),
            at("05-06T15:00"),
            pauses=((at("05-02T09:00"), at("05-05T09:00")),),
        )
        self.assertEqual(repair_days([paused]), 3)  # 126 h − 72 h = 54 h
        whole = Repair(
            at("05-01T09:00"),
            at("05-02T09:00"),
            pauses=((at("04-30T09:00"), at("05-03T09:00")),),
        )
        self.assertEqual(repair_days([whole]), 0)

    def test_touching_intervals_are_one(self):
        parts = [
            Repair(at("05-01T09:00"), at("05-01T21:00")),
            Repair(at("05-01T21:00"), at("05-02T09:00")),
        ]
        self.assertEqual(len(merge((p.start, p.end) for p in parts)), 1)
        self.assertEqual(repair_days(parts), 1)

    def test_suspended_time_is_rounded_once(self):
        short = [
            Repair(at("05-01T09:00"), at("05-01T15:00")),
            Repair(at("06-01T09:00"), at("06-01T15:00")),
        ]
        self.assertEqual(repair_days(short), 2)
        self.assertEqual(suspended_days(short), 1)
        plan = Plan(day("2026-01-15"), months(12), extension="suspend")
        self.assertEqual(run_chain(plan, short).end, day("2027-01-16"))

    def test_example_8_part_greater_of_both(self):
        unit, own = day("2026-08-31"), Length(90, "day")
        self.assertEqual(
            part_end("greater", day("2026-07-20"), unit, own), day("2026-10-18")
        )
        self.assertEqual(part_end("greater", day("2026-03-01"), unit, own), unit)
        self.assertEqual(
            part_end("days", day("2026-03-01"), unit, own), day("2026-05-30")
        )
        self.assertEqual(part_end("rest", day("2026-07-20"), unit, own), unit)
        self.assertEqual(
            part_end("restart", day("2026-07-20"), unit, own, months(12)),
            day("2027-07-20"),
        )

    def test_example_9_usage(self):
        start = day("2026-02-10")
        end = end_of(start, months(24))
        self.assertEqual(end, day("2028-02-10"))
        reading = Reading(day("2027-06-01"), 51200)
        self.assertEqual(passed_on([reading], 50000), day("2027-06-01"))
        self.assertEqual(first_reached(end, day("2027-06-01")), day("2027-05-31"))
        self.assertIsNone(passed_on([Reading(day("2027-06-01"), 50000)], 50000))
        half = Reading(day("2026-11-07"), 30000)
        self.assertIsNone(passed_on([half], 50000))
        self.assertEqual(forecast(start, half, 50000), day("2027-05-06"))
        self.assertIsNone(forecast(start, Reading(start, 0), 50000))

    def test_example_10_use_fee_and_depreciation(self):
        self.assertEqual(use_fee(180000, 12345, "0.5"), Decimal("11110.50"))
        days = (day("2026-07-09") - day("2026-01-10")).days
        self.assertEqual(days, 180)
        fee = depreciation(3999, "0.1", days, repair_days=12)
        self.assertEqual(fee, Decimal("671.83"))
        self.assertEqual(3999 - fee, Decimal("3327.17"))
        self.assertEqual(depreciation(100, 1, 500), Decimal("100.00"))

    def test_example_11_pro_rata(self):
        self.assertEqual(pro_rata(900, 36, 20), Decimal("400.00"))
        self.assertEqual(pro_rata(900, 36, 20, free=12), Decimal("600.00"))
        self.assertEqual(pro_rata(900, 36, 8, free=12), Decimal("900.00"))
        self.assertEqual(pro_rata(900, 36, 37), Decimal("0.00"))
        self.assertEqual(pro_rata(900, 12, 13, free=12), Decimal("0.00"))

    def test_example_12_holiday_roll(self):
        golden_week = frozenset(date(2026, 10, number) for number in range(1, 8))
        plan = Plan(day("2025-10-03"), months(12))
        self.assertEqual(run_chain(plan).end, day("2026-10-03"))
        rolling = Plan(day("2025-10-03"), months(12), holidays=golden_week)
        self.assertEqual(run_chain(rolling).end, day("2026-10-08"))
        self.assertEqual(
            roll_holidays(day("2026-10-10"), golden_week), day("2026-10-10")
        )

    def test_holiday_roll_comes_after_the_repair_days(self):
        golden_week = frozenset(date(2026, 10, number) for number in range(1, 8))
        plan = Plan(
            day("2025-09-30"),
            months(12),
            extension="repair_days",
            holidays=golden_week,
        )
        done = run_chain(plan, [Repair(at("05-01T00:00"), at("05-02T00:00"))])
        self.assertEqual((done.end, done.extended_days), (day("2026-10-08"), 1))

    def test_example_13_time_zone(self):
        reported = datetime(2026, 2, 28, 16, 30)
        self.assertEqual(local_date(reported, "Asia/Shanghai"), day("2026-03-01"))
        start, end = day("2025-02-28"), day("2026-02-28")
        self.assertFalse(is_within(start, end, reported, "Asia/Shanghai"))
        self.assertTrue(is_within(start, end, reported, "Europe/Berlin"))

    def test_example_14_eu_and_france(self):
        start = day("2026-09-15")
        repairs = [
            Repair(at("10-01T09:00"), at("10-03T09:00")),
            Repair(at("11-01T09:00"), at("11-03T09:00")),
        ]

        def plan(extra):
            return Plan(
                start,
                Length(2, "year"),
                extension="fixed_months",
                extension_months=extra,
            )

        self.assertEqual(run_chain(plan(12)).end, day("2028-09-15"))
        self.assertEqual(run_chain(plan(12), repairs[:1]).end, day("2029-09-15"))
        self.assertEqual(run_chain(plan(12), repairs).end, day("2029-09-15"))
        self.assertEqual(run_chain(plan(6), repairs).end, day("2029-03-15"))
        exchanged = exchange_period(plan(12), day("2027-05-10"), True, repairs)
        self.assertEqual(exchanged.end, day("2029-05-10"))
        kept = exchange_period(plan(12), day("2027-05-10"), False, repairs)
        self.assertEqual(kept.end, day("2029-09-15"))

    def test_an_extension_starts_the_day_after_and_is_no_day_longer(self):
        base = run_chain(Plan(day("2026-01-15"), months(12)))
        after = Plan(day("2027-01-16"), months(12), counted_from=base.end)
        self.assertEqual(run_chain(after).end, day("2028-01-15"))

from datetime import UTC, date, datetime, timedelta, timezone

from odoo.tests import BaseCase, tagged

from ...tools.ladder import (
    Agreement,
    Complaint,
    Rule,
    due_steps,
    is_late,
    issue_steps,
    month_after,
    month_before,
)

RULES = [
    Rule("D", "deduction", "unsettled", hours=48, sequence=10),
    Rule("W", "warning", "same_issue", 2, sequence=20),
    Rule("U", "ultimatum", "same_issue", 3, sequence=30),
    Rule("X", "withdrawal", "same_issue", 2, after="ultimatum", sequence=40),
    Rule("F", "fund", "total", 25, sequence=50),
    Rule("A", "award", "no_complaint", sequence=70),
]
SHANGHAI = timezone(timedelta(hours=8))


def local(instant):
    return instant.replace(tzinfo=UTC).astimezone(SHANGHAI).date()


def at(text):
    """An instant in UTC from Shanghai's clock."""
    moment = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    return moment.astimezone(UTC).replace(tzinfo=None)


def complaint(key, text, issue="late", settled=None, **values):
    received = at(text if " " in text else f"{text} 10:00")
    settled = at(settled) if settled else received
    return Complaint(key, issue, received, local(received), settled, **values)


def complaints(*days, issue="late", first=1, **values):
    return [
        complaint(first + number, day, issue, **values)
        for number, day in enumerate(days)
    ]


@tagged("post_install", "-at_install")
class TestLadder(BaseCase):
    """Examples B.1 … B.9, without a database."""

    def _due(self, cases, until="2026-12-31", agreements=(), **values):
        now = at(f"{until} 23:59")
        steps = due_steps(RULES, cases, agreements, now, local, **values)
        return [(s.rule, s.issue, str(s.period)[:7], str(s.reached)) for s in steps]

    MARCH = ("2026-03-03", "2026-03-10", "2026-03-17", "2026-03-20", "2026-03-25")

    def test_b1_warning_and_ultimatum_of_a_month(self):
        cases = complaints(*self.MARCH)
        self.assertEqual(self._due(cases[:2]), [])
        warning = ("W", "late", "2026-03", "2026-03-17")
        ultimatum = ("U", "late", "2026-03", "2026-03-20")
        self.assertEqual(self._due(cases[:3]), [warning])
        self.assertEqual(self._due(cases[:4]), [warning, ultimatum])
        self.assertEqual(self._due(cases), [warning, ultimatum])
        self.assertEqual(self._due(cases, until="2026-03-17"), [warning])

    def test_b2_no_improvement_in_the_month_after(self):
        march = complaints(*self.MARCH)
        april = complaints("2026-04-02", "2026-04-20", "2026-04-28", first=10)
        self.assertEqual(len(self._due(march + april[:2])), 2, "lapsed")
        self.assertEqual(
            self._due(march + april)[2:],
            [
                ("W", "late", "2026-04", "2026-04-28"),
                ("X", "late", "2026-04", "2026-04-28"),
            ],
        )
        other = complaints(
            "2026-04-02", "2026-04-20", "2026-04-28", issue="rude", first=10
        )
        self.assertEqual(
            self._due(march + other)[2:], [("W", "rude", "2026-04", "2026-04-28")]
        )

    def test_an_ultimatum_reaches_one_month_only(self):
        march = complaints(*self.MARCH)
        may = complaints("2026-05-02", "2026-05-03", "2026-05-04", first=20)
        self.assertEqual(
            self._due(march + may)[2:], [("W", "late", "2026-05", "2026-05-04")]
        )

    def test_nothing_comes_after_the_withdrawal(self):
        march = complaints(*self.MARCH)
        april = complaints(*[f"2026-04-{day:02}" for day in range(2, 12)], first=10)
        may = complaints(*[f"2026-05-{day:02}" for day in range(2, 12)], first=30)
        rules = [row[0] for row in self._due(march + april + may)]
        self.assertEqual(rules, ["W", "U", "W", "X"])

    def test_an_exempted_step_carries_nothing(self):
        march = complaints(*self.MARCH)
        april = complaints("2026-04-02", "2026-04-20", "2026-04-28", first=10)
        exempt = {("U", "late", date(2026, 3, 1), None)}
        rules = [row[0] for row in self._due(march + april, exempt=exempt)]
        self.assertEqual(rules, ["W", "U", "W"])
        exempt = {("X", "late", date(2026, 4, 1), None)}
        more = april + complaints("2026-04-29", first=20)
        rules = [row[0] for row in self._due(march + more, exempt=exempt)]
        self.assertEqual(rules, ["W", "U", "W", "X", "U"])

    def test_b3_months_are_those_of_the_company(self):
        cases = complaints("2026-03-30", "2026-03-31", "2026-03-31 23:30")
        late = complaints("2026-03-30", "2026-03-31", "2026-04-01 00:30")
        self.assertEqual(late[2].received.month, 3)
        self.assertEqual(len(self._due(cases)), 1)
        self.assertEqual(self._due(late), [])

    def test_b4_a_withdrawn_complaint_takes_its_step_back(self):
        cases = complaints(*self.MARCH[:3])
        cases += complaints(self.MARCH[3], first=4, state="withdrawn")
        self.assertEqual([row[0] for row in self._due(cases)], ["W"])

    def test_the_order_of_arrival_makes_no_difference(self):
        cases = complaints(*self.MARCH) + complaints(
            "2026-04-02", "2026-04-20", "2026-04-28", first=10
        )
        self.assertEqual(self._due(cases), self._due(cases[::-1]))

    def test_months_in_between_may_be_known_already(self):
        april = complaints("2026-04-02", "2026-04-20", "2026-04-28")
        held = {("ultimatum", date(2026, 3, 1))}
        steps = issue_steps(RULES, april, held)
        self.assertEqual([step.rule for step in steps], ["W", "X"])

    def test_b5_the_fund_is_demanded_once(self):
        days = [f"2026-{1 + n // 2:02}-{1 + n % 2 * 14:02}" for n in range(24)]
        cases = complaints(*days) + complaints(
            "2026-12-20", "2026-12-21", issue="other", first=30
        )
        agreement = [Agreement("S", date(2025, 12, 1))]
        self.assertEqual(self._due(cases[:25], agreements=agreement), [])
        fund = [("F", None, "2025-12", "2026-12-21")]
        self.assertEqual(self._due(cases, agreements=agreement), fund)
        many = complaints(*(["2026-12-22"] * 60), issue="new", first=60)
        steps = self._due(cases + many, agreements=agreement)
        self.assertEqual([row for row in steps if row[0] == "F"], fund)
        young = [Agreement("S", date(2026, 2, 1))]
        self.assertEqual(self._due(cases, agreements=young), [], "before it began")

    def test_b6_award_for_a_whole_year(self):
        whole = [Agreement("S", date(2025, 1, 1))]
        late = [Agreement("S", date(2025, 2, 1))]
        award = [("A", None, "2025-01", "2026-01-01")]
        self.assertEqual(self._due([], "2025-12-31", whole), [])
        self.assertEqual(self._due([], "2026-01-01", whole), award)
        self.assertEqual(self._due([], "2026-01-01", late), [])
        cut = [Agreement("S", date(2024, 1, 1), date(2025, 12, 30))]
        self.assertEqual(
            self._due([], "2026-01-01", cut), [("A", None, "2024-01", "2025-01-01")]
        )
        one = complaints("2025-12-31 23:59")
        self.assertEqual(self._due(one, "2026-01-01", whole), [])
        after = complaints("2026-01-01 00:01")
        self.assertEqual(self._due(after, "2026-01-01", whole), award)

    def test_b9_forty_eight_hours_to_the_second(self):
        def late(settled, now):
            case = Complaint(
                1, "late", at("2026-03-02 10:00"), date(2026, 3, 2), settled
            )
            return is_late(case, 48, now)

        limit = at("2026-03-04 10:00")
        second = timedelta(seconds=1)
        self.assertFalse(late(None, limit - second))
        self.assertTrue(late(None, limit), "still open at 48:00:00")
        self.assertFalse(late(limit - timedelta(minutes=1), limit + second))
        self.assertFalse(late(limit, limit + second), "settled at 48:00:00")
        self.assertTrue(late(limit + second, limit + second))

    def test_a_deduction_needs_an_agreement_in_force(self):
        case = [Complaint(1, "late", at("2026-03-02 10:00"), date(2026, 3, 2))]
        running = [Agreement("S", date(2026, 3, 4))]
        self.assertEqual(
            self._due(case, agreements=running),
            [("D", "late", "2026-03", "2026-03-04")],
        )
        young = [Agreement("S", date(2026, 3, 5))]
        self.assertEqual(self._due(case, agreements=young), [])
        self.assertEqual(self._due(case), [])

    def test_months_follow_each_other(self):
        self.assertEqual(month_before(date(2026, 1, 1)), date(2025, 12, 1))
        self.assertEqual(month_after(date(2026, 12, 1)), date(2027, 1, 1))
        self.assertEqual(month_after(date(2026, 2, 1)), date(2026, 3, 1))

"""The penalty ladder of one supplier: which steps are due (WA-23 … WA-28).

Plain functions on plain facts, no database. They say what is due on the facts as they
are now; whoever keeps the records compares and adds, revives or revokes. So the order
in which complaints arrive, are withdrawn or moved makes no difference.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

COUNTED = ("confirmed", "answered", "resolved")
# After this step nothing more comes on the same issue.
LAST = "withdrawal"


@dataclass(frozen=True)
class Rule:
    """``threshold`` is strictly exceeded; ``after`` names the action a step follows:
    it must have been reached on the same issue in the month before."""

    key: Any
    action: str
    trigger: str
    threshold: int = 0
    after: str | None = None
    hours: float = 48.0
    sequence: int = 10


@dataclass(frozen=True)
class Complaint:
    """``received`` and ``settled`` are instants, ``day`` is the company's own day."""

    key: Any
    issue: Any
    received: datetime
    day: date
    settled: datetime | None = None
    state: str = "confirmed"

    @property
    def counts(self):
        return self.state in COUNTED

    @property
    def order(self):
        return self.received, self.key


@dataclass(frozen=True)
class Agreement:
    """Days of an agreement, both included; no end: still in force."""

    key: Any
    start: date
    end: date | None = None

    def covers(self, day):
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True)
class Step:
    """A penalty that is due; ``period`` is the first day of what was counted."""

    rule: Any
    action: str
    period: date
    reached: date
    issue: Any = None
    complaint: Any = None
    agreement: Any = None
    evidence: tuple = ()

    @property
    def key(self):
        """One penalty for a complaint, or for what is counted of an issue or period."""
        if self.complaint is not None:
            return self.rule, None, None, self.complaint
        return self.rule, self.issue, self.period, None


def month_of(day):
    return day.replace(day=1)


def month_before(month):
    return month_of(month - timedelta(days=1))


def month_after(month):
    return month_of(month + timedelta(days=31))


# -- the same issue, month by month (WA-24) --------------------------------------------


def issue_steps(rules, complaints, held=(), exempt=()):
    """Steps of one issue, in the order they were reached.

    :param complaints: of one supplier and issue, whole months
    :param held: ``{(action, month)}`` that hold from before these months
    :param exempt: ``{(action, month)}`` that are due but were forgiven: nothing is
        built on them
    """
    rules = [rule for rule in rules if rule.trigger == "same_issue"]
    counted = sorted((c for c in complaints if c.counts), key=lambda c: c.order)
    holding, steps = set(held), []
    months = {}
    for case in counted:
        months.setdefault(month_of(case.day), []).append(case)
    for month, cases in months.items():
        reached = _reached(rules, month, cases, holding)
        steps_of_month, ended = _until_the_end(reached, month, exempt)
        steps += steps_of_month
        holding |= {(s.action, month) for s in steps_of_month} - set(exempt)
        if ended:
            break
    return steps


def _reached(rules, month, cases, holding):
    """``[(complaint that reached it, step)]`` of a month, in order."""
    reached = []
    for rule in rules:
        if len(cases) <= rule.threshold:
            continue
        if rule.after and (rule.after, month_before(month)) not in holding:
            continue
        last = cases[rule.threshold]
        step = Step(
            rule.key,
            rule.action,
            month,
            last.day,
            issue=last.issue,
            evidence=tuple(case.key for case in cases),
        )
        reached.append((last.order, rule.sequence, step))
    reached.sort(key=lambda row: row[:2])
    return [(order, step) for order, _sequence, step in reached]


def _until_the_end(reached, month, exempt):
    """Several steps due at once are all recorded; what comes after the last is not."""
    end = next(
        (
            order
            for order, step in reached
            if step.action == LAST and (LAST, month) not in exempt
        ),
        None,
    )
    steps = [step for order, step in reached if end is None or order <= end]
    return steps, end is not None


# -- a complaint not settled in time (WA-23) -------------------------------------------


def is_late(complaint, hours, now):
    """Settled exactly on the deadline is in time, open then is late."""
    limit = complaint.received + timedelta(hours=hours)
    if not complaint.counts or limit > now:
        return False
    return complaint.settled is None or complaint.settled > limit


def late_steps(rule, complaints, agreements, now, local):
    """A deduction for each, where an agreement was in force when it fell due.

    :param local: function that turns an instant into the company's own day
    """
    steps = []
    for complaint in sorted(complaints, key=lambda c: c.order):
        if not is_late(complaint, rule.hours, now):
            continue
        due = local(complaint.received + timedelta(hours=rule.hours))
        agreement = next((a for a in agreements if a.covers(due)), None)
        if agreement:
            steps.append(
                Step(
                    rule.key,
                    rule.action,
                    month_of(complaint.day),
                    due,
                    issue=complaint.issue,
                    complaint=complaint.key,
                    agreement=agreement.key,
                    evidence=(complaint.key,),
                )
            )
    return steps


# -- since the agreement began (WA-25), a whole year (WA-26) ---------------------------


def total_steps(rule, complaints, agreement):
    """Once, by the complaint that exceeds the threshold; the later ones add nothing.

    It is enough to give the first ``threshold + 1`` complaints of the agreement.
    """
    counted = sorted(
        (c for c in complaints if c.counts and agreement.covers(c.day)),
        key=lambda c: c.order,
    )[: rule.threshold + 1]
    if len(counted) <= rule.threshold:
        return []
    return [
        Step(
            rule.key,
            rule.action,
            agreement.start,
            counted[-1].day,
            agreement=agreement.key,
            evidence=tuple(c.key for c in counted),
        )
    ]


def award_steps(rule, year, complaints, agreements, today):
    """A full calendar year under one agreement without a complaint that counts."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    if today <= last or any(c.counts and c.day.year == year for c in complaints):
        return []
    for agreement in agreements:
        if agreement.covers(first) and agreement.covers(last):
            reached = last + timedelta(days=1)
            return [
                Step(rule.key, rule.action, first, reached, agreement=agreement.key)
            ]
    return []


# -- all of a supplier -----------------------------------------------------------------


def due_steps(rules, complaints, agreements, now, local, exempt=()):
    """Everything due from one supplier until now, from all its complaints.

    :param exempt: keys of steps (``Step.key``) that were forgiven
    """
    today = local(now)
    seen = [c for c in complaints if c.received <= now]
    steps = []
    issues = sorted({c.issue for c in seen}, key=str)
    for issue in issues:
        own = [c for c in seen if c.issue == issue]
        steps += _issue_with_exemptions(rules, own, exempt)
    for rule in rules:
        if rule.trigger == "unsettled":
            steps += late_steps(rule, seen, agreements, now, local)
        elif rule.trigger == "total":
            for agreement in agreements:
                steps += total_steps(rule, seen, agreement)
        elif rule.trigger == "no_complaint":
            for year in {a.start.year + n for a in agreements for n in range(100)}:
                if year < today.year:
                    steps += award_steps(rule, year, seen, agreements, today)
    return steps


def _issue_with_exemptions(rules, complaints, exempt):
    actions = {rule.key: rule.action for rule in rules}
    forgiven = {
        (actions[rule], period)
        for rule, issue, period, _complaint in exempt
        if rule in actions and issue == complaints[0].issue
    }
    return issue_steps(rules, complaints, exempt=forgiven)

"""What a customer may ask for (WA-10): rules and facts in, possibilities out.

Plain functions without the ORM; dates and money follow ``period`` and ``amount``.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from .amount import CENT, depreciation, money, pro_rata, use_fee
from .period import Length, end_of

OPEN, CONFIRM, NOT_MET, ENDED, UNKNOWN = (
    "open",
    "confirm",
    "not_met",
    "ended",
    "unknown",
)
WITH_MONEY = ("refund", "exchange")
# Which findings of our engineer meet a condition that needs one.
FINDINGS = {
    "quality_fault": {"quality_fault", "unusable", "heavy_loss"},
    "wrong_spec": {"wrong_spec"},
    "unusable": {"unusable"},
    "heavy_loss": {"heavy_loss"},
}
# Conditions counted from the history; True: at least so many, False: more than.
COUNTED = {
    "failed_repairs": True,
    "part_replaced": True,
    "repair_running": True,
    "repair_days": False,
    "same_fault": False,
    "parts_wait": False,
}


@dataclass(frozen=True)
class Rule:
    """One line of a rule set.

    :param limit: ``window`` = so long after the start event, ``warranty`` = until the
        warranty ends, ``none``
    :param start_event: ``invoice``, ``delivery``, ``installation``, ``acceptance`` or
        ``latest`` of those that have happened
    :param fee: ``none``, ``use`` (by counter), ``day`` (depreciation), ``pro_rata``
    """

    key: int
    kind: str
    condition: str = "no_reason"
    threshold: int = 0
    limit: str = "none"
    length: Length = Length(0, "day")
    start_event: str = "latest"
    counter_limit: float = 0.0
    only_severe: bool = False
    freight: str = "company"
    fee: str = "none"
    fee_rate: float = 0.0
    fee_per: int = 1000
    fee_months: int = 0
    fee_free_months: int = 0


@dataclass(frozen=True)
class Facts:
    """What is known about one machine on one day.

    :param day: day of the report, at the place of the machine
    :param finding: what our engineer confirmed; None as long as nobody has
    :param before_start: the warranty waits for its start and covers already
    :param counts: ``{condition: number}`` for the counted conditions
    :param repair_days: days in repair that do not count as use
    :param price: paid for the machine, tax included; None when not known
    """

    day: date
    events: dict = field(default_factory=dict)
    warranty_end: date | None = None
    before_start: bool = False
    warranty_months: int = 0
    counter: float | None = None
    finding: str | None = None
    misuse: bool = False
    severe: bool = False
    counts: dict = field(default_factory=dict)
    repair_days: int = 0
    price: Decimal | None = None
    unit: Decimal = CENT


@dataclass(frozen=True)
class Possibility:
    """What one rule gives, and why not when it gives nothing.

    :param state: ``open``; ``confirm`` = as soon as the finding ``missing`` is
        confirmed; ``not_met``; ``ended``; ``unknown`` = the start is not known
    :param missing: finding, count or fact that is lacking
    :param amount: price less fee; None where the rule is not about the price
    """

    rule: Rule
    state: str
    last_day: date | None = None
    missing: str | None = None
    count: int = 0
    price: Decimal | None = None
    fee: Decimal | None = None
    amount: Decimal | None = None


def evaluate(rules, facts):
    """The possibilities of all rules, in their order."""
    return [_evaluate(rule, facts) for rule in rules]


def _evaluate(rule, facts):
    start = start_day(rule, facts.events)
    last = last_day(rule, facts, start)
    met, missing = _condition(rule, facts)
    state = met
    if _lacks_period(rule, facts, last):
        state, missing = UNKNOWN, "start" if rule.limit == "window" else "warranty"
    elif _is_over(rule, facts, last):
        state, missing = ENDED, None
    price, fee, amount = _amounts(rule, facts, start)
    return Possibility(
        rule=rule,
        state=state,
        last_day=last,
        missing=missing,
        count=facts.counts.get(rule.condition, 0),
        price=price,
        fee=fee,
        amount=amount,
    )


# -- period ---------------------------------------------------------------------


def start_day(rule, events):
    """Day the window runs from; the latest of the events protects consumers best."""
    if rule.start_event == "latest":
        known = [events.get(name) for name in ("invoice", "delivery", "installation")]
        return max((day for day in known if day), default=None)
    return events.get(rule.start_event)


def last_day(rule, facts, start):
    """Last day on which the rule gives something, or None without such a day."""
    if rule.limit == "warranty":
        return facts.warranty_end
    if rule.limit == "window" and start:
        return end_of(start, rule.length)
    return None


def _lacks_period(rule, facts, last):
    if rule.limit == "warranty" and facts.before_start:
        return False
    return rule.limit != "none" and last is None


def _is_over(rule, facts, last):
    beyond = (
        rule.counter_limit
        and facts.counter is not None
        and facts.counter > rule.counter_limit
    )
    return bool(beyond) or (last is not None and facts.day > last)


def loaner_due(start, days):
    """Instant from which a loaner is due: so many times 24 hours after the start."""
    return start + timedelta(days=days)


def running_days(start, now: datetime, paused=timedelta(0)):
    """Whole days a repair has been going on, pauses by the customer taken off."""
    return max(0, (now - start - paused) // timedelta(days=1))


# -- condition ------------------------------------------------------------------


def _condition(rule, facts):
    """(state, what is missing) of the condition alone."""
    if rule.condition == "no_reason":
        return OPEN, None
    if facts.misuse:
        return NOT_MET, "misuse"
    if rule.only_severe and not facts.severe:
        return NOT_MET, "severe"
    if rule.condition in FINDINGS:
        return _finding(rule, facts)
    if rule.condition in COUNTED:
        return _count(rule, facts)
    return OPEN, None  # repair free of charge within the period


def _finding(rule, facts):
    if facts.finding in FINDINGS[rule.condition]:
        return OPEN, None
    if facts.finding:
        return NOT_MET, rule.condition
    return CONFIRM, rule.condition


def _count(rule, facts):
    number = facts.counts.get(rule.condition, 0)
    enough = (
        number >= rule.threshold if COUNTED[rule.condition] else number > rule.threshold
    )
    return (OPEN, None) if enough else (NOT_MET, "count")


# -- money ----------------------------------------------------------------------


def _amounts(rule, facts, start):
    """(price, fee, amount); fee and amount are None when they cannot be known."""
    if rule.kind not in WITH_MONEY or facts.price is None:
        return None, None, None
    price = money(facts.price, facts.unit)
    fee = _fee(rule, facts, start, price)
    return price, fee, None if fee is None else price - fee


def _fee(rule, facts, start, price):
    if rule.fee == "none":
        return money(0, facts.unit)
    if rule.fee == "use":
        if facts.counter is None:
            return None
        return use_fee(price, facts.counter, rule.fee_rate, rule.fee_per, facts.unit)
    if start is None:
        return None
    if rule.fee == "day":
        days = (facts.day - start).days
        return depreciation(price, rule.fee_rate, days, facts.repair_days, facts.unit)
    months = rule.fee_months or facts.warranty_months
    if not months:
        return None
    used = full_months(start, facts.day)
    return price - pro_rata(price, months, used, rule.fee_free_months, facts.unit)


def full_months(start, day):
    """Months that have passed entirely; a month begun is the customer's."""
    passed = relativedelta(day, start)
    return max(0, passed.years * 12 + passed.months)


# -- history --------------------------------------------------------------------


@dataclass(frozen=True)
class Visit:
    """A repair of the history: ``fault`` tells which ones are about the same thing."""

    fault: object
    reported: datetime
    done: datetime | None = None
    parts: tuple = ()


def failed_repairs(repairs):
    """Repairs that did not help: the same fault was reported again afterwards.

    :return: the highest number for one fault
    """
    return max(
        (
            sum(
                bool(repair.done)
                and any(later.reported >= repair.done for later in group)
                for repair in group
            )
            for group in _by_fault(repairs)
        ),
        default=0,
    )


def same_fault(repairs):
    """Finished repairs of the most frequent fault."""
    return max(
        (sum(bool(repair.done) for repair in group) for group in _by_fault(repairs)),
        default=0,
    )


def part_replaced(repairs):
    """How often the part replaced most often was replaced, once per repair."""
    numbers = {}
    for repair in repairs:
        for part in set(repair.parts) if repair.done else ():
            numbers[part] = numbers.get(part, 0) + 1
    return max(numbers.values(), default=0)


def _by_fault(repairs):
    groups = {}
    for repair in repairs:
        if repair.fault:
            groups.setdefault(repair.fault, []).append(repair)
    return groups.values()

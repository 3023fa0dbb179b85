"""Warranty periods: plain arithmetic of dates, exact, without the ORM (WA-01, WA-03).

All ends are the last covered day. Conventions: docs/rules.md, Warranty arithmetic.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from pytz import timezone, utc

DAY = timedelta(days=1)
INCLUSIVE, MINUS_ONE = "inclusive", "minus_one"


@dataclass(frozen=True)
class Length:
    """So many days, months or years; zero means no length of its own."""

    value: int
    unit: str = "month"

    def __bool__(self):
        return self.value > 0

    @property
    def months(self):
        """Whole months; 0 for a length in days."""
        return {"month": self.value, "year": 12 * self.value}.get(self.unit, 0)


def add_months(start, months):
    """The corresponding day so many months later, clamped to the month's end.

    Always the total on the original day: month by month a clamped day would drift.
    """
    return start + relativedelta(months=months)


def end_of(start, length, convention=INCLUSIVE, extra_months=0):
    """Last day of a period: the corresponding day itself, or the day before it.

    :param extra_months: added to the total before clamping (fixed extension)
    """
    end = add_months(start, length.months + extra_months)
    if length.unit == "day":
        end += timedelta(days=length.value)
    return end - DAY if convention == MINUS_ONE else end


def window_end(start, days):
    """Last day of a 7- or 15-day window: the first day is not counted, no roll."""
    return start + timedelta(days=days)


def local_date(instant, zone):
    """Day of an instant (naive = UTC) at the place of the machine."""
    if instant.tzinfo is None:
        instant = utc.localize(instant)
    return instant.astimezone(timezone(zone or "UTC")).date()


def roll_holidays(day, holidays):
    """The first day that is no listed public holiday; weekends count as days."""
    while day in holidays:
        day += DAY
    return day


# -- start ----------------------------------------------------------------------


@dataclass(frozen=True)
class StartRule:
    """Which event starts the period.

    ``mode`` "first": the first event of the ordered list that has happened;
    "latest": the last of those that have happened. ``cap`` limits how long goods
    may wait, counted from ``cap_event``. With ``statutory_install_start`` an
    installation after the cap starts the period all the same.
    """

    events: tuple
    mode: str = "first"
    cap: Length = Length(0, "day")
    cap_event: str = "delivery"
    statutory_install_start: bool = False


@dataclass(frozen=True)
class Start:
    """When the period starts, by which event, and what it still waits for."""

    day: date | None
    event: str | None
    capped: bool = False
    waits_for: tuple = ()


def find_start(rule, happened):
    """The start, by the rule, from ``{event: date}`` of what has happened.

    A capped start may lie in the future: the period is then pending until that day,
    and starts by itself.
    """
    dates = {event: happened[event] for event in rule.events if happened.get(event)}
    found = _pick(rule, dates)
    waits = _missing(rule, dates)
    cap = _cap_day(rule, happened)
    if cap and (not found or found[1] > cap) and not _is_statutory(rule, found):
        return Start(cap, rule.cap_event, capped=True, waits_for=waits)
    if not found:
        return Start(None, None, waits_for=waits)
    return Start(found[1], found[0], waits_for=waits)


def _pick(rule, dates):
    if not dates:
        return None
    if rule.mode == "latest":
        event = max(dates, key=lambda name: dates[name])
    else:
        event = next(name for name in rule.events if name in dates)
    return event, dates[event]


def _missing(rule, dates):
    """Events that could still start the period, or start it later."""
    if rule.mode == "latest":
        return tuple(event for event in rule.events if event not in dates)
    waits = []
    for event in rule.events:
        if event in dates:
            break
        waits.append(event)
    return tuple(waits)


def _cap_day(rule, happened):
    reference = happened.get(rule.cap_event)
    return end_of(reference, rule.cap) if rule.cap and reference else None


def _is_statutory(rule, found):
    return bool(found) and rule.statutory_install_start and found[0] == "installation"


# -- repairs --------------------------------------------------------------------


@dataclass(frozen=True)
class Repair:
    """One repair: from the report or receipt to solved or ready to collect.

    :param end: None while it goes on
    :param pauses: ``((from, to), …)`` caused by the customer, taken off
    :param covered: only covered repairs extend
    """

    start: datetime
    end: datetime | None
    covered: bool = True
    pauses: tuple = ()
    reported: datetime | None = None

    @property
    def reported_at(self):
        return self.reported or self.start


def merge(intervals):
    """Sorted, disjoint intervals; overlapping and touching ones become one."""
    merged = []
    for start, end in sorted(pair for pair in intervals if pair[0] < pair[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _overlap(first, second):
    return max(timedelta(0), min(first[1], second[1]) - max(first[0], second[0]))


def _working(repairs):
    """(duration, merged interval) of repairs that have ended, pauses taken off."""
    intervals = merge((r.start, r.end) for r in repairs if r.end)
    pauses = merge(pause for repair in repairs for pause in repair.pauses)
    return [
        (
            interval[1]
            - interval[0]
            - sum((_overlap(interval, pause) for pause in pauses), timedelta(0)),
            interval,
        )
        for interval in intervals
    ]


def repair_days(repairs):
    """Days under repair: per merged interval, each begun 24 hours is a day."""
    return sum(math.ceil(duration / DAY) for duration, _interval in _working(repairs))


def suspended_days(repairs):
    """Days a suspended period stood still: the hours of all repairs, rounded once."""
    total = sum((duration for duration, _i in _working(repairs)), timedelta(0))
    return math.ceil(total / DAY)


# -- chain ----------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """All that decides the end of one period."""

    start: date
    length: Length
    convention: str = INCLUSIVE
    extension: str = "none"  # none, repair_days, fixed_months, suspend
    extension_months: int = 0
    holidays: frozenset = frozenset()
    zone: str = "UTC"
    # An extended warranty starts the day after the standard one but counts its
    # length from that one's last day, else it would be a day too long.
    counted_from: date | None = None
    # Days brought along from the unit this one was exchanged for.
    carried_days: int = 0

    def end(self, extra_months=0):
        """Last day without repairs and holidays."""
        if self.counted_from:
            end = end_of(self.counted_from, self.length, INCLUSIVE, extra_months)
        else:
            end = end_of(self.start, self.length, self.convention, extra_months)
        return end + timedelta(days=self.carried_days)


@dataclass(frozen=True)
class Period:
    """The result: last day, days added, and which repairs counted."""

    start: date
    end: date
    base_end: date
    extended_days: int = 0
    counted: tuple = ()

    @property
    def rolled(self):
        return (self.end - self.base_end).days - self.extended_days


def _extend(plan, counted):
    """(end before holidays, days added) with the given repairs counted."""
    base = plan.end()
    if plan.extension == "fixed_months" and counted:
        end = plan.end(plan.extension_months)
        return end, (end - base).days
    days = 0
    if plan.extension == "repair_days":
        days = repair_days(counted)
    elif plan.extension == "suspend":
        days = suspended_days(counted)
    return base + timedelta(days=days), days


def run_chain(plan, repairs=()):
    """Work through the repairs in the order of their reports.

    A repair reported in cover extends the period, and so may bring the next into
    it. What is reported during a counted repair that has not ended yet is covered.
    """
    counted = []
    end, days = _extend(plan, counted)
    last = roll_holidays(end, plan.holidays)
    for repair in sorted(repairs, key=lambda repair: repair.reported_at):
        if not repair.covered or plan.extension == "none":
            continue
        if is_within(plan.start, last, repair.reported_at, plan.zone, counted):
            counted.append(repair)
            end, days = _extend(plan, counted)
            last = roll_holidays(end, plan.holidays)
    return Period(plan.start, last, plan.end(), days, tuple(counted))


def is_within(start, end, reported, zone="UTC", counted=()):
    """Reported in the period, or while a repair of the period was going on."""
    day = local_date(reported, zone)
    if start <= day <= end:
        return True
    return day > end and any(
        repair.start <= reported and (repair.end is None or reported < repair.end)
        for repair in counted
    )


# -- parts ----------------------------------------------------------------------


def part_end(rule, fitted, unit_end, own=Length(0), original=Length(0)):
    """Last day of a part fitted under warranty.

    :param rule: ``rest`` of the unit, ``days`` = its own length, ``greater`` of
        both, or ``restart`` = the part's original length from the hand-over
    :param own: the length for ``days`` and ``greater``
    :param original: the part's or the unit's own length, for ``restart``
    """
    if rule == "restart":
        return end_of(fitted, original or own)
    if rule == "rest" or not own:
        return unit_end
    ending = end_of(fitted, own)
    return max(unit_end, ending) if rule == "greater" else ending


# -- exchange -------------------------------------------------------------------


def exchange_period(plan, exchanged_on, restart, repairs=()):
    """Period of the unit given in exchange: anew from that day, or the old one's."""
    if not restart:
        return run_chain(plan, repairs)
    end = end_of(exchanged_on, plan.length, plan.convention)
    return Period(exchanged_on, roll_holidays(end, plan.holidays), end)

"""Counters: kilometres, hours, pages (WA-01); whichever is reached first ends."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil


@dataclass(frozen=True)
class Reading:
    """A counter as read on a day; ``value`` is what the machine has done in all."""

    day: date
    value: float


def passed_on(readings, limit):
    """Day of the first reading above the limit; at exactly the limit is covered."""
    if not limit:
        return None
    beyond = [reading.day for reading in readings if reading.value > limit]
    return min(beyond, default=None)


def forecast(start, reading, limit):
    """Day on which the limit will be reached at the present rate, or None.

    For reminders only: a forecast never ends a warranty.
    """
    days = (reading.day - start).days
    if not limit or days <= 0 or reading.value <= 0:
        return None
    value = Fraction(str(reading.value))
    rest = (Fraction(str(limit)) - value) * days / value
    return reading.day + timedelta(days=max(0, ceil(rest)))


def first_reached(end, passed):
    """Last day of the cover: the day before a reading above the limit, if earlier."""
    if passed and passed - timedelta(days=1) < end:
        return passed - timedelta(days=1)
    return end

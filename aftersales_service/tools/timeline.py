"""Arithmetic of hours and gaps, without the ORM."""

import math
from datetime import datetime, time, timedelta

from pytz import timezone, utc


def to_local(instant, tz):
    """Naive UTC → aware local time."""
    return utc.localize(instant).astimezone(timezone(tz or "UTC"))


def to_utc(local):
    """Aware time → naive UTC."""
    return local.astimezone(utc).replace(tzinfo=None)


def day_bounds(day, tz):
    """Naive UTC instants at which a local day begins and ends (DST included)."""
    zone = timezone(tz or "UTC")
    start = zone.localize(datetime.combine(day, time.min))
    end = zone.localize(datetime.combine(day + timedelta(days=1), time.min))
    return to_utc(start), to_utc(end)


def split_by_day(start, end, tz):
    """Cut a period at local midnights.

    :param start: naive UTC
    :param end: naive UTC
    :return: ``[(local date, start, end)]``, pieces of elapsed time
    """
    pieces = []
    while start < end:
        day = to_local(start, tz).date()
        stop = min(end, day_bounds(day, tz)[1])
        pieces.append((day, start, stop))
        start = stop
    return pieces


def hours_between(start, end):
    """Elapsed hours, never negative."""
    return max(0.0, (end - start).total_seconds() / 3600.0)


def round_hours(hours, step_minutes=0, minimum_minutes=0):
    """Round up to the step and not below the minimum.

    >>> round_hours(1.05, 15)
    1.25
    >>> round_hours(0.2, 15, 60)
    1.0
    >>> round_hours(0.0, 15, 60)
    0.0
    """
    if hours <= 0:
        return 0.0
    minutes = round(hours * 60.0, 4)
    if step_minutes:
        minutes = math.ceil(round(minutes / step_minutes, 6)) * step_minutes
    return max(minutes, minimum_minutes) / 60.0


def merge(intervals):
    """Sorted, disjoint intervals that cover the same time."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def subtract(intervals, busy):
    """What is left of the intervals outside the busy ones."""
    free, taken = [], merge(busy)
    for start, end in merge(intervals):
        for begin, stop in taken:
            if stop <= start or begin >= end:
                continue
            if begin > start:
                free.append((start, begin))
            start = max(start, stop)
        if start < end:
            free.append((start, end))
    return free


def total_hours(intervals):
    return sum(hours_between(start, end) for start, end in intervals)


def first_gap(free, hours):
    """Start of the first free interval long enough; None when there is none."""
    need = timedelta(hours=hours)
    return next((start for start, end in free if end - start >= need), None)


def overlaps(first, second):
    """Whether two (start, end) periods share time; touching ends do not."""
    return first[0] < second[1] and second[0] < first[1]

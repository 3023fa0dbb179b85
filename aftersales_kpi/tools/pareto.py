"""Pareto and failures by age as plain arithmetic (KP-08)."""

from dataclasses import dataclass

A_SHARE, B_SHARE = 70, 90


@dataclass(frozen=True)
class Bar:
    """One value of a dimension: how often, and how much of the whole."""

    key: object
    count: int
    previous: int
    share: float  # per cent
    cumulated: float  # per cent, this one included
    mark: str  # A, B or C


def pareto(counts, previous=None, limits=(A_SHARE, B_SHARE)):
    """Most frequent first, with shares, cumulated shares and A/B/C.

    The class follows the cumulated share *before* the bar: what still lies in the
    first 70 % is A, up to 90 % B, the rest C. So the first bar is always A.

    :param counts: ``{key: count}``; of equal counts the earlier key stays first
    :param previous: counts of the period before
    :return: list of :class:`Bar`
    """
    previous = previous or {}
    found = {key: count for key, count in counts.items() if count}
    total = sum(found.values())
    bars, before = [], 0
    for key, count in sorted(found.items(), key=lambda item: -item[1]):
        mark = _get_mark(before, total, limits)
        before += count
        bars.append(
            Bar(
                key,
                count,
                previous.get(key, 0),
                round(100 * count / total, 2),
                round(100 * before / total, 2),
                mark,
            )
        )
    return bars


def _get_mark(before, total, limits):
    """Whole numbers only: 70 % exactly is B, whatever a float says."""
    for mark, limit in zip("AB", limits, strict=True):
        if before * 100 < limit * total:
            return mark
    return "C"


def rate(failures, machines, digits=2):
    """Failures per hundred machines; None where no machine was at risk."""
    return round(100 * failures / machines, digits) if machines else None

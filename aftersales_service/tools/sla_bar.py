"""Pieces of the bar that explains every minute of a promise, without the ORM."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Step:
    """From this instant on the document is in this phase, until the next step."""

    at: datetime
    key: str
    label: str


@dataclass(frozen=True)
class Stop:
    """The clock stands between these instants; ``end`` is None while it does."""

    start: datetime
    end: datetime | None
    label: str


@dataclass(frozen=True)
class Promise:
    """A milestone with its deadline and, once reached, its instant."""

    key: str
    deadline: datetime
    at: datetime | None = None

    @property
    def kept(self):
        return self.at is not None and self.at <= self.deadline


def whole_minutes(start, end):
    """Minutes between two instants, rounded towards the start."""
    return int((end - start).total_seconds() // 60)


def cut(steps, stops, promises, now, end=None):
    """Cut the life of a document into pieces that leave no minute unexplained.

    :param steps: instances of :class:`Step`, the first one starts the clock
    :param end: instant at which all is done; None while it is open
    :return: list of dicts ``start``, ``end``, ``kind`` (``run``, ``pause``,
        ``ahead``), ``key``, ``label``, ``minutes``, ``late`` and ``due`` (milestones
        whose deadline is the end of the piece), in order
    """
    steps = sorted(steps, key=lambda step: step.at)
    # What was kept is past: its deadline explains no minute any more.
    promises = [promise for promise in promises if not promise.kept]
    start, present = steps[0].at, max(end or now, steps[0].at)
    last = max([present, *(p.deadline for p in promises if not (end or p.at))])
    borders = {start, present, last}
    borders |= {step.at for step in steps}
    borders |= {instant for stop in stops for instant in (stop.start, stop.end)}
    borders |= {promise.deadline for promise in promises}
    borders = sorted(b for b in borders if b and start <= b <= last)
    return [
        _piece(left, right, present, steps, stops, promises)
        for left, right in zip(borders, borders[1:], strict=False)
    ]


def _piece(left, right, present, steps, stops, promises):
    late = [
        promise.key
        for promise in promises
        if promise.deadline <= left and (promise.at is None or promise.at >= right)
    ]
    piece = {
        "start": left,
        "end": right,
        "minutes": whole_minutes(left, right),
        "late": bool(late) and left < present,
        "due": [promise.key for promise in promises if promise.deadline == right],
    }
    if left >= present:
        return {**piece, "kind": "ahead", "key": "ahead", "label": ""}
    for stop in stops:
        if stop.start <= left and (stop.end is None or right <= stop.end):
            return {**piece, "kind": "pause", "key": "pause", "label": stop.label}
    step = [step for step in steps if step.at <= left][-1]
    return {**piece, "kind": "run", "key": step.key, "label": step.label}


def join(pieces):
    """Neighbours of the same phase as one, unless a deadline or lateness parts them."""
    joined = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if (
            before
            and not before["due"]
            and all(before[k] == piece[k] for k in ("kind", "key", "label", "late"))
        ):
            piece = {**piece, "start": before["start"]}
            piece["minutes"] = whole_minutes(piece["start"], piece["end"])
            joined.pop()
        joined.append(piece)
    return joined

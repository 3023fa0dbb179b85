"""What is asked of a warranty, and what it answers (WA-05). Plain values."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

# Why a warranty does not cover; the sentences are made by whoever shows them.
VOID = "void"
PENDING = "pending"
BEFORE_START = "before_start"
EXPIRED = "expired"
USAGE = "usage"
EXCLUDED = "excluded"
NOT_IN_SCOPE = "not_in_scope"


@dataclass(frozen=True)
class CoverRequest:
    """One thing to be paid: a part, labour, travel or freight.

    :param asset: the machine, or None for warranties of a sales line
    :param warranties: warranties to ask where there is no machine
    :param product: the part; None asks for parts in general
    :param lot: serial of the part taken out, finds its own cover
    """

    kind: str
    reported_at: datetime
    asset: Any = None
    product: Any = None
    lot: Any = None
    warranties: Any = None


@dataclass(frozen=True)
class Cover:
    """A scope, or a part's own cover, that pays on the reported day.

    :param by: ``period``; ``repair`` = reported while a covered repair went on;
        ``waiting`` = delivered, but the period has not begun yet
    """

    warranty: Any
    record: Any
    source: str  # scope or part
    by: str
    share: float
    date_start: date | None
    date_end: date | None
    days_left: int
    extended_days: int = 0


@dataclass(frozen=True)
class Refusal:
    """Why a warranty does not pay, with the day that decides it."""

    warranty: Any
    reason: str
    day: date | None = None
    record: Any = None


@dataclass(frozen=True)
class CoverAnswer:
    """All that covers, best for the customer first, and all that does not."""

    covers: tuple = field(default=())
    refusals: tuple = field(default=())

    @property
    def best(self):
        return self.covers[0] if self.covers else None

    @property
    def share(self):
        return self.covers[0].share if self.covers else 0.0


def rank(cover):
    """Sort key: the largest share, then the longest cover."""
    return (-cover.share, -(cover.date_end or date.max).toordinal())

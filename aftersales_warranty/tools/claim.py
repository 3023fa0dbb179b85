"""Arithmetic of claims on suppliers: plain numbers, no database (WA-20)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

# Where the name of the supplier comes from, the surest first.
OLD_SERIAL, FITTED_BEFORE, MACHINE = "old_serial", "fitted_before", "machine"
FITTED, VENDOR, BY_HAND = "fitted", "vendor", "by_hand"

# Why the supplier's own terms do not pay a line.
NO_TERMS, NO_START, ENDED = "no_terms", "no_start", "ended"
USAGE, NOT_IN_SCOPE, COVERED = "usage", "not_in_scope", "covered"


@dataclass(frozen=True)
class Delivery:
    """Who delivered a piece, and what proves it."""

    supplier: Any
    source: str
    day: date | None = None
    document: str = ""
    serial: str = ""


@dataclass(frozen=True)
class SupplierCover:
    """What the supplier's own terms say about one line."""

    why: str
    share: float = 0.0
    end: date | None = None
    term: Any = None

    def __bool__(self):
        return self.why == COVERED


@dataclass(frozen=True)
class Assessed:
    """One line of a service order and what can be claimed for it from whom."""

    line: Any
    delivery: Delivery
    cover: SupplierCover
    cost: float = 0.0
    amount: float = 0.0
    extra: dict = field(default_factory=dict, compare=False)


def rank_scopes(rows, kind, product, rank):
    """The rows of a term that decide on a thing, the most specific first.

    A row for a product or category replaces the general one; a key part keeps the
    general cover besides its own.

    :param rank: ``rank(row, product)``, None where the row is about other parts
    """
    ranked = sorted(
        (
            (value, number, row)
            for number, row in enumerate(rows)
            if row.scope == kind and (value := rank(row, product)) is not None
        ),
        key=lambda item: (-item[0], item[1]),
    )
    found = []
    for _value, _number, row in ranked:
        found.append(row)
        if row.role != "key":
            break
    return found


def answer_state(claimed, accepted, compare):
    """State a claim has after the supplier's answer.

    :param compare: compares two amounts to the cent, as ``currency.compare_amounts``
    """
    if compare(accepted, 0) <= 0:
        return "disputed"
    return "accepted" if compare(accepted, claimed) >= 0 else "partly"


def spread(total, open_by_key, rounded):
    """Take a sum from several open amounts, the first first.

    What the deposit has paid belongs to no line of its own.

    :return: ``{key: what is still open}``
    """
    rest = {}
    for key, amount in open_by_key.items():
        taken = max(0.0, min(total, amount))
        total -= taken
        rest[key] = rounded(amount - taken)
    return rest


def age_band(days):
    """The column of the ageing list a claim stands in."""
    for band, last in (("0", 30), ("30", 60), ("60", 90)):
        if days <= last:
            return band
    return "90"

"""Ranking of the technicians for a service order (SV-21), without the ORM."""

from dataclasses import dataclass, field

CRITERIA = ("zone", "team", "free", "load", "known")


@dataclass(frozen=True)
class Candidate:
    """What is known about one technician for one order on one day."""

    key: int
    name: str
    in_zone: bool = False
    in_team: bool = False
    free_hours: float = 0.0
    needed_hours: float = 2.0
    open_orders: int = 0
    known_orders: int = 0
    missing: tuple = ()


@dataclass(frozen=True)
class Ranked:
    """A candidate with its score (0–100) and the share of each criterion."""

    candidate: Candidate
    score: float
    factors: dict = field(default_factory=dict)

    @property
    def dispatchable(self):
        return not self.candidate.missing


def factors(candidate):
    """How well each criterion is met, 0 to 1."""
    needed = candidate.needed_hours or 1.0
    return {
        "zone": float(candidate.in_zone),
        "team": float(candidate.in_team),
        "free": min(1.0, max(0.0, candidate.free_hours) / needed),
        "load": 1.0 / (1.0 + max(0, candidate.open_orders) / 4.0),
        "known": min(1.0, max(0, candidate.known_orders) / 3.0),
    }


def rank(candidates, weights):
    """Best first; whoever lacks a certificate comes last whatever the score.

    :param weights: ``{criterion: weight}``; criteria left out do not count
    """
    total = sum(max(0.0, weights.get(name, 0.0)) for name in CRITERIA)
    ranked = []
    for candidate in candidates:
        shares = factors(candidate)
        points = sum(
            max(0.0, weights.get(name, 0.0)) * shares[name] for name in CRITERIA
        )
        score = round(100.0 * points / total, 1) if total else 0.0
        ranked.append(Ranked(candidate, score, shares))
    return sorted(
        ranked,
        key=lambda item: (
            bool(item.candidate.missing),
            -item.score,
            item.candidate.open_orders,
            item.candidate.name,
            item.candidate.key,
        ),
    )

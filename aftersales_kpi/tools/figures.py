"""Service figures without the ORM: kinds of figures, roll-ups and traffic lights."""

from dataclasses import dataclass
from datetime import date, datetime

# How the values of several rows become one.
RATIO, SUM, LAST, MAX = range(4)


@dataclass(frozen=True)
class Kind:
    """What is fixed for all definitions that count the same facts.

    ``topics``: whose change makes it due again. ``private``: about money of ours.
    """

    unit: str
    roll_up: int
    topics: tuple
    private: bool = False

    @property
    def scale(self):
        """Shares are stored as numerator and denominator and shown in per cent."""
        return 100 if self.unit == "percent" else 1


KINDS = {
    # Promises
    "timeliness": Kind("percent", RATIO, ("due",)),
    "sla": Kind("percent", RATIO, ("due",)),
    "time_answer": Kind("hours", RATIO, ("reached",)),
    "time_arrive": Kind("hours", RATIO, ("reached",)),
    "time_wrench": Kind("hours", RATIO, ("done",)),
    "time_restore": Kind("hours", RATIO, ("done",)),
    # Quality
    "satisfaction": Kind("percent", RATIO, ("followup",)),
    "followup_rate": Kind("percent", RATIO, ("done", "asked")),
    "response_rate": Kind("percent", RATIO, ("followup", "time")),
    "complaint_rate": Kind("percent", RATIO, ("done", "complaint")),
    "first_fix": Kind("percent", RATIO, ("done",)),
    "repeat": Kind("percent", RATIO, ("done",)),
    "mtbf": Kind("hours", RATIO, ("machine", "time")),
    # Work
    "orders": Kind("count", SUM, ("done",)),
    "backlog": Kind("count", LAST, ("backlog",)),
    "backlog_mean": Kind("days", RATIO, ("backlog",)),
    "backlog_oldest": Kind("days", MAX, ("backlog",)),
    "utilisation": Kind("percent", RATIO, ("worklog", "roster", "time")),
    "fill_lines": Kind("percent", RATIO, ("done", "line")),
    "fill_orders": Kind("percent", RATIO, ("done", "line")),
    # Money
    "revenue": Kind("money", SUM, ("done", "line")),
    "revenue_order": Kind("money", RATIO, ("done", "line")),
    "visit_cost": Kind("money", RATIO, ("done", "line", "visit"), True),
    "warranty_cost": Kind("percent", RATIO, ("done", "line", "sale", "claim"), True),
    "recovery": Kind("percent", RATIO, ("done", "line", "claim"), True),
    # Suppliers
    "supplier_complaints": Kind("count", SUM, ("complaint",)),
    "supplier_penalties": Kind("money", SUM, ("deposit",), True),
    "supplier_recovered": Kind("money", SUM, ("claim",), True),
    "supplier_deposit": Kind("money", LAST, ("deposit", "time"), True),
}
# Facts that come and go by the clock alone.
CLOCK = ("due", "backlog", "time")
# Definitions, besides the topics of facts.
MEANING = "kpi"
# Whose facts: of everybody, of nobody, else the id of a technician as text.
ALL, NOBODY = "all", "0"


def get_changes(old, new):
    """``{topic: people}`` for whom two traces ``{topic: {person: number}}`` differ."""
    changes = {}
    for topic in old.keys() | new.keys():
        before, now = old.get(topic, {}), new.get(topic, {})
        people = {
            who for who in before.keys() | now.keys() if before.get(who) != now.get(who)
        }
        if people:
            changes[topic] = people
    return changes


@dataclass(frozen=True)
class Slice:
    """Facts of a month by the company's clock, of everybody or of some technicians.

    Every fact belongs to one technician or to nobody, so that the slices of a month
    never overlap and a changed fact computes no more than its own.
    """

    company_id: int
    first: date
    last: date
    start: datetime
    end: datetime  # first instant of the next month
    now: datetime
    today: date
    people: tuple = ()
    nobody: bool = False
    whole: bool = True

    @property
    def until(self):
        """What is open is looked at on this instant."""
        return min(self.end, self.now)


def light(value, target, direction, tolerance):
    """``green``, ``amber`` within the tolerance, ``red``; None without a target."""
    if value is None or direction not in ("higher", "lower"):
        return None
    missed = target - value if direction == "higher" else value - target
    if missed <= 0:
        return "green"
    return "amber" if missed <= tolerance else "red"

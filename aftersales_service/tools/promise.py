"""Which promise applies, and how it stands: decisions without the ORM (SV-11, SV-12).

A policy may name any of ``CONDITIONS``. Of those that fit, the most specific wins, for
each milestone on its own: a policy that is silent on a milestone lets the next speak.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from .worktime import Clock, NoWorkingTimeError, duration

# The stated order: a policy naming an earlier one beats all that name only later ones.
CONDITIONS = (
    "grade_id",
    "categ_id",
    "fault_level",
    "seriousness",
    "zone_id",
    "area",
    "distance",
    "place",
    "channel",
    "about",
    "needs_supplier",
    "service_type",
    "vip",
    "customer_class",
)
# The most urgent first.
LEVELS = ("1", "2", "3")
PLACES = ("onsite", "workshop", "remote")
# What depends on where the site is, and can be asked.
WHERE = ("zone_id", "area", "distance")
MILESTONES = ("answer", "arrive", "resolve")
WORKING_UNITS = ("working_hours", "working_days")


class Target(NamedTuple):
    """What is promised for one milestone, and on which calendar it runs."""

    value: float
    unit: str
    calendar: object  # "clock", "team", "company" or the id of a calendar


@dataclass(frozen=True)
class Promise:
    """A policy as the matcher sees it."""

    id: int
    conditions: dict
    targets: dict
    rank: tuple
    company_id: int = 0
    from_grade: bool = False
    active: bool = True
    at_risk_share: int = 80
    stopping: frozenset = frozenset()

    def fits(self, facts, ignored=()):
        return all(
            name in ignored or _holds(name, wanted, facts.get(name))
            for name, wanted in self.conditions.items()
        )


def _is_known(fact):
    """0 kilometres are a fact, nothing and False are none."""
    return fact is not None and fact is not False


class Span(NamedTuple):
    """From so many kilometres up to so many; 0 leaves the end open."""

    low: float
    high: float


def _holds(name, wanted, fact):
    if isinstance(wanted, Span):
        return fact is not None and (
            wanted.low <= fact and (not wanted.high or fact <= wanted.high)
        )
    if isinstance(wanted, frozenset):
        return fact in wanted
    return fact == wanted


def _join(one, other):
    """Facts that fit two sets of conditions, the fault level left open; or None."""
    facts = {}
    for name in one.keys() | other.keys():
        wanted = [conditions[name] for conditions in (one, other) if name in conditions]
        if name == "fault_level":
            continue
        if isinstance(wanted[0], Span):
            low = max(span.low for span in wanted)
            high = min(span.high or float("inf") for span in wanted)
            if low > high:
                return None
            facts[name] = low + 1 if high == float("inf") else (low + high) / 2
        elif isinstance(wanted[0], frozenset):
            common = wanted[0].intersection(*wanted[1:])
            if not common:
                return None
            facts[name] = min(common)
        elif len(set(wanted)) > 1:
            return None
        else:
            facts[name] = wanted[0]
    return facts


def make_rank(names, depth=0, width=0.0, own_company=False, sequence=10, number=0):
    """Sort key of a policy: the smaller, the more specific.

    :param names: conditions the policy has
    :param depth: of the product category; a deeper one is more specific
    :param width: kilometres of the distance condition; a narrower one is
    :param own_company: a policy of one company goes before one of all
    """
    return (
        tuple(name not in names for name in CONDITIONS),
        -depth,
        width or float("inf"),
        not own_company,
        sequence,
        number,
    )


class Plan(NamedTuple):
    """The promise that holds for one milestone."""

    policy: int
    deadline: datetime | None
    problem: str = ""


@dataclass
class Engine:
    """Policies and calendars of one batch; asks the database nothing."""

    promises: list
    grades: dict = field(default_factory=dict)
    calendars: dict = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self):
        self.promises = sorted(self.promises, key=lambda promise: promise.rank)
        self.by_id = {promise.id: promise for promise in self.promises}
        self._matches = {}

    # -- matching ---------------------------------------------------------------

    def match(self, facts):
        """``{milestone: promise}`` of the most specific policies that speak."""
        key = tuple(sorted((k, v) for k, v in facts.items() if _is_known(v)))
        if key not in self._matches:
            self._matches[key] = self._match(facts)
        return self._matches[key]

    def _match(self, facts):
        found = {}
        for promise in self.promises:
            if (
                promise.active
                and promise.company_id in (0, facts.get("company_id"))
                and promise.fits(facts)
            ):
                for milestone in MILESTONES:
                    if milestone not in found and self.target(
                        promise, milestone, facts
                    ):
                        found[milestone] = promise
        return found

    def strictest(self, facts, start):
        """``{milestone: promise}``; a more urgent fault is never promised later.

        Of what holds for the fault level and for every less urgent one, the earliest
        deadline counts. Promises on different calendars cross each other in the
        course of a week, so that no choice of hours alone could see to it.
        """
        found = dict(self.match(facts))
        for level in self._less_urgent(facts):
            for name, other in self.match({**facts, "fault_level": level}).items():
                if self._is_earlier(other, found.get(name), name, facts, start):
                    found[name] = other
        return found

    def _less_urgent(self, facts):
        level = facts.get("fault_level")
        return LEVELS[LEVELS.index(level) + 1 :] if level in LEVELS else ()

    def _is_earlier(self, promise, than, milestone, facts, start):
        if not than or promise.id == than.id:
            return not than
        deadline = self.plan(promise, milestone, facts, start).deadline
        other = self.plan(than, milestone, facts, start).deadline
        return bool(deadline and other and deadline < other)

    def overruled(self, company, starts):
        """Promises that a less urgent fault has earlier, over all active policies.

        :param company: whose policies
        :param starts: instants of calls to try, best a whole week
        :return: ``{(milestone, level, promise or None, lower level, promise)}``
        """
        known, result = {}, set()
        for facts in self._get_cases(company):
            levels = {
                level: self.match({**facts, "fault_level": level}) for level in LEVELS
            }
            for high, low in zip(LEVELS, LEVELS[1:], strict=False):
                for name, other in levels[low].items():
                    own = levels[high].get(name)
                    key = name, own and own.id, other.id, facts.get("grade_id")
                    if key not in known:
                        known[key] = any(
                            self._is_earlier(other, own, name, facts, start)
                            for start in starts
                        )
                    if known[key]:
                        result.add((name, high, own and own.id, low, other.id))
        return result

    def _get_cases(self, company):
        """Facts under which any two active policies hold together."""
        active = [
            promise
            for promise in self.promises
            if promise.active and promise.company_id in (0, company)
        ]
        seen = set()
        for number, one in enumerate(active):
            for other in active[number:]:
                facts = _join(one.conditions, other.conditions)
                if facts is None:
                    continue
                for place in (facts["place"],) if "place" in facts else PLACES:
                    case = {**facts, "place": place, "company_id": company}
                    key = tuple(sorted(case.items()))
                    if key not in seen:
                        seen.add(key)
                        yield case

    def missing(self, facts):
        """Unknown facts on which a stronger promise depends.

        Unknown is not far: who has to tell should be told what to find out.
        """
        unknown = {name for name in WHERE if not _is_known(facts.get(name))}
        found = self.match(facts)
        return {
            name
            for promise in self.promises
            if promise.active and promise.company_id in (0, facts.get("company_id"))
            for name in unknown & promise.conditions.keys()
            if promise.fits(facts, unknown)
            and any(
                self.target(promise, milestone, facts)
                and (milestone not in found or promise.rank < found[milestone].rank)
                for milestone in MILESTONES
            )
        }

    def target(self, promise, milestone, facts):
        """What a policy says on a milestone; nothing on arriving at no site."""
        if milestone == "arrive" and facts.get("place") in ("remote", "workshop"):
            return None
        if promise.from_grade:
            return self.grades.get(facts.get("grade_id"), {}).get(milestone)
        return promise.targets.get(milestone)

    # -- time -------------------------------------------------------------------

    def calendar(self, target, facts):
        """The calendar a target runs on; working time always needs one."""
        wanted = target.calendar if target else "clock"
        if wanted == "clock" and target and target.unit in WORKING_UNITS:
            wanted = "team"
        if wanted == "clock":
            return self.clock
        if wanted == "team":
            wanted = facts.get("team_calendar_id") or "company"
        if wanted == "company":
            wanted = facts.get("company_calendar_id")
        return self.calendars.get(wanted, self.clock)

    def calendar_of(self, policy, milestone, facts):
        """Calendar and policy a given promise runs on, also when archived since."""
        promise = self.by_id.get(policy)
        target = promise and self.target(promise, milestone, facts)
        return self.calendar(target, facts), promise

    def plan(self, promise, milestone, facts, start, pauses=()):
        """The deadline of a promise, counted from the call.

        :param pauses: ``[(reason, start, end)]``; those the policy counts
        """
        target = self.target(promise, milestone, facts)
        calendar = self.calendar(target, facts)
        counted = [(a, b) for reason, a, b in pauses if reason in promise.stopping]
        try:
            seconds = duration(target.value, target.unit, calendar)
            if not seconds:
                raise NoWorkingTimeError(getattr(calendar, "name", ""))
            return Plan(promise.id, calendar.add(start, seconds, counted))
        except NoWorkingTimeError as error:
            return Plan(promise.id, None, str(error) or "?")


@dataclass
class Step:
    """One milestone of a document, as it stands."""

    milestone: str
    deadline: datetime
    at_risk_at: datetime | None = None
    reached_at: datetime | None = None
    stopped: bool = False

    @property
    def is_open(self):
        return not self.reached_at

    def state(self, now):
        """Reached exactly on the deadline is kept."""
        if self.reached_at:
            return "missed" if self.reached_at > self.deadline else "met"
        if self.stopped:
            return "paused"
        if now > self.deadline:
            return "missed"
        if self.at_risk_at and now >= self.at_risk_at:
            return "at_risk"
        return "running"


class Standing(NamedTuple):
    """How a document stands with all its promises."""

    state: str | None
    due_at: datetime | None
    missed: bool
    check_at: datetime | None


# The worst comes first; kept is only what is kept in every step.
_WORST = ("missed", "at_risk", "running", "paused", "met")


def judge(steps, now, missed_before=False, told=None):
    """State, next deadline and next check of a document.

    :param steps: its milestones that have a deadline
    :param missed_before: a promise was broken before a new one was agreed
    :param told: ``{(milestone, "at_risk" | "missed")}`` people know of; what is past
        and not told asks for a check at once. Default: all that is past is told.
    """
    states = [step.state(now) for step in steps]
    state = next((name for name in _WORST if name in states), None)
    running = [step for step in steps if step.is_open and not step.stopped]
    events = [
        instant
        for step in running
        for kind, instant in (("at_risk", step.at_risk_at), ("missed", step.deadline))
        if instant and _is_pending(step.milestone, kind, instant, now, told)
    ]
    return Standing(
        state,
        min((step.deadline for step in running), default=None),
        "missed" in states or missed_before,
        min(events, default=None),
    )


def _is_pending(milestone, kind, instant, now, told):
    return instant >= now if told is None else (milestone, kind) not in told


def judge_stopped(steps, now, missed_before=False):
    """Cancelled: what was missed by then stays missed, the rest is no promise."""
    missed = missed_before or any(
        (step.reached_at or now) > step.deadline
        for step in steps
        if not (step.stopped and step.is_open)
    )
    return Standing("missed" if missed else None, None, missed, None)

"""Three years of a service department, told the same way every time (KP-12).

No database and no clock: a seed, the last day and the people, machines and faults it
is about give the same story again. ``writer.py`` writes it down.
"""

import random
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate

# Monday to Sunday; January to December: heat in summer, quiet in the spring festival.
WEEKDAYS = (1.25, 1.10, 1.00, 1.00, 0.95, 0.30, 0.15)
MONTHS = (0.95, 0.65, 1.00, 0.95, 0.95, 1.10, 1.30, 1.30, 1.05, 0.85, 1.00, 1.10)
HOLIDAYS = {(1, 1), (5, 1), (5, 2), (5, 3), *((10, day) for day in range(1, 8))}
GROWTH = 0.6  # so much more at the end than at the beginning
HOURS = (*range(8, 18), 20, 22, 3)
HOUR_WEIGHTS = (6, 16, 15, 10, 4, 6, 14, 12, 9, 5, 2, 1, 1)
REPEATS = 0.05
CANCELLED = 0.025
PROMISE_HOURS = {"1": 4, "2": 8, "3": 24}
WARRANTY_DAYS = 365
TALKS = ("phone", "phone", "phone", "phone", "email", "portal", "walk_in")
# How often machines of a kind fail, against a server; by month where it matters.
RATES = {"server": 1.0, "storage": 1.6, "network": 0.55, "ups": 1.1}
SEASONS = {"ups": (0.6, 0.6, 0.7, 0.8, 1.0, 1.5, 2.0, 2.0, 1.3, 0.8, 0.6, 0.6)}
TOP = 2.0
# Days before the end in which a lot went bad, and how many of the calls were its own.
BAD_DAYS = ((270, 195), (50, 0))
BAD_SHARE = 0.035


@dataclass(frozen=True)
class Technician:
    id: int
    team: int
    quality: float  # 0 … 1


@dataclass(frozen=True)
class Machine:
    id: int
    partner: int
    team: int
    zone: int | None
    product: int
    serial: str
    installed: date
    kind: str = "server"
    bad_lot: int | None = None  # which of the two lots that go bad it belongs to


@dataclass(frozen=True)
class Fault:
    symptom: int
    cause: int
    part: int | None
    weight: float
    hours: float
    misuse: bool = False
    rising: bool = False  # more and more of it in the last months
    supplier: int | None = None
    kinds: tuple = ("server",)
    max_days: int = 0  # only so soon after the installation
    free: bool = False  # nobody is charged for it
    of_lot: bool = False  # what a bad lot fails of


@dataclass(frozen=True)
class Cast:
    technicians: tuple
    machines: tuple
    faults: tuple
    prices: dict  # product: (price, cost)
    labour: int
    travel: int
    agents: dict  # team: user
    tz: object
    tax: float = 0.0


@dataclass
class Line:
    kind: str
    product: int
    quantity: float
    price: float
    cost: float
    payer: str
    discount: float = 0.0

    def get_value(self):
        """List value before tax."""
        return round(self.quantity * self.price, 2)

    def get_amount(self):
        """What the customer pays before tax."""
        if self.payer != "customer":
            return 0.0
        return round(self.get_value() * (1 - self.discount / 100.0), 2)


@dataclass
class Trip:
    lead: int
    helper: int | None
    planned: datetime
    departed: datetime
    arrived: datetime
    left: datetime
    outcome: str = "done"

    def get_people(self):
        return [person for person in (self.lead, self.helper) if person]


@dataclass
class Case:
    """One order from the call to the answer of the customer."""

    number: int
    called: datetime
    machine: Machine
    fault: Fault
    technician: Technician
    level: str
    channel: str
    place: str
    service_type: str
    parent: "Case | None" = None
    cancelled: bool = False
    answered: datetime | None = None
    answer_by: datetime | None = None
    arrive_by: datetime | None = None
    arrived: datetime | None = None
    done: datetime | None = None
    closed: datetime | None = None
    trips: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    asked: str | None = None  # state of the follow-up
    asked_at: datetime | None = None
    overall: str | None = None
    marks: tuple = ()
    words: str | None = None
    complains: str | None = None  # issue of a complaint
    complaint_end: str | None = None

    def is_late(self):
        return bool(
            self.arrive_by and self.arrived and self.arrived > self.arrive_by
        ) or (self.answered and self.answered > self.answer_by)

    def get_people(self):
        people = {person for trip in self.trips for person in trip.get_people()}
        return [self.technician.id, *sorted(people - {self.technician.id})]


class Story:
    """The cases of some months up to a last day."""

    def __init__(self, cast, last, months, orders, seed=2026):
        self.cast = cast
        self.last = last
        self.first = _months_before(last, months)
        self.orders = orders
        # The same dice every time; nothing here is secret.
        self.dice = random.Random(seed)  # noqa: S311
        self.teams = {}
        for technician in cast.technicians:
            self.teams.setdefault(technician.team, []).append(technician)
        self.machines = [m for m in cast.machines if m.team in self.teams]
        self.places = {machine.id: n for n, machine in enumerate(cast.machines)}
        wear = [
            RATES[machine.kind] / (1 + number % 17)
            for number, machine in enumerate(self.machines)
        ]
        self.wear = list(accumulate(wear))
        self.bad_lots = [
            [machine for machine in self.machines if machine.bad_lot == lot]
            for lot in range(len(BAD_DAYS))
        ]
        self.bad_faults = [fault for fault in cast.faults if fault.of_lot]
        self.end = self._instant(last + timedelta(days=1), 0)

    def tell(self):
        """:return: list of cases in the order of their calls"""
        repeats = round(self.orders * REPEATS) if self.orders > 20 else 0
        calls = self._get_calls(self.orders - repeats)
        cases = [self._start(called) for called in calls]
        cases += self._repeat(cases, repeats)
        cases.sort(key=lambda case: case.called)
        for number, case in enumerate(cases):
            case.number = number
            self._play(case)
        return cases

    # -- calls ------------------------------------------------------------------

    def _get_calls(self, count):
        days = [
            self.first + timedelta(days=n)
            for n in range((self.last - self.first).days + 1)
        ]
        weights = [self._get_weight(day) for day in days]
        chosen = sorted(self.dice.choices(range(len(days)), weights, k=count))
        return [self._call(days[n]) for n in chosen]

    def _get_weight(self, day):
        span = max((self.last - self.first).days, 1)
        growth = 1 + GROWTH * (day - self.first).days / span
        calm = 0.15 if (day.month, day.day) in HOLIDAYS else 1.0
        return WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] * growth * calm

    def _call(self, day):
        hour = self.dice.choices(HOURS, HOUR_WEIGHTS)[0]
        return self._instant(day, hour, self.dice.randrange(60))

    def _start(self, called):
        machine, fault = self._pick_bad(called) or self._pick_usual(called)
        team = self.teams[machine.team]
        # A machine usually sees the same two people again.
        known = [team[self.places[machine.id] % len(team)], *team]
        technician = self.dice.choice(known)
        place = self.dice.choices(("onsite", "remote", "workshop"), (82, 12, 6))[0]
        return Case(
            number=0,
            called=called,
            machine=machine,
            fault=fault,
            technician=technician,
            level=self.dice.choices("123", (14, 36, 50))[0],
            channel=self.dice.choice(TALKS),
            place="onsite" if fault.part and place == "remote" else place,
            service_type=self.dice.choices(
                ("chargeable", "contract", "free"), (72, 25, 3)
            )[0],
            cancelled=self.dice.random() < CANCELLED,
        )

    def _pick_bad(self, called):
        """A machine of the lot that goes bad in these days; else None."""
        back, day = (self.end - called).days, called.date()
        for (start, end), machines in zip(BAD_DAYS, self.bad_lots, strict=True):
            there = [machine for machine in machines if machine.installed <= day]
            if not (end <= back < start and there):
                continue
            if self.dice.random() < BAD_SHARE:
                return self.dice.choice(there), self.dice.choice(self.bad_faults)
        return None

    def _pick_usual(self, called):
        machine = self._pick_machine(called.date())
        age = (called.date() - machine.installed).days
        faults = [
            fault
            for fault in self.cast.faults
            if machine.kind in fault.kinds
            and (not fault.max_days or 0 <= age <= fault.max_days)
        ]
        shares = [self._get_share(fault, called) for fault in faults]
        return machine, self.dice.choices(faults, shares)[0]

    def _pick_machine(self, day):
        """Some fail often, and none before it stands at the customer's.

        New ones have their teething troubles, old ones wear out, and each kind has its
        season.
        """
        for _try in range(30):
            spot = self.dice.random() * self.wear[-1]
            machine = self.machines[bisect_left(self.wear, spot)]
            season = SEASONS.get(machine.kind, (1.0,) * 12)[day.month - 1] / TOP
            age = (day - machine.installed).days / 365.25
            if age >= 0 and self.dice.random() < 2 * season * _get_trouble(age):
                return machine
        return min(self.machines, key=lambda machine: machine.installed)

    def _get_share(self, fault, called):
        """Bad memory: three times as often in the last four months."""
        recent = (self.end - called).days < 120
        return fault.weight * (3.0 if fault.rising and recent else 1.0)

    def _repeat(self, cases, count):
        """The same fault again within a month; weak hands see it more often."""
        latest = self.end - timedelta(days=4)
        able = [c for c in cases if not c.cancelled and c.called < latest]
        weights = [(1.15 - case.technician.quality) ** 2 for case in able]
        chosen = dict.fromkeys(
            self.dice.choices(range(len(able)), weights, k=count * 3)
        )
        repeats = []
        for index in list(chosen)[:count]:
            first = able[index]
            days = self.dice.randrange(3, 26)
            day = min((first.called + timedelta(days=days)).date(), self.last)
            again = self._start(self._call(day))
            again.machine, again.fault = first.machine, first.fault
            again.technician, again.place = first.technician, first.place
            again.parent, again.cancelled = first, False
            repeats.append(again)
        # Too few machines: plain calls fill up, the number is kept.
        missing = count - len(repeats)
        return repeats + [self._start(called) for called in self._get_calls(missing)]

    # -- work -------------------------------------------------------------------

    def _play(self, case):
        self._answer(case)
        if case.cancelled:
            return
        if case.place == "remote":
            self._solve(case, self.dice.uniform(0.3, 1.5))
        elif case.place == "workshop":
            self._solve(case, self.dice.uniform(20, 90))
        else:
            self._travel(case)
        if case.done > self.end - timedelta(hours=1):
            self._shorten(case)
        self._charge(case)
        self._finish(case)
        self._ask(case)
        self._complain(case)

    def _answer(self, case):
        minutes = self.dice.expovariate(1 / 7.0)
        if self.dice.random() < 0.05:
            minutes += self.dice.uniform(25, 200)
        case.answered = case.called + timedelta(minutes=round(minutes))
        case.answer_by = case.called + timedelta(minutes=30)
        if case.place == "onsite":
            hours = PROMISE_HOURS[case.level]
            case.arrive_by = case.called + timedelta(hours=hours)

    def _solve(self, case, hours):
        """Without a trip: by telephone, or on the bench."""
        case.done = case.answered + timedelta(minutes=round(hours * 60))

    def _shorten(self, case):
        """Nothing of the history is left open: helped by telephone at once."""
        case.place, case.trips, case.arrive_by = "remote", [], None
        case.called = min(case.called, self.end - timedelta(hours=2))
        self._answer(case)
        case.answered = case.called + timedelta(minutes=3)
        case.arrived = None
        self._solve(case, 0.5)

    def _travel(self, case):
        arrived = self._get_arrival(case)
        case.arrived = arrived
        part_missing = case.fault.part and self.dice.random() < 0.07
        if part_missing:
            case.trips.append(self._trip(case, arrived, 0.7, "part_missing"))
            days = self.dice.choices((1, 2, 3, 6), (50, 30, 15, 5))[0]
            day = (case.trips[0].left + timedelta(days=days)).date()
            arrived = self._instant(day, self.dice.randrange(9, 16))
        hours = case.fault.hours * self.dice.lognormvariate(0, 0.35)
        hours *= 1.75 - 0.5 * case.technician.quality
        case.trips.append(self._trip(case, arrived, hours, "done"))
        case.done = case.trips[-1].left

    def _get_arrival(self, case):
        """Mostly in time; who is weaker, and in summer, is late more often."""
        hours = PROMISE_HOURS[case.level]
        late = 0.02 + 0.16 * (1 - case.technician.quality)
        late *= 1.6 if case.called.month in (7, 8) else 1.0
        share = self.dice.triangular(0.15, 0.95, 0.4)
        if self.dice.random() < late:
            share = self.dice.uniform(1.05, 1.9)
        arrived = case.called + timedelta(minutes=round(share * hours * 60))
        return max(arrived, case.answered + timedelta(minutes=15))

    def _trip(self, case, arrived, hours, outcome):
        ride = timedelta(minutes=self.dice.randrange(20, 100))
        work = timedelta(minutes=max(15, round(hours * 60)))
        team = [t.id for t in self.teams[case.technician.team]]
        helper = None
        if len(team) > 1 and self.dice.random() < 0.08:
            others = [person for person in team if person != case.technician.id]
            helper = self.dice.choice(others)
        late = timedelta(minutes=self.dice.randrange(-20, 21))
        return Trip(
            lead=case.technician.id,
            helper=helper,
            planned=arrived - late,
            departed=arrived - ride,
            arrived=arrived,
            left=arrived + work,
            outcome=outcome,
        )

    # -- money ------------------------------------------------------------------

    def _charge(self, case):
        payer = self._get_payer(case)
        worked = sum((t.left - t.arrived).total_seconds() for t in case.trips) / 3600
        hours = max(0.5, round((worked or 0.5) * 4) / 4)
        lines = [("labour", self.cast.labour, hours)]
        if case.trips:
            lines.append(("travel", self.cast.travel, float(len(case.trips))))
        if case.fault.part:
            lines.append(("part", case.fault.part, 1.0))
        discount = 5.0 if self.dice.random() < 0.06 else 0.0
        for kind, product, quantity in lines:
            price, cost = self.cast.prices[product]
            case.lines.append(
                Line(kind, product, quantity, price, cost, payer, discount)
            )

    def _get_payer(self, case):
        if case.fault.misuse:
            return "customer"
        if case.parent or case.fault.free or case.service_type == "free":
            return "goodwill"
        if (case.called.date() - case.machine.installed).days <= WARRANTY_DAYS:
            return "warranty"
        return "contract" if case.service_type == "contract" else "customer"

    # -- afterwards -------------------------------------------------------------

    def _finish(self, case):
        wait = timedelta(hours=self.dice.randrange(2, 40))
        case.closed = min(case.done + wait, self.end - timedelta(minutes=1))

    def _ask(self, case):
        """The card of the next day (SV-80); who is asked too late is not asked."""
        day = case.done.astimezone(self.cast.tz).date() + timedelta(days=1)
        asked_at = self._instant(day, self.dice.randrange(9, 17))
        if asked_at >= self.end:
            return
        case.asked_at = asked_at
        case.asked = self.dice.choices(
            ("answered", "unreachable", "refused"), (88, 9, 3)
        )[0]
        if case.asked == "answered":
            self._judge(case)

    def _judge(self, case):
        mood = 0.35 + 0.6 * case.technician.quality + self.dice.gauss(0, 0.16)
        mood -= 0.35 * case.is_late() + 0.3 * bool(case.parent)
        mood -= 0.15 * (len(case.trips) > 1)
        levels = ("dissatisfied", "fair", "satisfied", "very_satisfied")
        level = bisect_left((0.28, 0.45, 0.74), mood)
        case.overall = levels[level]
        marks = [min(4, max(1, level + self.dice.choice((0, 1, 1, 2)))) for _ in "asr"]
        punctual = 2 - (level == 0) if case.is_late() else max(3, marks[0])
        case.marks = (marks[0], marks[1], punctual, marks[2])
        if level == 3 and self.dice.random() < 0.12:
            case.words = "praise"
        elif level in (1, 2) and self.dice.random() < 0.15:
            case.words = "suggestion"

    def _complain(self, case):
        """Half of the dissatisfied complain; some write about the goods."""
        if case.overall == "dissatisfied" and self.dice.random() < 0.5:
            if case.parent:
                case.complains = "unsolved"
            else:
                case.complains = "late" if case.is_late() else "rude"
        elif self.dice.random() < 0.012:
            issues = ("part", "fee", "late", "unreachable")
            case.complains = self.dice.choices(issues, (40, 20, 25, 15))[0]
        if case.complains and case.done < self.end - timedelta(days=6):
            ends = ("resolved", "rejected", "withdrawn")
            case.complaint_end = self.dice.choices(ends, (85, 10, 5))[0]
        else:
            case.complains = None

    # -- time -------------------------------------------------------------------

    def _instant(self, day, hour, minute=0):
        """That time of day where the department works, as an aware instant."""
        return self.cast.tz.localize(datetime.combine(day, time(hour, minute)))


def _get_trouble(years):
    """How often a machine of this age fails, at most 1: a bath tub."""
    if years < 0.25:
        return 0.95
    if years < 1:
        return 0.6
    return min(0.35 + 0.13 * max(0.0, years - 4), 1.0)


def _months_before(day, months):
    """First day of the month so many months before, the month itself counted."""
    index = day.year * 12 + day.month - 1 - (months - 1)
    return date(index // 12, index % 12 + 1, 1)

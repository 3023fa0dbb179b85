"""The monthly score of technicians as plain arithmetic (KP-01 … KP-05).

Facts go in, lines come out; nothing here knows Odoo. Money is ``Decimal``: a tenth of
a per cent of 8 500.00 is 8.50, never 8.4999.

A rule reads facts of one kind. Kinds are free names, except the two below that need
all facts of a month together or the people of an order together.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

SHARE = "opinion_share"
OPINION = "opinion"
BONUS = "bonus"


@dataclass(frozen=True)
class Rule:
    """What a fact is worth.

    ``period``: every fact (``event``) or once a month (``month``). ``points`` and
    ``money`` are signed; negative money is a fine. Caps are absolute sums a month, 0
    for none.
    """

    id: int
    kind: str
    period: str = "event"
    points: Decimal = Decimal(0)
    money: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)  # per cent of the order's value
    opinion: str = ""
    share: Decimal = Decimal(0)  # per cent, reached counts
    without: str = ""  # this opinion must not occur
    double_repeat: bool = False
    cap_points: Decimal = Decimal(0)
    cap_money: Decimal = Decimal(0)


@dataclass(frozen=True)
class Fact:
    """Something that happened to a technician, with the document that shows it."""

    kind: str
    technician: int
    model: str
    id: int
    opinion: str = ""
    repeat: bool = False
    amount: Decimal = Decimal(0)  # of the order, for the bonus
    hours: tuple = ()  # ((technician, hours), …) of everybody on the order
    lost: bool = False  # the bonus of this order is lost


@dataclass
class Line:
    """One row of a sheet; ``key`` stays the same however often it is computed."""

    technician: int
    rule: int
    key: str
    points: Decimal
    money: Decimal
    model: str
    ids: list = field(default_factory=list)
    forgone: Decimal = Decimal(0)  # bonus lost by a bad answer
    repeat: bool = False


def to_decimal(value):
    """A number from the database as it is written, without binary noise."""
    return Decimal(repr(value)) if value else Decimal(0)


def round_money(amount, digits=2):
    """Half up, away from zero, to the smallest coin."""
    step = Decimal(1).scaleb(-digits)
    return Decimal(amount).quantize(step, ROUND_HALF_UP)


def split(amount, weights, digits=2):
    """Share an amount so that the parts add up to it (largest remainder).

    :param weights: ``[(key, weight)]``; without any weight, equal parts
    :return: ``{key: part}``; of equal remainders the lower key gets the coin
    """
    amount = round_money(amount, digits)
    pairs = sorted((key, Decimal(str(weight))) for key, weight in weights)
    total = sum(weight for _key, weight in pairs)
    if not total:
        pairs, total = [(key, Decimal(1)) for key, _weight in pairs], len(pairs)
    coins = int(amount.scaleb(digits))
    sign, coins = (-1 if coins < 0 else 1), abs(coins)
    exact = {key: coins * weight / total for key, weight in pairs}
    parts = {key: int(value) for key, value in exact.items()}
    by_rest = sorted(parts, key=lambda key: (parts[key] - exact[key], key))
    for key in by_rest[: coins - sum(parts.values())]:
        parts[key] += 1
    return {key: Decimal(sign * part).scaleb(-digits) for key, part in parts.items()}


def score(rules, facts, digits=2):
    """The lines of a month for everybody the facts name.

    :param rules: rules in the order their lines shall have
    :param facts: facts of one month
    :param digits: decimal places of the currency
    :return: list of :class:`Line`
    """
    by_kind = defaultdict(list)
    for fact in facts:
        by_kind[fact.kind].append(fact)
    shared = {}
    lines = []
    for rule in rules:
        rule = _in_coins(rule, digits)
        found = by_kind[OPINION if rule.kind == SHARE else rule.kind]
        lines += _cap(rule, _apply(rule, found, digits, shared))
    return lines


def _in_coins(rule, digits):
    """Money of a rule in coins that exist: lines then add up to what is paid."""
    money, cap = (round_money(x, digits) for x in (rule.money, rule.cap_money))
    return replace(rule, money=money, cap_money=cap)


def _apply(rule, facts, digits, shared):
    if rule.kind == BONUS:
        return [_bonus(rule, fact, digits, shared) for fact in facts]
    if rule.kind == SHARE:
        return _shares(rule, facts)
    if rule.opinion:
        facts = [fact for fact in facts if fact.opinion == rule.opinion]
    if rule.period == "month":
        return _once(rule, facts)
    return [_event(rule, fact) for fact in facts]


def _event(rule, fact):
    factor = 2 if rule.double_repeat and fact.repeat else 1
    return Line(
        fact.technician,
        rule.id,
        f"{rule.id}/{fact.model}/{fact.id}",
        rule.points * factor,
        rule.money * factor,
        fact.model,
        [fact.id],
        repeat=factor > 1,
    )


def _once(rule, facts):
    """Ten praises are worth as much as one; all of them are the evidence."""
    mine = defaultdict(list)
    for fact in facts:
        mine[fact.technician].append(fact)
    return [
        Line(
            technician,
            rule.id,
            f"{rule.id}",
            rule.points,
            rule.money,
            found[0].model,
            sorted(fact.id for fact in found),
        )
        for technician, found in mine.items()
    ]


def _shares(rule, facts):
    """A share of the answers reaches the limit; no answers, no points."""
    mine = defaultdict(list)
    for fact in facts:
        mine[fact.technician].append(fact)
    good = []
    for found in mine.values():
        hits = sum(fact.opinion == rule.opinion for fact in found)
        reached = hits * 100 >= rule.share * len(found)
        spoiled = rule.without and any(fact.opinion == rule.without for fact in found)
        if reached and not spoiled:
            good += found
    return _once(rule, good)


def _bonus(rule, fact, digits, shared):
    """Part of one technician in the bonus of one order; lost ones show what was lost.

    The parts of an order are computed once for all its people.
    """
    key = (rule.id, fact.id)
    if key not in shared:
        whole = round_money(fact.amount * rule.rate / 100, digits)
        shared[key] = split(whole, fact.hours, digits)
    part = shared[key][fact.technician]
    return Line(
        fact.technician,
        rule.id,
        f"{rule.id}/{fact.model}/{fact.id}",
        Decimal(0),
        Decimal(0) if fact.lost else part,
        fact.model,
        [fact.id],
        forgone=part if fact.lost else Decimal(0),
    )


def _cap(rule, lines):
    """The later lines of a month give way once the cap is reached."""
    for name, cap in (("points", rule.cap_points), ("money", rule.cap_money)):
        if not cap:
            continue
        left = defaultdict(lambda cap=cap: cap)
        for line in sorted(lines, key=lambda line: line.ids):
            value = getattr(line, name)
            kept = min(abs(value), left[line.technician])
            left[line.technician] -= kept
            setattr(line, name, kept if value >= 0 else -kept)
    return lines


def difference(expected, recorded):
    """What a closed month would be today, less what is on record for it.

    :param expected: lines as computed now
    :param recorded: ``{(technician, key): (points, money)}`` of the closed month and
        the adjustments made since
    :return: ``{(technician, key): (points, money)}`` without zeros
    """
    now = {(line.technician, line.key): (line.points, line.money) for line in expected}
    result = {}
    for key in [*now, *(key for key in recorded if key not in now)]:
        points, money = now.get(key, (Decimal(0), Decimal(0)))
        old_points, old_money = recorded.get(key, (Decimal(0), Decimal(0)))
        if points != old_points or money != old_money:
            result[key] = (points - old_points, money - old_money)
    return result


def effective_fine(fine, bonus, mode, cap):
    """What is really taken: capped, and by default never more than the bonus.

    :param mode: ``bonus`` (less bonus, no wage deduction), ``full`` or ``off``
    :param cap: highest sum of a month, 0 for none
    """
    if mode == "off":
        return Decimal(0)
    if cap:
        fine = min(fine, cap)
    return min(fine, max(bonus, Decimal(0))) if mode == "bonus" else fine

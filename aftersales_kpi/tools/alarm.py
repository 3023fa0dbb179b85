"""When is a failure rate higher than usual? Plain arithmetic (KP-08)."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """Failures and machine-months of one product or lot, now and before."""

    failures: int
    exposure: float  # machine-months of the recent window
    machines: int
    usual_failures: int
    usual_exposure: float  # machine-months of the time before the window


@dataclass(frozen=True)
class Limits:
    """Thresholds of a rule."""

    factor: float = 2.0
    significance: float = 1.0  # per cent
    min_failures: int = 4
    min_machines: int = 5
    min_exposure: float = 12.0  # machine-months before a rate is called usual


@dataclass(frozen=True)
class Verdict:
    """What was compared, so that the alarm can show it."""

    rate: float  # failures per 100 machine-months
    usual_rate: float
    expected: float  # failures that the usual rate would have given
    probability: float  # per cent, of so many or more by chance
    is_rise: bool
    is_over: bool  # clearly down again: half the way back to the usual rate


def poisson_tail(count, mean):
    """Probability of ``count`` or more events where ``mean`` are expected."""
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    below = sum(
        math.exp(number * math.log(mean) - mean - math.lgamma(number + 1))
        for number in range(count)
    )
    return max(0.0, 1.0 - below)


def assess(seen, wider, limits):
    """Compare the recent rate with the usual one.

    Too little history of its own: the usual rate is that of the wider group (all lots
    of the product, all machines). Without any fault on record before nothing can rise:
    then it is the records that are new.

    :param seen: :class:`Seen` of the product or lot
    :param wider: :class:`Seen` of the group it belongs to
    :return: :class:`Verdict`, or None where nothing can be compared
    """
    base = seen if seen.usual_exposure >= limits.min_exposure else wider
    if not seen.exposure or base.usual_exposure < limits.min_exposure:
        return None
    if not seen.usual_failures and not wider.usual_failures:
        return None
    # A product without a single failure is given half of one: zero is never "usual".
    usual = max(base.usual_failures, 0.5) / base.usual_exposure
    expected = usual * seen.exposure
    recent = seen.failures / seen.exposure
    probability = poisson_tail(seen.failures, expected)
    return Verdict(
        100 * recent,
        100 * usual,
        expected,
        100 * probability,
        seen.failures >= limits.min_failures
        and seen.machines >= limits.min_machines
        and recent >= limits.factor * usual
        and 100 * probability <= limits.significance,
        recent < usual * (1 + limits.factor) / 2,
    )

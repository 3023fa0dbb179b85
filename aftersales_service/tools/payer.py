"""Who pays a line of a service order, and why. Plain values."""

from typing import NamedTuple


class Decision(NamedTuple):
    """What a decider says of a line.

    :param share: per cent the payer bears; the customer pays the rest
    :param facts: what it was decided on, JSON, for words in any language
    """

    payer: str
    reason: str | None
    share: float = 100.0
    facts: dict | None = None

# Rooms in layers: each knows only those before it (docs/architecture.md).
# ruff: noqa: I001
from . import (
    base,
    term,
    cover,
    cost,
    returns,
    deposit,
    ladder,
    claim,
    letter,
    supplier,
    settings,
    aftersales_demo,
    aftersales_demo_claim,
    aftersales_demo_cover,
    aftersales_demo_letter,
    aftersales_demo_ladder,
)

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
)

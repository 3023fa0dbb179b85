# Rooms in layers: each knows only those before it (docs/architecture.md).
# ruff: noqa: I001
from . import (
    base,
    order,
    parts,
    fees,
    complaint,
    followup,
    desks,
)

# Rooms in layers: each knows only those before it (docs/architecture.md).
# ruff: noqa: I001
from . import (
    base,
    catalog,
    promise,
    order,
    dispatch,
    parts,
    money,
    fees,
    complaint,
    followup,
    desks,
    settings,
)

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
    aftersales_demo,
    aftersales_demo_complaint,
    aftersales_demo_followup,
)

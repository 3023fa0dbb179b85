# Rooms in layers: each knows only those before it (docs/architecture.md).
# ruff: noqa: I001
from . import (
    facts,
    figures,
    score,
    quality,
    settings,
    aftersales_history_cast,
    aftersales_history_derived,
    aftersales_history_figures,
    aftersales_history_writer,
    aftersales_demo,
    aftersales_demo_quality,
    aftersales_history,
    aftersales_history_mark,
)

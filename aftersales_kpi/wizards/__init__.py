# Rooms in layers: each knows only those before it (docs/architecture.md).
# ruff: noqa: I001
from . import (
    score,
    settings,
)

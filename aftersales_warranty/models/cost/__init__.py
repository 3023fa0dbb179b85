# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_goodwill_budget,
    aftersales_approval,
    aftersales_warranty_provision,
)

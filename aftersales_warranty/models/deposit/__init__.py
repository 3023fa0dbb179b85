# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_deposit_treatment,
    aftersales_deposit,
    aftersales_deposit_ledger,
    aftersales_deposit_figures,
    aftersales_deposit_statement,
    aftersales_deposit_demand,
    aftersales_deposit_entry,
    aftersales_deposit_entry_posting,
    aftersales_deposit_links,
    aftersales_deposit_desk,
    aftersales_deposit_tie_out,
)

# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_approval,
    aftersales_score_facts,
    aftersales_score_incident,
    aftersales_score_line,
    aftersales_score_rule,
    aftersales_score_sheet,
    aftersales_score_sheet_compute,
    aftersales_score_sheet_mark,
    aftersales_score_sheet_accrual,
    aftersales_score_weight,
)

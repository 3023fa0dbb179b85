# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    account_move,
    account_partial_reconcile,
    aftersales_order_fee,
    aftersales_handover,
    aftersales_handover_settlement,
    aftersales_handover_count,
    aftersales_fee_check,
    aftersales_fee_line,
    aftersales_fee_line_sql,
    aftersales_fee_line_mend,
    aftersales_fee_orphan,
    aftersales_fee_close,
    aftersales_fee_tie_out,
    aftersales_fee_tie_out_figures,
    aftersales_fee_tie_out_workbook,
    aftersales_discount_report,
    aftersales_free_work_account,
    aftersales_free_work,
    aftersales_free_work_line,
)

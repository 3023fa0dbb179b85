from . import (
    aftersales_asset_change,
    aftersales_collect,
    aftersales_collective_invoice,
    aftersales_daily_report_wizard,
    aftersales_followup_answer,
    aftersales_followup_decide,
    aftersales_part_return,
    aftersales_part_shortage,
    aftersales_reason,
    aftersales_visit_leave,
)

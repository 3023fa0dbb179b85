from . import (
    aftersales_asset_change,
    aftersales_daily_report_wizard,
    aftersales_collect,
    aftersales_collective_invoice,
    aftersales_reason,
    aftersales_visit_leave,
)

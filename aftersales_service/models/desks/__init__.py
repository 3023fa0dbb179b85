# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_call_desk,
    aftersales_call_desk_register,
    aftersales_followup_desk,
    aftersales_followup_desk_page,
    aftersales_supervisor_desk,
    aftersales_supervisor_desk_tile,
    aftersales_supervisor_desk_row,
    aftersales_myday,
    aftersales_myday_order,
    aftersales_myday_report,
    aftersales_board,
    aftersales_daily_report_mixin,
    aftersales_daily_report,
    aftersales_team_daily_report,
)

# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_team_followup,
    res_partner_followup,
    aftersales_followup_plan,
    aftersales_order_file,
    aftersales_order_followup,
    aftersales_followup,
    aftersales_followup_planner,
    aftersales_followup_link,
    aftersales_followup_question,
    aftersales_followup_call,
    aftersales_complaint_followup,
    aftersales_followup_report,
    res_partner_file,
)

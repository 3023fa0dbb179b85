# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_team_complaint,
    aftersales_unit,
    aftersales_complaint_category,
    aftersales_complaint_call,
    aftersales_complaint,
    aftersales_complaint_order,
    aftersales_complaint_transition,
    aftersales_complaint_settlement,
    aftersales_complaint_portal,
    aftersales_complaint_intake,
    aftersales_complaint_repeat,
    aftersales_complaint_calling,
    mail_activity,
    aftersales_complaint_report,
    aftersales_complaint_analysis,
    aftersales_order_complaint,
)

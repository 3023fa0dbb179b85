# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_order_dispatch,
    aftersales_order_phone,
    aftersales_visit,
    aftersales_visit_conflict,
    aftersales_visit_planning,
    aftersales_visit_hours,
    aftersales_worklog,
    aftersales_ranking_rule,
    aftersales_order_visit,
    aftersales_order_line_visit,
    aftersales_technician_agenda,
)

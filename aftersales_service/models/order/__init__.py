# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_approval,
    aftersales_order,
    aftersales_order_duplicate,
    aftersales_order_amount,
    aftersales_order_transition,
    aftersales_order_portal,
    aftersales_order_intake,
    aftersales_order_found,
    aftersales_order_history,
    aftersales_order_paper,
    aftersales_order_phone,
    aftersales_order_sla,
    aftersales_order_promise,
    aftersales_order_line,
    aftersales_order_line_payer,
)

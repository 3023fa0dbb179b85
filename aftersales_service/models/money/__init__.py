# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    account_move,
    account_move_line,
    account_payment,
    aftersales_discount_limit,
    aftersales_order_collecting,
    aftersales_order_billing,
    aftersales_order_quote,
    aftersales_order_line_cost,
    aftersales_order_line_billing,
    aftersales_collection,
    aftersales_collection_method,
    aftersales_approval_limit,
    aftersales_order_paying,
    aftersales_technician_cash,
)

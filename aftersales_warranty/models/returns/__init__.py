# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_asset_loaner,
    aftersales_asset_entitlement,
    aftersales_order_entitlement,
    aftersales_entitlement_rule,
    aftersales_entitlement_set,
    aftersales_return,
    aftersales_return_transition,
    aftersales_return_portal,
    aftersales_return_billing,
    aftersales_return_stock,
    aftersales_return_check,
    aftersales_return_line,
    aftersales_return_line_delivery,
    aftersales_return_line_money,
    stock_picking,
)

from . import (
    aftersales_order_line_issue,
    aftersales_order_line_old_part,
    aftersales_order_line_return,
    aftersales_order_line_stock,
    aftersales_order_stock,
    aftersales_requisition,
    purchase_order_line,
    repair_order,
    stock_move,
    stock_move_line,
    stock_picking,
    stock_quant,
)

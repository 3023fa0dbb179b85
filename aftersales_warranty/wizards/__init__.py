from . import (
    aftersales_reason,
    aftersales_warranty_change,
    aftersales_warranty_open,
    aftersales_warranty_open_line,
)

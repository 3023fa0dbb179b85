from . import (
    aftersales_warranty_change,
    aftersales_warranty_open,
    aftersales_warranty_open_line,
    base_partner_merge,
)

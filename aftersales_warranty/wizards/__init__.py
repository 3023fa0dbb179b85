from . import (
    aftersales_entitlement_assistant,
    aftersales_entitlement_assistant_line,
    aftersales_reason,
    aftersales_warranty_change,
    aftersales_warranty_open,
    aftersales_warranty_open_line,
)

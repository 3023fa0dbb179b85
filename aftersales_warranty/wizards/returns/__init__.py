from . import (
    aftersales_entitlement_assistant,
    aftersales_entitlement_assistant_line,
)

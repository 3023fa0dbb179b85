from . import (
    aftersales_deposit_give_back,
    aftersales_deposit_setup,
    aftersales_deposit_statement,
    aftersales_deposit_tie_wizard,
    aftersales_entitlement_assistant,
    aftersales_entitlement_assistant_line,
    aftersales_reason,
    aftersales_warranty_change,
    aftersales_warranty_open,
    aftersales_warranty_open_line,
    base_partner_merge,
)

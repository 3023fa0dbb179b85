# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_order_claim,
    aftersales_deposit_entry_claim,
    aftersales_compensation,
    aftersales_compensation_booking,
    aftersales_compensation_chain,
    aftersales_complaint_compensation,
    aftersales_claim_assessor,
    aftersales_claim_due,
    aftersales_supplier_claim,
    aftersales_supplier_claim_figures,
    aftersales_supplier_claim_settling,
    aftersales_supplier_claim_portal,
    aftersales_supplier_claim_parts,
    aftersales_supplier_claim_making,
    aftersales_supplier_claim_line,
)

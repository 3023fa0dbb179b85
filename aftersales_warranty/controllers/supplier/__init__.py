from . import (
    portal_supplier,
    portal_supplier_claim,
    portal_supplier_complaint,
    portal_supplier_deposit,
    portal_supplier_notice,
    portal_supplier_penalty,
)

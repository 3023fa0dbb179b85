from . import (
    aftersales_deposit_statement,
    aftersales_letter_report,
    aftersales_return_report,
    aftersales_supplier_claim_paper,
    aftersales_supplier_claim_report,
    aftersales_supplier_recovery_report,
    aftersales_warranty_certificate,
    aftersales_warranty_cost_report,
)

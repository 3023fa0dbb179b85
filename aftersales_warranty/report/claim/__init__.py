from . import (
    aftersales_supplier_claim_paper,
    aftersales_supplier_claim_report,
)

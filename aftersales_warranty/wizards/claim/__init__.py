from . import (
    aftersales_supplier_claim_answer,
    aftersales_supplier_claim_answer_line,
    aftersales_supplier_claim_change,
)

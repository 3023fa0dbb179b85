from .claim import (
    test_supplier_claim,
    test_supplier_claim_portal,
)
from .cost import (
    test_goodwill,
    test_warranty_cost,
    test_warranty_provision,
)
from .cover import (
    test_certificate,
    test_desk_cover,
    test_desk_cover_tour,
    test_makeup_day,
    test_order_cover,
    test_reminder,
    test_warranty,
    test_warranty_bulk,
    test_warranty_cover,
    test_warranty_extended,
    test_warranty_import,
    test_warranty_security,
)
from .deposit import (
    test_deposit,
    test_deposit_carry,
    test_deposit_china,
    test_deposit_locks,
    test_deposit_random,
)
from .ladder import (
    test_ladder_tools,
    test_penalty,
    test_penalty_clock,
    test_penalty_year,
)
from .letter import (
    test_letter,
    test_supplier_notice,
)
from .returns import (
    test_entitlement,
    test_entitlement_tools,
    test_return,
    test_return_check,
    test_return_security,
    test_return_without_serial,
)
from .supplier import (
    test_supplier_batches,
    test_supplier_month_tour,
    test_supplier_portal,
    test_supplier_portal_tour,
    test_supplier_screens,
    test_supplier_security,
)
from .term import (
    test_period,
    test_warranty_term,
)

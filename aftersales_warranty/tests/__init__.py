from . import (
    test_entitlement,
    test_entitlement_tools,
    test_period,
    test_return,
    test_return_security,
    test_warranty,
    test_warranty_bulk,
    test_warranty_cover,
    test_warranty_extended,
    test_warranty_import,
    test_warranty_security,
    test_warranty_term,
)

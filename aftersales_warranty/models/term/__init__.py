# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_warranty_exclusion,
    aftersales_warranty_ranked,
    aftersales_warranty_term_row,
    aftersales_warranty_term,
    aftersales_warranty_term_event,
    aftersales_warranty_term_line,
    product_category,
    product_product,
    product_supplierinfo,
    product_template,
)

# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_grade,
    aftersales_team,
    aftersales_zone,
    aftersales_symptom,
    aftersales_cause,
    aftersales_certificate_type,
    aftersales_certificate,
    aftersales_technician,
    aftersales_asset,
    aftersales_asset_serial,
    aftersales_asset_audit,
    product_category,
    product_product,
    product_template,
    res_partner,
    resource_resource,
    stock_lot,
)

# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_kpi_number,
    aftersales_kpi,
    aftersales_kpi_breakdown,
    aftersales_kpi_value,
    aftersales_kpi_value_store,
    aftersales_kpi_month,
    aftersales_kpi_period,
    aftersales_kpi_period_compute,
    aftersales_kpi_plan,
    digest_digest,
)

# A model before its extensions.
# ruff: noqa: I001
from . import (
    aftersales_kpi_facts,
    aftersales_kpi_facts_base,
    aftersales_kpi_facts_supplier,
    aftersales_kpi_facts_money,
    aftersales_kpi_facts_work,
    aftersales_kpi_facts_quality,
    aftersales_kpi_facts_promise,
    aftersales_kpi_facts_trace,
    aftersales_asset,
    aftersales_order,
)

from . import (
    aftersales_fault_report,
    aftersales_improvement_report,
    aftersales_order_analysis,
    aftersales_order_line_report,
    aftersales_pareto_report,
    aftersales_trip_report,
)

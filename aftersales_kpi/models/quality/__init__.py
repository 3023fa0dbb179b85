from . import (
    aftersales_alarm,
    aftersales_alarm_rule,
    aftersales_cause,
    aftersales_failure_curve,
    aftersales_handbook,
    aftersales_improvement,
    aftersales_improvement_collect,
    aftersales_improvement_line,
    aftersales_pareto,
    aftersales_trip_cause,
    aftersales_trip_rule,
)

from . import (
    aftersales_sla_agree,
    aftersales_sla_pause_wizard,
    aftersales_sla_test,
)

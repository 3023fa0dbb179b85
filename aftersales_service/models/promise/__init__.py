# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_makeup_day,
    aftersales_pause_reason,
    aftersales_sla_policy,
    aftersales_sla_policy_words,
    aftersales_sla_pause,
    aftersales_sla_agreement,
    aftersales_sla_alert,
    aftersales_sla_mixin,
    aftersales_sla_mixin_deadline,
    aftersales_sla_mixin_pause,
    aftersales_sla_mixin_words,
    aftersales_sla_mixin_watch,
    aftersales_sla_mixin_bar,
    resource_calendar,
)

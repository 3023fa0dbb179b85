# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_penalty_rule,
    aftersales_penalty_due,
    aftersales_penalty_standing,
    aftersales_penalty_review,
    aftersales_penalty,
    aftersales_penalty_steps,
    aftersales_penalty_money,
    aftersales_penalty_words,
    aftersales_penalty_person,
    aftersales_deposit_entry_penalty,
    aftersales_deposit_penalty,
    aftersales_complaint,
)

# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    aftersales_notice_source,
    aftersales_order_notice,
    aftersales_complaint_notice,
    aftersales_deposit_letter,
    aftersales_penalty_letter,
    aftersales_letter_template,
    aftersales_letter,
    aftersales_letter_portal,
    aftersales_letter_sending,
    aftersales_letter_text,
    aftersales_letter_penalty,
    aftersales_supplier_notice,
    aftersales_supplier_notice_portal,
    aftersales_deposit_entry_letter,
)

# A model before its extensions, a mixin before its users.
# ruff: noqa: I001
from . import (
    base,
    aftersales_guard_mixin,
    aftersales_guard_mixin_import,
    base_import_import,
    ir_sequence,
    mail_thread,
    res_company,
    res_users,
    aftersales_portal_mixin,
    ir_actions_report,
)

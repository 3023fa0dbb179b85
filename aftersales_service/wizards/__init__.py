from . import aftersales_asset_change, aftersales_reason, aftersales_visit_leave

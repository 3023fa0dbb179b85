from . import aftersales_asset_change

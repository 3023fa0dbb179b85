from . import aftersales_fee_close_wizard

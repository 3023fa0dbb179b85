from . import aftersales_fee_report

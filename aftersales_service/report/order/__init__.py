from . import aftersales_order_report

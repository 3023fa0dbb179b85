from . import aftersales_return_report

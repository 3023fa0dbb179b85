from . import aftersales_daily_report

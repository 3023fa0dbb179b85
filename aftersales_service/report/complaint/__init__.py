from . import aftersales_complaint_report

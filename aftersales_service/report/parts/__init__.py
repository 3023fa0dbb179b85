from . import aftersales_requisition_report

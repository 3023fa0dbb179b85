from . import aftersales_paper_mixin

# isort: split
from . import (
    aftersales_complaint_report,
    aftersales_customer_file,
    aftersales_daily_report,
    aftersales_fee_report,
    aftersales_followup_card,
    aftersales_order_report,
    aftersales_requisition_report,
)

from . import (
    aftersales_complaint_analysis_wizard,
    aftersales_complaint_answer,
    aftersales_complaint_merge,
    aftersales_complaint_register_call,
    aftersales_complaint_supplier,
)

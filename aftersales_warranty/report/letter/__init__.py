from . import aftersales_letter_report

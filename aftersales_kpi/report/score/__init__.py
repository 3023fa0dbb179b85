from . import aftersales_score_report

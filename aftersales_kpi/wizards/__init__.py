from . import aftersales_reason, aftersales_score_month

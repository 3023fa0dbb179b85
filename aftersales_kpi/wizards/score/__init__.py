from . import aftersales_score_month

from . import aftersales_history_wizard, aftersales_reason, aftersales_score_month

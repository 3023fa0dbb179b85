from . import (
    aftersales_followup_answer,
    aftersales_followup_decide,
)

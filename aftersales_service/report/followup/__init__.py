from . import (
    aftersales_customer_file,
    aftersales_followup_card,
)

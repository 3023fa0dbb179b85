from . import (
    aftersales_letter_delivery,
    aftersales_supplier_notice_answer,
)

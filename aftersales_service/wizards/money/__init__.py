from . import (
    account_move_reversal,
    aftersales_collect,
    aftersales_collective_invoice,
    aftersales_price_request,
)

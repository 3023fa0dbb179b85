from . import (
    aftersales_collect,
    aftersales_collective_invoice,
    aftersales_price_request,
)

from . import (
    aftersales_deposit_give_back,
    aftersales_deposit_setup,
    aftersales_deposit_statement,
    aftersales_deposit_tie_out_wizard,
)

from . import aftersales_deposit_statement

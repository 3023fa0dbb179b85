from . import aftersales_paper_mixin

# isort: split
from . import aftersales_order_report

from . import (
from . import test_billing
from . import test_daily_report
from . import test_dispatch
from . import test_order
from . import test_quote
from . import test_visit

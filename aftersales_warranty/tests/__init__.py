from . import test_period, test_warranty

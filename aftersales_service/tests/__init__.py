from . import test_order, test_visit

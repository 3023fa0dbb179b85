from . import test_billing, test_order, test_papers, test_quote, test_visit

from . import (
    test_billing,
    test_collection,
    test_daily_report,
    test_desk,
    test_desk_tour,
    test_dispatch,
    test_import,
    test_mail_intake,
    test_order,
    test_papers,
    test_quote,
    test_visit,
)

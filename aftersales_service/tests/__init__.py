from .base import (
    test_clock,
    test_company,
    test_guard,
    test_mail_intake,
    test_roles,
)
from .catalog import (
    test_asset,
    test_master_data,
    test_technician,
    test_zone,
)
from .complaint import (
    test_complaint,
    test_complaint_analysis,
    test_complaint_mail,
    test_complaint_portal,
    test_complaint_tour,
)
from .desks import (
    test_board,
    test_daily_report,
    test_desk,
    test_desk_tour,
    test_followup_desk,
    test_myday,
    test_screens,
    test_supervisor_desk,
    test_ten_calls,
)
from .dispatch import (
    test_dispatch,
    test_visit,
)
from .fees import (
    test_fee_desk,
    test_fee_faults,
    test_fee_month,
    test_fee_tie,
    test_fee_tour,
)
from .followup import (
    test_customer_file,
    test_followup,
    test_followup_link,
)
from .money import (
    test_billing,
    test_collection,
    test_money_tour,
    test_price_request,
    test_quote,
)
from .order import (
    test_import,
    test_order,
    test_papers,
    test_portal,
    test_security,
)
from .parts import (
    test_parts,
    test_parts_reservation,
)
from .promise import (
    test_sla_engine,
    test_sla_screens,
    test_sla_watch,
    test_worktime,
)

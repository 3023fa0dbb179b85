from datetime import date, datetime

from odoo.tests import tagged

from ..common import WarrantyCommon


@tagged("post_install", "-at_install")
class TestMakeupDay(WarrantyCommon):
    """One holiday entered over a make-up day: that day is worked, for every clock."""

    def test_worked_for_the_promise_and_for_the_warranty(self):
        calendar = self.company.resource_calendar_id
        calendar.tz = "Asia/Shanghai"
        # A Saturday within the holiday, from Friday to Sunday.
        self.env["aftersales.makeup.day"].create(
            {"date": "2026-10-10", "calendar_id": calendar.id}
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "company_id": self.company.id,
                "date_from": datetime(2026, 10, 8, 16),
                "date_to": datetime(2026, 10, 11, 16),
            }
        )
        since = datetime(2026, 10, 1)
        clock = calendar._aftersales_get_work_calendars(since)[calendar.id]
        friday, saturday, sunday = (
            clock.between(datetime(2026, 10, day - 1, 16), datetime(2026, 10, day, 16))
            for day in (9, 10, 11)
        )
        self.assertEqual((friday, sunday), (0, 0))
        self.assertGreater(saturday, 0)
        days = set(self.env["aftersales.warranty"]._get_holidays_of(self.company))
        self.assertIn(date(2026, 10, 9), days)
        self.assertNotIn(date(2026, 10, 10), days)

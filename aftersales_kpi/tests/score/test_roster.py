from datetime import datetime

from odoo import Command
from odoo.tests import tagged

from ..common import APRIL, MARCH, FiguresCommon


@tagged("post_install", "-at_install")
class TestRoster(FiguresCommon):
    """What changes the hours people have, entered late, reaches its month (KP-06)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Workshop hours",
                "tz": "Asia/Shanghai",
                "company_id": cls.company.id,
                "attendance_ids": [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": 8,
                            "hour_to": 16,
                            "day_period": "morning",
                        }
                    )
                    for day in range(5)
                ],
            }
        )
        cls.technician.resource_id.write(
            {"calendar_id": cls.calendar.id, "tz": "Asia/Shanghai"}
        )
        cls.log = cls.env["aftersales.worklog"].create(
            {
                "technician_id": cls.technician.id,
                "date": "2026-03-10",
                "category": "work",
                "hours": 8.0,
            }
        )
        for month in (MARCH, APRIL):
            cls._compute_figures(month)

    def _hours(self, month=MARCH):
        """Hours the technician had in the month."""
        row = self._month(
            "UTILISATION", month, level="technician", technician_id=self.technician
        )
        return row.denominator

    def _leave(self, start, end, **values):
        return self.env["resource.calendar.leaves"].create(
            {
                "name": "Leave",
                "resource_id": self.technician.resource_id.id,
                "calendar_id": self.calendar.id,
                "date_from": start,
                "date_to": end,
                **values,
            }
        )

    def _changed(self):
        """Months that the job would count again."""
        return sorted(self._changes())

    def test_leave_entered_late_is_taken_off_its_month(self):
        before, april = self._hours(), self._hours(APRIL)
        self._leave(datetime(2026, 3, 16, 0), datetime(2026, 3, 17, 12))
        self.assertEqual(self._changed(), [MARCH])
        people = {str(self.technician.id)}
        self.assertEqual(self._changes(), {MARCH: {"roster": people}})
        self._work_off()
        self.assertEqual(self._hours(), before - 16)
        self.assertEqual(self._hours(APRIL), april)

    def test_leave_moved_or_withdrawn_late_counts_in_both_months(self):
        before, april = self._hours(), self._hours(APRIL)
        leave = self._leave(datetime(2026, 3, 16, 0), datetime(2026, 3, 16, 12))
        self._work_off()
        leave.write(
            {
                "date_from": datetime(2026, 4, 1, 0),
                "date_to": datetime(2026, 4, 1, 12),
            }
        )
        self.assertEqual(self._changed(), [MARCH, APRIL])
        self._work_off()
        self.assertEqual((self._hours(), self._hours(APRIL)), (before, april - 8))
        leave.unlink()
        self._work_off()
        self.assertEqual((self._hours(), self._hours(APRIL)), (before, april))

    def test_a_holiday_of_everybody_is_of_everybody(self):
        before = self._hours()
        self._leave(
            datetime(2026, 3, 3, 0),
            datetime(2026, 3, 3, 12),
            resource_id=False,
            company_id=self.company.id,
        )
        self.assertEqual(self._changes(), {MARCH: {"roster": {"all"}}})
        self._work_off()
        self.assertEqual(self._hours(), before - 8)

    def test_the_month_is_that_of_the_company_clock(self):
        """31 March 17:00 in London is 1 April in Shanghai."""
        self._leave(datetime(2026, 3, 31, 17), datetime(2026, 4, 1, 8))
        self.assertEqual(self._changed(), [APRIL])

    def test_a_leave_to_come_marks_nothing(self):
        self._work_off()
        periods = self.periods.search_count([])
        self._leave(datetime(2031, 5, 5, 0), datetime(2031, 5, 6, 12))
        self.assertEqual(self._changed(), [])
        self._work_off()
        self.assertEqual(self.periods.search_count([]), periods)

    def test_only_the_reason_of_a_leave_changed_marks_nothing(self):
        leave = self._leave(datetime(2026, 3, 16, 0), datetime(2026, 3, 16, 12))
        self._work_off()
        leave.name = "Wedding"
        self.assertEqual(self._changed(), [])

    def test_a_closed_month_shows_late_leave_as_revised(self):
        period = self._period()
        period._transition("close")
        self._leave(datetime(2026, 3, 16, 0), datetime(2026, 3, 16, 12))
        self._work_off()
        row = self.values.search(
            [
                ("kpi_id.code", "=", "UTILISATION"),
                ("technician_id", "=", self.technician.id),
                ("month", "=", MARCH),
                ("revised", "=", True),
            ]
        )
        self.assertTrue(row)

    def test_a_changed_timetable_is_for_open_months_only(self):
        self._period()._transition("close")
        before = self._hours(APRIL)
        friday = self.calendar.attendance_ids.filtered(lambda a: a.dayofweek == "4")
        friday.hour_to = 12
        self._work_off(clock=True)
        self.assertEqual(self._hours(APRIL), before - 4 * 4)
        friday.unlink()
        self._work_off(clock=True)
        self.assertEqual(self._hours(APRIL), before - 4 * 8)

    def test_another_timetable_of_the_person(self):
        half = self.calendar.copy({"name": "Mornings"})
        half.attendance_ids.write({"hour_to": 12})
        self._work_off(clock=True)
        before = self._hours()
        self.technician.resource_id.calendar_id = half
        self._work_off(clock=True)
        self.assertEqual(self._hours(), before / 2)

    def test_training_entered_late_is_taken_off(self):
        before = self._hours()
        log = self.log.copy({"category": "training", "hours": 6.0})
        self.assertEqual(self._changed(), [MARCH])
        self._work_off()
        self.assertEqual(self._hours(), before - 6)
        log.hours = 2.0
        self._work_off()
        self.assertEqual(self._hours(), before - 2)
        log.unlink()
        self._work_off()
        self.assertEqual(self._hours(), before)

    def test_who_moves_takes_the_hours_along(self):
        team = self.env["aftersales.team"].create(
            {"name": "Another", "company_id": self.company.id}
        )
        self.technician.team_id = team
        self._work_off(clock=True)
        row = self._month("UTILISATION", level="team", team_id=team)
        self.assertTrue(row.denominator)

    def test_a_hundred_leaves_ask_no_more_than_ten(self):
        def make(count, day):
            self.env.flush_all()
            start = self.env.cr.sql_log_count
            self.env["resource.calendar.leaves"].create(
                [
                    {
                        "name": "Leave",
                        "resource_id": self.technician.resource_id.id,
                        "calendar_id": self.calendar.id,
                        "date_from": datetime(2026, 3, day, 0, number % 60),
                        "date_to": datetime(2026, 3, day, 12, number % 60),
                    }
                    for number in range(count)
                ]
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - start

        make(1, 2)
        few = make(10, 3)
        self.assertLessEqual(make(100, 4), few + 2)
        self.assertEqual(self._changed(), [MARCH])

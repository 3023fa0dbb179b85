"""Working time: Examples 15–18 of docs/rules.md, without and with a database."""

from datetime import date, datetime, timedelta

from pytz import timezone, utc

from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, tagged

from ...tools.worktime import (
    Clock,
    NoWorkingTimeError,
    WorkCalendar,
    duration,
)
from ..common import AftersalesCommon

SHANGHAI = "Asia/Shanghai"
BERLIN = "Europe/Berlin"
HOUR = 3600
DAY = [(9, 12), (13, 18)]
WEEK = [DAY] * 5 + [[], []]
NIGHT_AND_DAY = [[(0, 24)]] * 7
HOLIDAYS = [
    ("2026-09-25 00:00:00", "2026-09-27 23:59:59"),
    ("2026-10-01 00:00:00", "2026-10-07 23:59:59"),
]
MAKEUP = (date(2026, 9, 20), date(2026, 10, 10))


def at(text, tz=SHANGHAI):
    """Local time → naive UTC."""
    local = timezone(tz).localize(datetime.fromisoformat(text))
    return local.astimezone(utc).replace(tzinfo=None)


def local(instant, tz=SHANGHAI):
    return utc.localize(instant).astimezone(timezone(tz)).strftime("%m-%d %H:%M")


# (calendar, start, hours, pause, deadline): Examples 15 to 18
EXAMPLES = [
    ("CN", "2026-09-18 16:30", 4, None, "09-20 11:30"),
    ("CN without make-up", "2026-09-18 16:30", 4, None, "09-21 11:30"),
    ("CN", "2026-09-30 15:00", 8, None, "10-08 15:00"),
    ("CN", "2026-09-30 15:00", 24, None, "10-10 15:00"),
    ("CN without make-up", "2026-09-30 15:00", 24, None, "10-12 15:00"),
    ("24x7", "2026-09-30 15:00", 4, None, "09-30 19:00"),
    ("CN", "2026-03-02 10:00", 8, None, "03-03 10:00"),
    (
        "CN",
        "2026-03-02 10:00",
        8,
        ("2026-03-02 14:00", "2026-03-03 11:00"),
        "03-03 17:00",
    ),
    ("CN", "2026-09-30 16:00", 8, None, "10-08 16:00"),
    (
        "CN",
        "2026-09-30 16:00",
        8,
        ("2026-09-30 17:00", "2026-10-09 10:00"),
        "10-09 18:00",
    ),
    ("CN", "2026-03-07 20:00", 2, None, "03-09 11:00"),
    ("CN", "2026-03-02 09:00", 8, None, "03-02 18:00"),
]


class ExamplesMixin:
    """The examples, on whatever calendars the test class has."""

    def test_worked_examples(self):
        for name, start, hours, pause, expected in EXAMPLES:
            with self.subTest(calendar=name, start=start, pause=pause):
                pauses = [tuple(map(at, pause))] if pause else []
                deadline = self.calendars[name].add(at(start), hours * HOUR, pauses)
                self.assertEqual(local(deadline), expected)

    def test_clock_change(self):
        start = at("2026-03-28 23:30", BERLIN)
        deadline = self.calendars["Berlin"].add(start, 4 * HOUR)
        self.assertEqual(local(deadline, BERLIN), "03-29 04:30")

    def test_counted_pause(self):
        calendar = self.calendars["CN"]
        pauses = [
            ("2026-03-02 14:00", "2026-03-03 11:00", 6),
            ("2026-09-30 17:00", "2026-10-09 10:00", 10),
        ]
        for start, end, hours in pauses:
            self.assertEqual(calendar.between(at(start), at(end)), hours * HOUR)


@tagged("post_install", "-at_install")
class TestWorktime(ExamplesMixin, BaseCase):
    """Without a database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        leaves = [tuple(map(at, leave)) for leave in HOLIDAYS]
        weeks = [WEEK, WEEK]
        cls.calendars = {
            "CN": WorkCalendar(
                SHANGHAI,
                weeks,
                extra_days=dict.fromkeys(MAKEUP, DAY),
                leaves=leaves,
            ),
            "CN without make-up": WorkCalendar(SHANGHAI, weeks, leaves=leaves),
            "24x7": Clock(),
            "Berlin": WorkCalendar(BERLIN, [NIGHT_AND_DAY, NIGHT_AND_DAY]),
        }
        cls.office = cls.calendars["CN"]

    def test_overlapping_pauses_count_once(self):
        pauses = [
            (at("2026-03-02 14:00"), at("2026-03-02 17:00")),
            (at("2026-03-02 15:00"), at("2026-03-03 11:00")),
        ]
        deadline = self.office.add(at("2026-03-02 10:00"), 8 * HOUR, pauses)
        self.assertEqual(local(deadline), "03-03 17:00")

    def test_pause_at_or_after_the_deadline_changes_nothing(self):
        for begin in ("2026-03-03 10:00", "2026-03-03 10:01", "2026-03-04 10:00"):
            pause = (at(begin), at("2026-03-05 10:00"))
            deadline = self.office.add(at("2026-03-02 10:00"), 8 * HOUR, [pause])
            self.assertEqual(local(deadline), "03-03 10:00", begin)

    def test_pause_moves_the_deadline_into_the_next_pause(self):
        pauses = [
            (at("2026-03-02 14:00"), at("2026-03-02 16:00")),
            (at("2026-03-03 11:00"), at("2026-03-03 12:00")),
        ]
        deadline = self.office.add(at("2026-03-02 10:00"), 8 * HOUR, pauses)
        self.assertEqual(local(deadline), "03-03 14:00")

    def test_pause_begun_before_the_call_counts_from_the_call(self):
        pause = (at("2026-03-02 09:00"), at("2026-03-02 11:00"))
        deadline = self.office.add(at("2026-03-02 10:00"), HOUR, [pause])
        self.assertEqual(local(deadline), "03-02 12:00")

    def test_moving_equals_counting_from_the_call(self):
        """On the last minute of a shift as well as across a holiday."""
        start, seconds = at("2026-09-30 16:00"), 8 * HOUR
        for begin, end in (
            ("2026-09-30 17:00", "2026-10-09 10:00"),
            ("2026-09-30 18:00", "2026-10-08 09:00"),
            ("2026-09-30 17:59", "2026-10-08 09:30"),
            ("2026-10-08 15:59", "2026-10-08 23:00"),
        ):
            pause = (at(begin), at(end))
            whole = self.office.add(start, seconds, [pause])
            moved = self.office.move(pause[0], self.office.add(start, seconds), [pause])
            self.assertEqual(moved, whole, begin)

    def test_working_days_have_the_hours_of_the_calendar(self):
        self.assertEqual(duration(3, "working_days", self.office), 24 * HOUR)
        deadline = self.office.add(at("2026-03-02 15:00"), 24 * HOUR)
        self.assertEqual(local(deadline), "03-05 15:00")
        self.assertEqual(duration(1, "weeks", self.office), 40 * HOUR)

    def test_days_and_weeks_on_the_clock(self):
        clock = Clock()
        start = at("2026-02-27 15:00")
        seconds = duration(2, "days", clock)
        self.assertEqual(clock.add(start, seconds), start + timedelta(hours=48))
        seconds = duration(1, "weeks", clock)
        self.assertEqual(local(clock.add(start, seconds)), "03-06 15:00")

    def test_leap_day_and_month_edges(self):
        start = at("2028-02-28 17:00")  # a Monday; 2028 is a leap year
        self.assertEqual(local(self.office.add(start, 2 * HOUR)), "02-29 10:00")
        start = at("2027-12-31 17:00")  # a Friday
        self.assertEqual(local(self.office.add(start, 2 * HOUR)), "01-03 10:00")

    def test_clock_put_back_gives_no_time_twice(self):
        calendar = self.calendars["Berlin"]
        start = at("2026-10-24 23:30", BERLIN)
        deadline = calendar.add(start, 4 * HOUR)
        self.assertEqual(deadline - start, timedelta(hours=4))
        self.assertEqual(local(deadline, BERLIN), "10-25 02:30")

    def test_no_working_time_ends(self):
        empty = WorkCalendar(SHANGHAI, [[[]] * 7] * 2, name="Closed")
        with self.assertRaisesRegex(NoWorkingTimeError, "Closed"):
            empty.add(at("2026-03-02 09:00"), HOUR)
        self.assertEqual(
            empty.between(at("2026-03-02 09:00"), at("2030-01-01 09:00")), 0
        )

    def test_leave_without_end_ends(self):
        leave = (at("2026-01-01 00:00"), at("2199-01-01 00:00"))
        closed = WorkCalendar(SHANGHAI, [WEEK, WEEK], leaves=[leave])
        with self.assertRaises(NoWorkingTimeError):
            closed.add(at("2026-03-02 09:00"), HOUR)

    def test_two_weeks_alternate(self):
        short = [DAY] * 3 + [[]] * 4
        calendar = WorkCalendar(SHANGHAI, [WEEK, short])
        worked = calendar.between(at("2026-03-02 00:00"), at("2026-03-16 00:00"))
        self.assertEqual(worked, (40 + 24) * HOUR)

    def test_earlier_question_after_a_later_one(self):
        calendar = WorkCalendar(SHANGHAI, [WEEK, WEEK])
        self.assertEqual(
            local(calendar.add(at("2026-03-02 09:00"), HOUR)), "03-02 10:00"
        )
        self.assertEqual(
            local(calendar.add(at("2020-03-02 09:00"), HOUR)), "03-02 10:00"
        )
        self.assertEqual(
            local(calendar.add(at("2026-03-02 09:00"), HOUR)), "03-02 10:00"
        )

    def test_share_leaves_pauses_out(self):
        start, pause = (
            at("2026-03-02 10:00"),
            [(at("2026-03-02 14:00"), at("2026-03-03 11:00"))],
        )
        deadline = self.office.add(start, 8 * HOUR, pause)
        risk = self.office.share(start, deadline, 75, pause)
        self.assertEqual(local(risk), "03-03 15:00")


@tagged("post_install", "-at_install")
class TestCalendar(ExamplesMixin, AftersalesCommon):
    """The same through Odoo's calendars, with holidays and make-up days."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        china = cls._create_calendar("CN", SHANGHAI)
        plain = cls._create_calendar("CN without make-up", SHANGHAI)
        cls.berlin = cls._create_calendar("Berlin", BERLIN, NIGHT_AND_DAY)
        for calendar in china + plain:
            for begin, end in HOLIDAYS:
                cls._create_leave(calendar, begin, end)
        cls.env["aftersales.makeup.day"].create(
            [{"date": day, "calendar_id": china.id} for day in MAKEUP]
        )
        cls.china = china
        found = (china + plain + cls.berlin)._aftersales_get_work_calendars(
            at("2026-01-01 00:00")
        )
        cls.calendars = {calendar.name: calendar for calendar in found.values()}
        cls.calendars["24x7"] = Clock()

    @classmethod
    def _create_calendar(cls, name, tz, week=None):
        week = WEEK if week is None else week
        return cls.env["resource.calendar"].create(
            {
                "name": name,
                "tz": tz,
                "company_id": cls.company.id,
                "attendance_ids": [
                    (5, 0, 0),
                    *(
                        (
                            0,
                            0,
                            {
                                "name": f"{day}",
                                "dayofweek": str(day),
                                "hour_from": begin,
                                "hour_to": end,
                                "day_period": "morning" if begin < 12 else "afternoon",
                            },
                        )
                        for day, hours in enumerate(week)
                        for begin, end in hours
                    ),
                ],
                "global_leave_ids": [(5, 0, 0)],
            }
        )

    @classmethod
    def _create_leave(cls, calendar, begin, end, **values):
        return cls.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": at(begin),
                "date_to": at(end),
                **values,
            }
        )

    def _between(self, begin, end, calendar=None):
        calendar = calendar or self.china
        found = calendar._aftersales_get_work_calendars(at(begin))[calendar.id]
        return found.between(at(begin), at(end)) / HOUR

    def test_odoo_itself_counts_the_makeup_day(self):
        start = timezone(SHANGHAI).localize(datetime(2026, 9, 18, 16, 30))
        planned = self.china.plan_hours(4, start, compute_leaves=True)
        self.assertEqual(planned.strftime("%m-%d %H:%M"), "09-20 11:30")
        end = timezone(SHANGHAI).localize(datetime(2026, 9, 21))
        hours = self.china.get_work_hours_count(start, end)
        self.assertEqual(hours, 1.5 + 8)

    def test_makeup_day_inside_one_long_holiday_is_worked(self):
        """A leave from the first to the last free day, the Saturday made up between."""
        self.china.global_leave_ids.unlink()
        self._create_leave(self.china, "2026-10-01 00:00:00", "2026-10-11 23:59:59")
        period = ("2026-10-01 00:00", "2026-10-12 00:00")
        self.assertEqual(self._between(*period), 8)
        zone = timezone(SHANGHAI)
        begin, end = (zone.localize(datetime.fromisoformat(text)) for text in period)
        self.assertEqual(self.china.get_work_hours_count(begin, end), 8)
        planned = self.china.plan_hours(2, begin, compute_leaves=True)
        self.assertEqual(planned.strftime("%m-%d %H:%M"), "10-10 11:00")

    def test_time_off_of_a_person_lasts_over_the_makeup_day(self):
        resource = self.technician.resource_id
        resource.write({"calendar_id": self.china.id, "tz": SHANGHAI})
        self._create_leave(
            self.china,
            "2026-10-09 00:00:00",
            "2026-10-10 23:59:59",
            resource_id=resource.id,
        )
        self._create_leave(self.china, "2026-10-08 00:00:00", "2026-10-10 23:59:59")
        zone = timezone(SHANGHAI)
        begin, end = (zone.localize(datetime(2026, 10, day)) for day in (8, 11))
        work = self.china._work_intervals_batch(begin, end, resource)
        self.assertEqual([piece[:2] for piece in work[resource.id]], [])
        self.assertEqual(
            [piece[0].strftime("%m-%d %H") for piece in work[False]],
            ["10-10 09", "10-10 13"],
        )

    def test_makeup_day_of_the_company_counts_on_each_calendar(self):
        other = self._create_calendar("Other", SHANGHAI)
        self.assertEqual(
            self._between("2026-05-09 00:00", "2026-05-10 00:00", other), 0
        )
        self.env["aftersales.makeup.day"].create({"date": "2026-05-09"})
        for calendar in (other, self.china):
            self.assertEqual(
                self._between("2026-05-09 00:00", "2026-05-10 00:00", calendar), 8
            )

    def test_makeup_day_like_a_short_friday(self):
        week = [DAY] * 4 + [[(9, 12)], [], []]
        short = self._create_calendar("Short Friday", SHANGHAI, week)
        day = self.env["aftersales.makeup.day"].create(
            {"date": "2026-05-09", "calendar_id": short.id, "like_day": "4"}
        )
        self.assertEqual(
            self._between("2026-05-09 00:00", "2026-05-10 00:00", short), 3
        )
        with self.assertRaisesRegex(ValidationError, "no working hours on a Sunday"):
            day.like_day = "6"

    def test_time_off_of_one_person_is_no_holiday(self):
        resource = self.technician.resource_id
        self._create_leave(
            self.china,
            "2026-03-02 00:00:00",
            "2026-03-06 23:59:59",
            resource_id=resource.id,
        )
        self.assertEqual(self._between("2026-03-02 00:00", "2026-03-03 00:00"), 8)

    def test_holiday_of_the_company_counts_on_its_calendars_only(self):
        company = self.env["res.company"].create({"name": "Other"})
        leave = self._create_leave(
            self.china, "2026-03-02 00:00:00", "2026-03-02 23:59:59"
        )
        leave.write({"calendar_id": False, "company_id": self.company.id})
        self.assertEqual(self._between("2026-03-02 00:00", "2026-03-03 00:00"), 0)
        leave.write({"company_id": company.id})
        self.assertEqual(self._between("2026-03-02 00:00", "2026-03-03 00:00"), 8)

    def test_flexible_hours(self):
        flexible = self._create_calendar("Flexible", SHANGHAI)
        flexible.write(
            {
                "schedule_type": "flexible",
                "hours_per_day": 8,
                "full_time_required_hours": 40,
            }
        )
        worked = self._between("2026-03-02 00:00", "2026-03-09 00:00", flexible)
        self.assertEqual(worked, 40)

    def test_import_of_makeup_days(self):
        result = self.env["aftersales.makeup.day"].load(
            ["date", "name", "calendar_id", "like_day"],
            [
                ["2026-02-14", "Spring Festival", "CN", "Monday"],
                ["2026-02-28", "Spring Festival", "CN", "Friday"],
            ],
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self._between("2026-02-14 00:00", "2026-02-15 00:00"), 8)

    def test_queries_do_not_grow_with_the_calendars(self):
        more = self.env["resource.calendar"]
        for number in range(5):
            more += self._create_calendar(f"C{number}", SHANGHAI)
        counts = []
        for calendars in (more[:1], more):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            calendars._aftersales_get_work_calendars(at("2026-03-02 09:00"))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

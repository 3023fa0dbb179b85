from collections import defaultdict
from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.date_utils import float_to_time
from odoo.tools.intervals import Intervals

from ...tools.timeline import day_bounds, subtract
from ...tools.worktime import WorkCalendar


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    aftersales_makeup_ids = fields.One2many(
        "aftersales.makeup.day", "calendar_id", string="Make-Up Working Days"
    )

    # -- plain calendars for the promises on time ---------------------------------

    def _aftersales_get_work_calendars(self, since):
        """The calendars as plain working time, in four queries for any number.

        :param since: the earliest instant that will be asked for
        :return: ``{calendar id: WorkCalendar}``
        """
        # Safe: working hours of the company, no person's time off is among them.
        calendars = self.sudo().exists()
        since -= timedelta(days=40)
        weeks = calendars._aftersales_get_weeks()
        leaves = calendars._aftersales_get_holidays(since)
        makeup = calendars._aftersales_get_makeup_days(since)
        return {
            calendar.id: WorkCalendar(
                calendar.tz,
                weeks[calendar],
                extra_days={
                    day: weeks[calendar][(day.toordinal() - 1) // 7 % 2][like]
                    for day, like in makeup[calendar]
                },
                # One holiday may lie over a make-up day: that day is worked.
                leaves=subtract(
                    leaves[calendar],
                    [day_bounds(day, calendar.tz) for day, _like in makeup[calendar]],
                ),
                hours_per_day=calendar.hours_per_day,
                name=calendar.name,
            )
            for calendar in calendars
        }

    def _aftersales_get_weeks(self):
        """``{calendar: two weeks of seven lists of hours}``."""
        weeks = {calendar: calendar._aftersales_get_flexible() for calendar in self}
        for line in self.env["resource.calendar.attendance"].search_fetch(
            [
                ("calendar_id", "in", self.ids),
                ("display_type", "=", False),
                ("day_period", "!=", "lunch"),
            ],
            ["calendar_id", "dayofweek", "hour_from", "hour_to", "week_type"],
        ):
            calendar = line.calendar_id
            if calendar.flexible_hours:
                continue
            for number, week in enumerate(weeks[calendar]):
                if not calendar.two_weeks_calendar or int(line.week_type) == number:
                    week[int(line.dayofweek)].append((line.hour_from, line.hour_to))
        return weeks

    def _aftersales_get_flexible(self):
        """Without fixed hours: so many a day around noon, from Monday on."""
        week = [[] for _day in range(7)]
        left = self.full_time_required_hours if self.flexible_hours else 0.0
        for day in week:
            hours = min(left, self.hours_per_day, 24.0)
            if hours > 0:
                day.append((12.0 - hours / 2, 12.0 + hours / 2))
            left -= hours
        return [week, [list(day) for day in week]]

    def _aftersales_get_holidays(self, since):
        """``{calendar: [(start, end)]}`` of time off that is nobody's own."""
        found = defaultdict(list)
        for leave in self.env["resource.calendar.leaves"].search_fetch(
            Domain("resource_id", "=", False)
            & Domain("time_type", "=", "leave")
            & Domain("calendar_id", "in", [*self.ids, False])
            & Domain("date_to", ">=", since),
            ["calendar_id", "company_id", "date_from", "date_to"],
        ):
            for calendar in leave.calendar_id or self:
                if leave.calendar_id or leave.company_id in (
                    calendar.company_id,
                    leave.company_id.browse(),
                ):
                    found[calendar].append((leave.date_from, leave.date_to))
        return found

    def _aftersales_get_makeup_days(self, since):
        """``{calendar: [(date, weekday)]}``; a calendar's own entry comes last."""
        found = defaultdict(list)
        days = self.env["aftersales.makeup.day"].search_fetch(
            Domain("calendar_id", "in", [*self.ids, False])
            & Domain("date", ">=", since.date()),
            ["calendar_id", "company_id", "date", "like_day"],
        )
        for day in days.sorted(lambda day: bool(day.calendar_id)):
            for calendar in day.calendar_id or self:
                if day.calendar_id or day.company_id == calendar.company_id:
                    found[calendar].append((day.date, int(day.like_day)))
        return found

    def _aftersales_has_hours(self):
        """Whether anything is ever worked on the calendar."""
        self.ensure_one()
        return any(
            hours for week in self._aftersales_get_weeks()[self] for hours in week
        )

    # -- Odoo's own questions ------------------------------------------------------

    @api.model
    def _aftersales_get_makeup_lines(self, days, lines):
        """``[(date, attendance)]`` that make-up days add to a calendar."""
        result = []
        for date, like in days:
            parity = str(lines.get_week_type(date))
            result += [
                (date, line)
                for line in lines
                if int(line.dayofweek) == like and line.week_type in (False, parity)
            ]
        return result

    def _attendance_intervals_batch(
        self, start_dt, end_dt, resources=None, domain=None, tz=None, lunch=False
    ):
        """A make-up day counts wherever Odoo asks for working hours."""
        result = super()._attendance_intervals_batch(
            start_dt, end_dt, resources=resources, domain=domain, tz=tz, lunch=lunch
        )
        if lunch or domain or self.flexible_hours:
            return result
        days = self._aftersales_made_up(start_dt, end_dt)
        if not days:
            return result
        # Safe: which days of the company are worked.
        attendances = self.sudo().attendance_ids
        lines = attendances.filtered(lambda line: line._is_work_period())
        added = self._aftersales_get_makeup_lines(days, lines)
        zones = self._aftersales_zones(resources)
        for resource_id in result:
            zone = tz or zones.get(resource_id) or timezone(self.tz)
            result[resource_id] |= Intervals(
                [
                    piece
                    for date, line in added
                    if (
                        piece := self._aftersales_clip(
                            date, line, zone, start_dt, end_dt
                        )
                    )
                ],
                keep_distinct=True,
            )
        return result

    def _leave_intervals_batch(
        self, start_dt, end_dt, resources=None, domain=None, tz=None
    ):
        """A make-up day inside a holiday is worked; time off of a person stays."""
        result = super()._leave_intervals_batch(
            start_dt, end_dt, resources=resources, domain=domain, tz=tz
        )
        days = (
            len(self) == 1
            and any(result.values())
            and self._aftersales_made_up(start_dt, end_dt)
        )
        if not days:
            return result
        own = super()._leave_intervals_batch(
            start_dt,
            end_dt,
            resources=resources,
            domain=[
                *(domain or [("time_type", "=", "leave")]),
                ("resource_id", "!=", False),
            ],
            tz=tz,
        )
        zones = self._aftersales_zones(resources)
        nobody = self.env["resource.calendar.leaves"]
        for resource_id, leaves in result.items():
            zone = tz or zones.get(resource_id) or timezone(self.tz)
            worked = [
                (
                    zone.localize(datetime.combine(day, time.min)),
                    zone.localize(datetime.combine(day + timedelta(days=1), time.min)),
                    nobody,
                )
                for day, _like in days
            ]
            result[resource_id] = (leaves - Intervals(worked)) | own[resource_id]
        return result

    def _aftersales_made_up(self, start_dt, end_dt):
        """``[(date, weekday)]`` of make-up days around the period."""
        # Safe: which days of the company are worked.
        calendar = self.sudo()
        start = start_dt.astimezone(utc).replace(tzinfo=None) - timedelta(days=1)
        return [
            (date, like)
            for date, like in calendar._aftersales_get_makeup_days(start)[calendar]
            if date <= end_dt.date() + timedelta(days=1)
        ]

    @api.model
    def _aftersales_zones(self, resources):
        # Safe: the resources are only asked for their time zone.
        return {r.id: timezone(r.tz) for r in resources.sudo()} if resources else {}

    @api.model
    def _aftersales_clip(self, date, line, zone, start_dt, end_dt):
        """One shift of a make-up day inside the period asked for."""
        start = zone.localize(datetime.combine(date, float_to_time(line.hour_from)))
        end = zone.localize(datetime.combine(date, float_to_time(line.hour_to)))
        start = max(start, start_dt.astimezone(zone))
        end = min(end, end_dt.astimezone(zone))
        return (start, end, line) if start < end else None

from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models

from ...const import OPEN_VISITS
from ...tools.timeline import day_bounds, first_gap, merge, subtract, to_local


class AftersalesTechnician(models.Model):
    """When a technician works, is away or has visits, and when he is free (SV-20)."""

    _inherit = "aftersales.technician"

    def _get_agenda(self, start, end):
        """Working time, absences and visits of many people in a period.

        Queries grow with the number of working calendars, not of people or orders.

        :param start: naive UTC
        :param end: naive UTC
        :return: ``{technician: {"work": [...], "away": [...], "visits": visits}}``
            with intervals of naive UTC instants
        """
        agenda = {
            technician: {"work": [], "away": [], "visits": []} for technician in self
        }
        span = utc.localize(start), utc.localize(end)
        for calendar, people in self.grouped("resource_calendar_id").items():
            resources = people.resource_id
            # Safe: only that somebody is away is shown, never why.
            service = (calendar or people.company_id[:1].resource_calendar_id).sudo()
            hours = service._attendance_intervals_batch(*span, resources)
            leaves = service._leave_intervals_batch(*span, resources)
            for technician in people:
                resource_id = technician.resource_id.id
                away = self._to_intervals(leaves[resource_id])
                agenda[technician]["away"] = away
                agenda[technician]["work"] = subtract(
                    self._to_intervals(hours[resource_id]), away
                )
        for visit in self._search_visits(start, end):
            for technician in visit.technician_ids & self:
                agenda[technician]["visits"].append(visit)
        return agenda

    @api.model
    def _to_intervals(self, intervals):
        return merge(
            (
                begin.astimezone(utc).replace(tzinfo=None),
                stop.astimezone(utc).replace(tzinfo=None),
            )
            for begin, stop, _meta in intervals
        )

    def _search_visits(self, start, end):
        # Safe: visits for other service points are shown as busy time only.
        return (
            self.env["aftersales.visit"]
            .sudo()
            .search(
                [
                    ("technician_ids", "in", self.ids),
                    ("state", "!=", "cancelled"),
                    ("planned_start", "<", end),
                    ("planned_end", ">", start),
                ],
                order="planned_start, id",
            )
        )

    @api.model
    def _get_free(self, entry, after=False):
        """Free intervals of one entry of the agenda, from an instant on."""
        busy = [
            (visit.planned_start, visit.planned_end)
            for visit in entry["visits"]
            if visit.state in OPEN_VISITS
        ]
        if after:
            busy.append((datetime.min, after))
        return subtract(entry["work"], busy)

    def _first_free_start(self, company, hours, day=None):
        """Begin of the first free time; the next morning when there is none.

        :param company: whose clock counts for nobody in particular
        """
        now = fields.Datetime.now().replace(second=0, microsecond=0)
        # A visit begins in the technician's morning, not in the company's.
        tz = self.tz or company._aftersales_zone().zone
        start = day_bounds(day, tz)[0] if day else now
        start = max(start, self._next_quarter(now))
        if self:
            entry = self._get_agenda(start, start + timedelta(days=14))
            gap = first_gap(self._get_free(entry[self], start), hours)
            if gap:
                return gap
        local = to_local(start, tz)
        morning = timezone(tz).localize(
            datetime.combine(local.date() + timedelta(days=not day), time(9))
        )
        return max(morning.astimezone(utc).replace(tzinfo=None), start)

    @api.model
    def _next_quarter(self, instant):
        return instant + timedelta(minutes=-instant.minute % 15)

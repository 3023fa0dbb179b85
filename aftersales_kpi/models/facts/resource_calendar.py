from odoo import models


class ResourceCalendar(models.Model):
    """Another clock moves the hours of a timetable (KP-06)."""

    _inherit = "resource.calendar"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"tz", "attendance_ids", "two_weeks_calendar"}:
            self._aftersales_mark_timetable()
        return result

    def _aftersales_mark_timetable(self):
        """Everybody's open months where the timetable is in use.

        A timetable has no dates: what is closed was worked by the one of its time.
        """
        # Safe: marks what the job computes again; nothing is shown.
        calendars = self.sudo()
        technicians = calendars.env["aftersales.technician"].search(
            [("resource_id.calendar_id", "in", calendars.ids)]
        )
        companies = calendars.env["res.company"].search(
            [("resource_calendar_id", "in", calendars.ids)]
        )
        marks = calendars.env["aftersales.kpi.dirty"]
        marks._mark_roster(
            [
                *((company, False, None, None) for company in companies),
                *((person.company_id, person, None, None) for person in technicians),
            ]
        )

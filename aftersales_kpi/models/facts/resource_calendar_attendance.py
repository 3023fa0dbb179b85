from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    """A changed timetable changes the hours one has (KP-06)."""

    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.calendar_id._aftersales_mark_timetable()
        return lines

    def write(self, vals):
        calendars = self.calendar_id
        result = super().write(vals)
        (calendars | self.calendar_id)._aftersales_mark_timetable()
        return result

    def unlink(self):
        calendars = self.calendar_id
        result = super().unlink()
        calendars._aftersales_mark_timetable()
        return result

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.records import labels


class AftersalesMakeupDay(models.Model):
    """A day off that is worked instead of a holiday elsewhere (调休, SV-10).

    Odoo's calendars know weekdays and time off, but no single day that is worked.
    """

    _name = "aftersales.makeup.day"
    _description = "Make-Up Working Day"
    _order = "date, id"
    _rec_name = "date"
    _check_company_auto = True

    date = fields.Date(required=True, index=True)
    name = fields.Char("Occasion", help="e.g. National Day")
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Hours",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="Empty: the day is worked on every calendar of the company that works "
        "on that weekday's model day.",
    )
    like_day = fields.Selection(
        [
            ("0", "Monday"),
            ("1", "Tuesday"),
            ("2", "Wednesday"),
            ("3", "Thursday"),
            ("4", "Friday"),
            ("5", "Saturday"),
            ("6", "Sunday"),
        ],
        "Worked like a",
        default="0",
        required=True,
        help="The working hours of that weekday are worked on the day.",
    )

    _day_uniq = models.UniqueIndex(
        "(date, company_id, COALESCE(calendar_id, 0))",
        "This make-up day has been entered already.",
    )

    @api.depends("calendar_id")
    def _compute_company_id(self):
        for day in self:
            day.company_id = (
                day.calendar_id.company_id or day.company_id or self.env.company
            )

    @api.constrains("date", "like_day", "calendar_id")
    def _check_worked(self):
        """A model day without hours would be a make-up day without work."""
        for day in self.filtered("calendar_id"):
            lines = day.calendar_id.attendance_ids
            if not lines.filtered(
                lambda line, day=day: (
                    line.dayofweek == day.like_day and line._is_work_period()
                )
            ):
                raise ValidationError(
                    self.env._(
                        "“%(calendar)s” has no working hours on a %(day)s. Choose "
                        "the weekday whose hours are worked on %(date)s.",
                        calendar=day.calendar_id.name,
                        day=labels(self, "like_day")[day.like_day],
                        date=day.date,
                    )
                )

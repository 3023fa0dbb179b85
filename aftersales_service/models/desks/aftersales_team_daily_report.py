from odoo import api, fields, models
from odoo.tools import SQL

from .aftersales_daily_report import DEPENDS


class AftersalesTeamDailyReport(models.Model):
    """Daily report of a service point, for its supervisor (SV-25)."""

    _name = "aftersales.team.daily.report"
    _inherit = ["aftersales.daily.report.mixin"]
    _description = "Team Daily Report"
    _auto = False
    _order = "date desc, team_id"
    _rec_names_search = ["team_id"]
    _depends = DEPENDS

    technician_count = fields.Integer("Technicians", readonly=True)

    @api.depends("team_id", "date")
    def _compute_display_name(self):
        for report in self:
            report.display_name = f"{report.team_id.name or '–'} · {report.date}"

    @api.model
    def _get_extra_columns(self):
        return SQL(", COUNT(DISTINCT log.technician_id) AS technician_count")

    def _get_technician_reports(self):
        """Reports of the people of each team report; one query.

        :return: ``{team report: technician reports}``
        """
        reports = self.env["aftersales.daily.report"].search(
            [
                ("date", "in", self.mapped("date")),
                ("company_id", "in", self.company_id.ids),
            ],
            order="technician_id",
        )
        columns = self._get_group_columns()
        by_key = reports.grouped(lambda report: tuple(report[name] for name in columns))
        empty = reports.browse()
        return {report: by_key.get(report._get_key(), empty) for report in self}

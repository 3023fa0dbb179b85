from odoo import api, fields, models

DEPENDS = {
    "aftersales.worklog": [
        "category",
        "company_id",
        "date",
        "ended_at",
        "hours",
        "order_id",
        "started_at",
        "team_id",
        "technician_id",
        "visit_id",
    ],
    "aftersales.visit": ["left_without_report"],
}


class AftersalesDailyReport(models.Model):
    """Daily report of a technician: hours by category, orders, visits (SV-25)."""

    _name = "aftersales.daily.report"
    _inherit = ["aftersales.daily.report.mixin"]
    _description = "Technician Daily Report"
    _auto = False
    _order = "date desc, team_id, technician_id"
    _rec_names_search = ["technician_id"]
    _depends = DEPENDS

    technician_id = fields.Many2one("aftersales.technician", readonly=True)

    @api.depends("technician_id", "date")
    def _compute_display_name(self):
        for report in self:
            report.display_name = f"{report.technician_id.name} · {report.date}"

    @api.model
    def _get_group_columns(self):
        return ("date", "technician_id", "team_id", "company_id")

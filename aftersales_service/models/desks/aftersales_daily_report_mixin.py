from odoo import api, fields, models
from odoo.tools import SQL

CATEGORIES = ("work", "travel", "workshop", "training", "office", "other")


class AftersalesDailyReportMixin(models.AbstractModel):
    """Daily reports come out of the work logs: nobody types them twice (SV-25)."""

    _name = "aftersales.daily.report.mixin"
    _description = "Daily report from work logs"

    date = fields.Date(readonly=True)
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    started_at = fields.Datetime("From", readonly=True)
    ended_at = fields.Datetime("Until", readonly=True)
    hours_work = fields.Float("Work", readonly=True)
    hours_travel = fields.Float("Travel", readonly=True)
    hours_workshop = fields.Float("Workshop", readonly=True)
    hours_training = fields.Float("Training", readonly=True)
    hours_office = fields.Float("Office", readonly=True)
    hours_other = fields.Float("Other", readonly=True)
    hours_total = fields.Float("Hours", readonly=True)
    order_count = fields.Integer("Orders", readonly=True)
    visit_count = fields.Integer("Visits", readonly=True)
    unreported_count = fields.Integer(
        "Left without a report", readonly=True, help="Visits left without a report."
    )

    @api.model
    def _get_group_columns(self):
        """Columns of the work log that make one report."""
        return ("date", "team_id", "company_id")

    @property
    def _table_query(self):
        columns = [SQL.identifier("log", name) for name in self._get_group_columns()]
        hours = [
            SQL(
                "COALESCE(SUM(log.hours) FILTER (WHERE log.category = %s), 0) AS %s",
                category,
                SQL.identifier(f"hours_{category}"),
            )
            for category in CATEGORIES
        ]
        return SQL(
            """
            SELECT MIN(log.id) AS id,
                   %(columns)s,
                   MIN(log.started_at) AS started_at,
                   MAX(log.ended_at) AS ended_at,
                   %(hours)s,
                   SUM(log.hours) AS hours_total,
                   COUNT(DISTINCT log.order_id) AS order_count,
                   COUNT(DISTINCT log.visit_id) AS visit_count,
                   COUNT(DISTINCT log.visit_id)
                       FILTER (WHERE visit.left_without_report) AS unreported_count
                   %(extra)s
              FROM aftersales_worklog log
         LEFT JOIN aftersales_visit visit ON visit.id = log.visit_id
          GROUP BY %(columns)s
            """,
            columns=SQL(", ").join(columns),
            hours=SQL(", ").join(hours),
            extra=self._get_extra_columns(),
        )

    @api.model
    def _get_extra_columns(self):
        return SQL("")

    def _get_extra_columns(self):
        return SQL("")

    def _get_key(self):
        """What identifies a report, and its work logs."""
        self.ensure_one()
        return tuple(self[name] for name in self._get_group_columns())

    def _get_details(self):
        """Work logs behind each report, in the order of the day; one query.

        :return: ``{report: work logs}``, as the user may see them
        """
        logs = self.env["aftersales.worklog"].search(
            [
                ("date", "in", self.mapped("date")),
                ("company_id", "in", self.company_id.ids),
            ],
            order="technician_id, started_at, id",
        )
        columns = self._get_group_columns()
        by_key = logs.grouped(lambda log: tuple(log[name] for name in columns))
        empty = logs.browse()
        return {report: by_key.get(report._get_key(), empty) for report in self}

    def action_view_worklogs(self):
        """Open the rows behind the reports."""
        details = self._get_details().values()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_worklog_action"
        )
        logs = self.env["aftersales.worklog"].union(*details)
        action["domain"] = [("id", "in", logs.ids)]
        action["context"] = {}
        return action

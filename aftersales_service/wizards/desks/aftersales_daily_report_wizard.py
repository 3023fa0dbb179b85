from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class AftersalesDailyReportWizard(models.TransientModel):
    """Daily report of technicians or of service points, from what was logged (SV-25).

    Everybody prints what he may read: a technician his own day, the office the days
    of its service points.
    """

    _name = "aftersales.daily.report.wizard"
    _description = "Daily Report"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date = fields.Date(
        "Day",
        required=True,
        default=lambda self: self.env.company._aftersales_today(),
    )
    kind = fields.Selection(
        [("technician", "Each technician"), ("team", "Each service point")],
        "Report of",
        required=True,
        default="technician",
    )
    team_ids = fields.Many2many(
        "aftersales.team",
        string="Service points",
        check_company=True,
        help="Empty: all you work for.",
    )
    technician_ids = fields.Many2many(
        "aftersales.technician",
        string="Technicians",
        compute="_compute_technician_ids",
        store=True,
        readonly=False,
        check_company=True,
        help="Empty: everybody with work on that day.",
    )

    @api.depends("team_ids", "kind")
    def _compute_technician_ids(self):
        """A technician asks for himself; other choices follow the service points."""
        own = self.env["aftersales.technician"].search(
            [("user_id", "=", self.env.uid)], limit=1
        )
        for wizard in self:
            if wizard.kind == "team":
                wizard.technician_ids = False
            elif wizard.team_ids:
                wizard.technician_ids &= wizard.team_ids.technician_ids
            else:
                wizard.technician_ids = wizard.technician_ids or own

    def action_print(self):
        """Print the day, or say that there is nothing to print."""
        self.ensure_one()
        self.check_access("read")
        if not self._get_sheets():
            raise UserError(
                self.env._(
                    "Nothing was logged on %(day)s: no visit and no hours. Choose "
                    "another day or other people.",
                    day=fields.Date.to_string(self.date),
                )
            )
        report = self.env.ref("aftersales_service.action_report_daily")
        return report.report_action(self, config=False)

    # -- what was done ----------------------------------------------------------

    def _get_people_domain(self, path):
        domain = Domain("company_id", "=", self.company_id.id)
        if self.technician_ids:
            domain &= Domain(path, "in", self.technician_ids.ids)
        elif self.team_ids:
            domain &= Domain(f"{path}.team_id", "in", self.team_ids.ids)
        return domain

    def _get_worklogs(self):
        domain = self._get_people_domain("technician_id")
        return self.env["aftersales.worklog"].search(
            domain & Domain("date", "=", self.date), order="date, id"
        )

    def _get_visits(self):
        """Visits made on the day, or planned for it and not made."""
        start, end = self.company_id._aftersales_bounds(self.date)
        made = Domain("arrived_at", ">=", start) & Domain("arrived_at", "<", end)
        planned = (
            Domain("arrived_at", "=", False)
            & Domain("planned_start", ">=", start)
            & Domain("planned_start", "<", end)
        )
        people = self._get_people_domain("technician_ids") | self._get_people_domain(
            "lead_id"
        )
        return self.env["aftersales.visit"].search(
            people & (made | planned) & Domain("state", "!=", "cancelled"),
            order="planned_start, id",
        )

    def _get_done_orders(self, technicians):
        start, end = self.company_id._aftersales_bounds(self.date)
        return self.env["aftersales.order"].search(
            Domain("done_at", ">=", start)
            & Domain("done_at", "<", end)
            & Domain("technician_ids", "in", technicians.ids)
        )

    def _get_sheets(self):
        """What each technician did, in the order of their names.

        :return: list of dicts with ``technician``, ``worklogs``, ``visits``,
            ``orders`` (done on the day) and ``hours`` by category
        """
        # Safe: found with the user's own rights; a sheet adds order and customer.
        worklogs, visits = self._get_worklogs().sudo(), self._get_visits().sudo()
        technicians = (
            worklogs.technician_id
            | visits.lead_id
            | visits.technician_ids
            | self.technician_ids
        )
        if self.technician_ids:
            technicians &= self.technician_ids
        elif self.team_ids:
            technicians &= self.team_ids.technician_ids
        if not worklogs and not visits:
            return []
        done = self._get_done_orders(technicians).sudo()  # Safe: as above.
        return [
            self._prepare_sheet(technician, worklogs, visits, done)
            for technician in technicians.sorted("name")
        ]

    def _prepare_sheet(self, technician, worklogs, visits, done):
        own = worklogs.filtered(lambda log: log.technician_id == technician)
        hours = {
            category: sum(logs.mapped("hours"))
            for category, logs in own.grouped("category").items()
        }
        return {
            "technician": technician,
            "worklogs": own,
            "visits": visits.filtered(
                lambda v: technician in v.lead_id | v.technician_ids
            ),
            "orders": done.filtered(lambda o: technician in o.technician_ids),
            "hours": hours,
            "total": sum(hours.values()),
        }

from odoo import fields, models


class AftersalesComplaintAnalysisWizard(models.TransientModel):
    """Opens or prints the analysis of a month, and makes it when there is none."""

    _name = "aftersales.complaint.analysis.wizard"
    _description = "Complaints of a Month"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    month = fields.Date(
        required=True,
        default=lambda self: self.env["aftersales.complaint.analysis"]._default_month(),
        help="Any day of the month.",
    )
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        check_company=True,
        default=lambda self: self._default_team_id(),
        help="Empty: the whole company (service managers).",
    )

    def _default_team_id(self):
        manager = "aftersales_service.aftersales_service_group_manager"
        if self.env.user.has_group(manager):
            return False
        return self.env["aftersales.order"]._get_default_team(self.env.company)

    def _get_analysis(self):
        """The analysis of the month, a new one when there is none."""
        self.ensure_one()
        analyses = self.env["aftersales.complaint.analysis"]
        key = {
            "company_id": self.company_id.id,
            "team_id": self.team_id.id,
            "month": self.month.replace(day=1),
        }
        domain = [(name, "=", value) for name, value in key.items()]
        return analyses.search(domain, limit=1) or analyses.create(key)

    def action_open(self):
        """Open the analysis, to write the measures."""
        analysis = self._get_analysis()
        return {
            "type": "ir.actions.act_window",
            "res_model": analysis._name,
            "res_id": analysis.id,
            "view_mode": "form",
        }

    def action_print(self):
        """Print the analysis."""
        report = self.env.ref("aftersales_service.action_report_complaint_analysis")
        return report.report_action(self._get_analysis(), config=False)

from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesScoreMonth(models.TransientModel):
    """Compute the sheets of a whole month now: the first time, or an earlier month."""

    _name = "aftersales.score.month"
    _description = "Compute the Scores of a Month"

    month = fields.Date(
        required=True, default=fields.Date.context_today, help="Any day of the month."
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    team_ids = fields.Many2many(
        "aftersales.team",
        string="Service points",
        help="Empty: all of the company that you look after.",
    )

    def action_compute(self):
        """Create and compute the sheets, then show them."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("supervisor")
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("Choose one of your companies."))
        month = fields.Date.start_of(self.month, "month")
        technicians = self._get_technicians()
        # Safe: rights were checked; the technicians are the supervisor's own.
        sheets = self.env["aftersales.score.sheet"].sudo()
        closed = sheets.search([("month", "=", month), ("state", "=", "closed")])
        todo = technicians - closed.technician_id
        sheets._compute_month(self.company_id, month, todo)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_kpi.aftersales_score_sheet_action"
        )
        return {**action, "domain": [("month", "=", month)], "context": {}}

    @api.model
    def _get_technicians(self):
        """A manager has all, a supervisor those of the own service points."""
        domain = [("company_id", "=", self.company_id.id)]
        if self.team_ids:
            domain.append(("team_id", "in", self.team_ids.ids))
        if not self.env.user.has_group(
            "aftersales_service.aftersales_service_group_manager"
        ):
            domain.append(("team_id.user_ids", "in", [self.env.uid]))
        return self.env["aftersales.technician"].search(domain)

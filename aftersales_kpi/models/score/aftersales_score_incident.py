from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesScoreIncident(models.Model):
    """What no other document records: a supervisor writes it down (KP-03).

    ============ ============ ======================================================
    Action       Group        Restriction
    ============ ============ ======================================================
    read         technician   own ones
    write        supervisor   own service points, with evidence; never about oneself
    delete       manager      of a month that is still open; else archive
    ============ ============ ======================================================
    """

    _name = "aftersales.score.incident"
    _description = "Score Incident"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _rec_names_search = ["technician_id.name", "description"]

    kind = fields.Selection(
        [
            ("incomplete_report", "Report incomplete"),
            ("dispatch_refused", "Dispatch not followed"),
            ("hotline_missed", "Hotline not answered"),
            ("complaint_concealed", "Complaint concealed"),
        ],
        required=True,
        tracking=True,
    )
    technician_id = fields.Many2one(
        "aftersales.technician",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
    )
    company_id = fields.Many2one(
        related="technician_id.company_id", store=True, index=True, precompute=True
    )
    team_id = fields.Many2one(
        related="technician_id.team_id", store=True, index=True, precompute=True
    )
    date = fields.Date(
        required=True, default=fields.Date.context_today, index=True, tracking=True
    )
    order_id = fields.Many2one(
        "aftersales.order", index="btree_not_null", check_company=True
    )
    complaint_id = fields.Many2one(
        "aftersales.complaint", index="btree_not_null", check_company=True
    )
    description = fields.Text(
        "Evidence", required=True, help="What happened, when, who has seen it."
    )
    active = fields.Boolean(default=True, tracking=True)

    @api.depends("kind", "technician_id", "date")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for incident in self:
            parts = (kinds.get(incident.kind), incident.technician_id.name)
            incident.display_name = " · ".join(part for part in parts if part)

    @api.constrains("technician_id", "date", "description")
    def _check_incident(self):
        today = fields.Date.context_today(self)
        for incident in self:
            if incident.date > today:
                raise UserError(self.env._("An incident lies in the past."))
            if not (incident.description or "").strip():
                raise UserError(self.env._("Write down the evidence."))

    @api.model_create_multi
    def create(self, vals_list):
        incidents = super().create(vals_list)
        incidents._check_not_own()
        return incidents

    def write(self, vals):
        self._check_not_own()
        result = super().write(vals)
        self._check_not_own()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        # Safe: only whether a closed sheet names them.
        lines = self.env["aftersales.score.line"].sudo()
        if lines.search_count(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("sheet_id.state", "=", "closed"),
            ],
            limit=1,
        ):
            raise UserError(
                self.env._("It is on a closed sheet. Archive it: that is adjusted.")
            )

    def _check_not_own(self):
        """No constraint: those run as superuser and do not know who writes."""
        # Safe: compared with the user.
        if not self.env.su and self.env.user in self.sudo().technician_id.user_id:
            raise UserError(self.env._("Nobody records an incident of his own."))

from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesFeeCloseWizard(models.TransientModel):
    """Asks which service point and day (or month) to close, and shows what is left."""

    _name = "aftersales.fee.close.wizard"
    _description = "Close Service Fees"

    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        required=True,
        default=lambda self: self._default_team_id(),
        domain="[('company_id', 'in', allowed_company_ids)]",
    )
    kind = fields.Selection(
        [("day", "Day"), ("month", "Month")], required=True, default="day"
    )
    day = fields.Date(
        required=True, default=lambda self: self.env.company._aftersales_today()
    )
    lock_date = fields.Date(related="team_id.fee_lock_date")
    order_count = fields.Integer("Orders", compute="_compute_left")
    exception_count = fields.Integer("Exceptions left", compute="_compute_left")

    @api.model
    def _default_team_id(self):
        return self.env["aftersales.team"].search(
            [("company_id", "=", self.env.company.id)], limit=1
        )

    @api.depends("team_id", "kind", "day")
    def _compute_left(self):
        lines = self.env["aftersales.fee.line"]
        closes = self.env["aftersales.fee.close"]
        for wizard in self:
            domain, left = Domain.FALSE, []
            if wizard.team_id and wizard.day:
                domain = Domain("team_id", "=", wizard.team_id.id)
                domain &= Domain("close_id", "=", False)
                domain &= Domain("day", "<=", wizard._get_end())
                left = closes._get_left(wizard.team_id, wizard._get_end())
            wizard.order_count = lines.search_count(domain)
            wizard.exception_count = sum(map(len, left))

    def _get_end(self):
        if self.kind == "month":
            return fields.Date.end_of(self.day, "month")
        return self.day

    def action_close(self):
        """Close, and show the close with its papers."""
        self.ensure_one()
        close = self.env["aftersales.fee.close"].action_close_period(
            self.team_id.id, self.day, self.kind
        )
        return close._get_records_action(name=close.display_name)

    def action_view_exceptions(self):
        """Open what is left to mend or accept."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_fee_line_action"
        )
        lines = self.env["aftersales.fee.line"]
        domain = lines._get_left_domain(self.team_id, self._get_end())
        return {**action, "domain": list(domain), "context": {}}

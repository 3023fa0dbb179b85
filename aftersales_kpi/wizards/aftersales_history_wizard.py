from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class AftersalesHistoryWizard(models.TransientModel):
    """Invent years of service for a demonstration, or take them away again (KP-12)."""

    _name = "aftersales.history.wizard"
    _description = "Demo History"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_to = fields.Date(
        "Last day", required=True, default=lambda self: self._default_date_to()
    )
    months = fields.Integer(required=True, default=36)
    orders = fields.Integer(required=True, default=12000)
    history_id = fields.Many2one("aftersales.history", compute="_compute_history_id")
    is_demo = fields.Boolean(compute="_compute_is_demo")
    confirmed = fields.Boolean(
        "I understand that invented orders will stand among the real ones"
    )

    _size = models.Constraint(
        "CHECK (months BETWEEN 1 AND 60 AND orders BETWEEN 1 AND 50000)",
        "Between 1 and 60 months, and between 1 and 50 000 orders.",
    )

    @api.model
    def _default_date_to(self):
        return fields.Date.subtract(fields.Date.context_today(self), days=1)

    @api.depends("company_id")
    def _compute_history_id(self):
        for wizard in self:
            wizard.history_id = self.env["aftersales.history"].search(
                [("company_id", "=", wizard.company_id.id)], limit=1
            )

    @api.depends_context("uid")
    def _compute_is_demo(self):
        self.is_demo = self._is_demo_database()

    @api.model
    def _is_demo_database(self):
        # Safe: only whether this add-on was installed with demo data.
        modules = self.env["ir.module.module"].sudo()
        domain = [("name", "=", "aftersales_kpi"), ("demo", "=", True)]
        return bool(modules.search_count(domain, limit=1))

    def _check_administrator(self):
        if not self.env.is_system():
            raise AccessError(
                self.env._("Only an administrator makes or removes a demo history.")
            )
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("Choose one of your companies."))

    def action_generate(self):
        """Make the history; in a database without demo data only when confirmed."""
        self.ensure_one()
        self._check_administrator()
        if not self.confirmed and not self._is_demo_database():
            raise UserError(
                self.env._(
                    "This is not a demo database. Confirm that invented orders may "
                    "stand among the real ones."
                )
            )
        if self.history_id:
            raise UserError(
                self.env._("This company has a demo history already; remove it first.")
            )
        if self.date_to >= fields.Date.context_today(self):
            raise UserError(self.env._("The last day must be over."))
        # Safe: only an administrator gets here.
        self.env["aftersales.history"].sudo()._generate(
            self.company_id, self.date_to, self.months, self.orders
        )
        return self._open_orders()

    def action_remove(self):
        """Take away everything the history has made."""
        self.ensure_one()
        self._check_administrator()
        # Safe: only an administrator gets here.
        self.history_id.sudo()._remove()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _open_orders(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        return {**action, "context": {}, "target": "main"}

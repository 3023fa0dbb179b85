from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_fine_mode = fields.Selection(
        [
            ("bonus", "Less bonus, never wages"),
            ("full", "In full"),
            ("off", "No fines"),
        ],
        string="Fines",
        default="bonus",
        required=True,
        help="Less bonus: a fine takes at most the bonus of the month. In full: also "
        "what exceeds it; ask a lawyer first. No fines: they stay on the sheet, "
        "nothing is taken.",
    )
    aftersales_fine_cap = fields.Monetary(
        "Fines at most, a month",
        currency_field="currency_id",
        help="Per technician; 0: no limit.",
    )
    aftersales_bonus_journal_id = fields.Many2one(
        "account.journal", "Journal of the bonus", check_company=True
    )
    aftersales_bonus_expense_id = fields.Many2one(
        "account.account", "Expense account of the bonus", check_company=True
    )
    aftersales_bonus_payable_id = fields.Many2one(
        "account.account", "Account of the bonus owed", check_company=True
    )

    aftersales_kpi_close_day = fields.Integer(
        "Figures close on day",
        default=0,
        help="Day of the next month on which the figures of a month close by "
        "themselves; 0: a manager closes them.",
    )

    aftersales_plan_tolerance = fields.Float(
        "Plan: amber up to",
        default=10.0,
        help="A plan missed by no more than so many per cent is amber, else red.",
    )

    _aftersales_kpi_close_day = models.Constraint(
        "CHECK (aftersales_kpi_close_day BETWEEN 0 AND 28)",
        "The closing day lies between 1 and 28; 0: never by itself.",
    )
    aftersales_quality_manager_id = fields.Many2one(
        "res.users",
        "Quality manager",
        domain=[("share", "=", False)],
        help="Gets early alarms, and improvement requests without an addressee.",
    )
    aftersales_improvement_days = fields.Integer(
        "Days to answer an improvement request", default=10
    )
    aftersales_improvement_remind_days = fields.Integer(
        "Days between reminders", default=5
    )
    aftersales_suggestion_unit_id = fields.Many2one(
        "aftersales.unit",
        "Unit for suggestions",
        default=lambda self: self.env.ref(
            "aftersales_service.aftersales_unit_quality", raise_if_not_found=False
        ),
        help="Gets customers' suggestions about work whose cause names no unit.",
    )

    _aftersales_improvement_days = models.Constraint(
        "CHECK (COALESCE(aftersales_improvement_days, 1) > 0"
        " AND COALESCE(aftersales_improvement_remind_days, 1) > 0)",
        "Days to answer and between reminders are positive.",
    )
    _aftersales_fine_cap = models.Constraint(
        "CHECK (aftersales_fine_cap IS NULL OR aftersales_fine_cap >= 0)",
        "The limit of fines cannot be negative.",
    )

    def _get_quality_manager(self):
        """Who is told about quality: named in the settings, else a service manager."""
        self.ensure_one()
        # Safe: who gets a task; nothing else of the user is read.
        named = self.sudo().aftersales_quality_manager_id
        if named:
            return named
        group = self.env.ref("aftersales_service.aftersales_service_group_manager")
        # Safe: see above.
        users = group.sudo().all_user_ids.filtered(
            lambda user: user.active and not user.share and self in user.company_ids
        )
        root = self.env.ref("base.user_root")
        return (users - root).sorted("id")[:1]

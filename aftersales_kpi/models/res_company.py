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
    _aftersales_fine_cap = models.Constraint(
        "CHECK (aftersales_fine_cap IS NULL OR aftersales_fine_cap >= 0)",
        "The limit of fines cannot be negative.",
    )

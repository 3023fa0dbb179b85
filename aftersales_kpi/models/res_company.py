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

    _aftersales_fine_cap = models.Constraint(
        "CHECK (aftersales_fine_cap IS NULL OR aftersales_fine_cap >= 0)",
        "The limit of fines cannot be negative.",
    )

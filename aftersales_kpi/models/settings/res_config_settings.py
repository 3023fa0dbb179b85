from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_fine_mode = fields.Selection(
        related="company_id.aftersales_fine_mode", readonly=False, required=True
    )
    aftersales_fine_cap = fields.Monetary(
        related="company_id.aftersales_fine_cap",
        currency_field="company_currency_id",
        readonly=False,
    )
    aftersales_kpi_close_day = fields.Integer(
        related="company_id.aftersales_kpi_close_day", readonly=False
    )
    aftersales_plan_tolerance = fields.Float(
        related="company_id.aftersales_plan_tolerance", readonly=False
    )
    aftersales_bonus_journal_id = fields.Many2one(
        related="company_id.aftersales_bonus_journal_id", readonly=False
    )
    aftersales_bonus_expense_id = fields.Many2one(
        related="company_id.aftersales_bonus_expense_id", readonly=False
    )
    aftersales_bonus_payable_id = fields.Many2one(
        related="company_id.aftersales_bonus_payable_id", readonly=False
    )
    aftersales_quality_manager_id = fields.Many2one(
        related="company_id.aftersales_quality_manager_id", readonly=False
    )
    aftersales_improvement_days = fields.Integer(
        related="company_id.aftersales_improvement_days", readonly=False
    )
    aftersales_improvement_remind_days = fields.Integer(
        related="company_id.aftersales_improvement_remind_days", readonly=False
    )
    aftersales_suggestion_unit_id = fields.Many2one(
        related="company_id.aftersales_suggestion_unit_id", readonly=False
    )

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_deposit_account_id = fields.Many2one(
        related="company_id.aftersales_deposit_account_id", readonly=False
    )
    aftersales_deposit_receivable_account_id = fields.Many2one(
        related="company_id.aftersales_deposit_receivable_account_id", readonly=False
    )
    aftersales_deposit_fund_account_id = fields.Many2one(
        related="company_id.aftersales_deposit_fund_account_id", readonly=False
    )
    aftersales_deposit_income_account_id = fields.Many2one(
        related="company_id.aftersales_deposit_income_account_id", readonly=False
    )
    aftersales_deposit_loss_account_id = fields.Many2one(
        related="company_id.aftersales_deposit_loss_account_id", readonly=False
    )
    aftersales_deposit_journal_id = fields.Many2one(
        related="company_id.aftersales_deposit_journal_id", readonly=False
    )
    aftersales_deposit_lock_policy = fields.Selection(
        related="company_id.aftersales_deposit_lock_policy", readonly=False
    )

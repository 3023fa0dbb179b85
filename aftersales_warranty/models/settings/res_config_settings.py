from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_term_id = fields.Many2one(
        related="company_id.aftersales_term_id",
        readonly=False,
        domain="[('head_id', '=', False), ('company_id', 'in', [company_id, False])]",
    )
    aftersales_warranty_backdate_days = fields.Integer(
        related="company_id.aftersales_warranty_backdate_days", readonly=False
    )
    aftersales_entitlement_set_ids = fields.Many2many(
        related="company_id.aftersales_entitlement_set_ids", readonly=False
    )
    aftersales_return_approval = fields.Boolean(
        related="company_id.aftersales_return_approval", readonly=False
    )
    aftersales_return_days = fields.Integer(
        related="company_id.aftersales_return_days", readonly=False
    )
    aftersales_return_fee_product_id = fields.Many2one(
        related="company_id.aftersales_return_fee_product_id", readonly=False
    )
    aftersales_compensation_product_id = fields.Many2one(
        related="company_id.aftersales_compensation_product_id", readonly=False
    )
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
    aftersales_claim_days = fields.Integer(
        related="company_id.aftersales_claim_days", readonly=False
    )
    aftersales_claim_answer_days = fields.Integer(
        related="company_id.aftersales_claim_answer_days", readonly=False
    )
    aftersales_claim_account_id = fields.Many2one(
        related="company_id.aftersales_claim_account_id", readonly=False
    )
    aftersales_deposit_lock_policy = fields.Selection(
        related="company_id.aftersales_deposit_lock_policy", readonly=False
    )
    aftersales_penalty_reversal = fields.Selection(
        related="company_id.aftersales_penalty_reversal", readonly=False
    )

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_pricelist_id = fields.Many2one(
        related="company_id.aftersales_pricelist_id", readonly=False
    )
    aftersales_labour_product_id = fields.Many2one(
        related="company_id.aftersales_labour_product_id", readonly=False
    )
    aftersales_travel_product_id = fields.Many2one(
        related="company_id.aftersales_travel_product_id", readonly=False
    )
    aftersales_inspection_product_id = fields.Many2one(
        related="company_id.aftersales_inspection_product_id", readonly=False
    )
    aftersales_own_tz = fields.Selection(
        related="company_id.aftersales_own_tz", readonly=False
    )
    aftersales_require_signature = fields.Boolean(
        related="company_id.aftersales_require_signature", readonly=False
    )
    aftersales_photo_max_mb = fields.Integer(
        related="company_id.aftersales_photo_max_mb", readonly=False
    )
    aftersales_approve_free = fields.Boolean(
        related="company_id.aftersales_approve_free", readonly=False
    )
    aftersales_invoice_days = fields.Integer(
        related="company_id.aftersales_invoice_days", readonly=False
    )
    aftersales_rounding_limit = fields.Monetary(
        related="company_id.aftersales_rounding_limit",
        currency_field="company_currency_id",
        readonly=False,
    )
    aftersales_invoice_policy = fields.Selection(
        related="company_id.aftersales_invoice_policy", readonly=False, required=True
    )
    aftersales_quote_days = fields.Integer(
        related="company_id.aftersales_quote_days", readonly=False
    )
    aftersales_quote_required = fields.Boolean(
        related="company_id.aftersales_quote_required", readonly=False
    )
    aftersales_trip_approval = fields.Boolean(
        related="company_id.aftersales_trip_approval", readonly=False
    )
    aftersales_requisition_approval = fields.Boolean(
        related="company_id.aftersales_requisition_approval", readonly=False
    )
    aftersales_file_days = fields.Integer(
        related="company_id.aftersales_file_days", readonly=False
    )
    aftersales_visit_hours = fields.Float(
        related="company_id.aftersales_visit_hours", readonly=False
    )
    aftersales_labour_rounding = fields.Integer(
        related="company_id.aftersales_labour_rounding", readonly=False
    )
    aftersales_labour_minimum = fields.Integer(
        related="company_id.aftersales_labour_minimum", readonly=False
    )
    aftersales_consumption_location_id = fields.Many2one(
        related="company_id.aftersales_consumption_location_id", readonly=False
    )
    aftersales_allow_negative_stock = fields.Boolean(
        related="company_id.aftersales_allow_negative_stock", readonly=False
    )
    aftersales_old_part_days = fields.Integer(
        related="company_id.aftersales_old_part_days", readonly=False
    )
    aftersales_old_parts_location_id = fields.Many2one(
        related="company_id.aftersales_old_parts_location_id", readonly=False
    )
    aftersales_collection_journal_id = fields.Many2one(
        related="company_id.aftersales_collection_journal_id", readonly=False
    )
    aftersales_electronic_journal_id = fields.Many2one(
        related="company_id.aftersales_electronic_journal_id", readonly=False
    )
    aftersales_cash_journal_id = fields.Many2one(
        related="company_id.aftersales_cash_journal_id", readonly=False
    )
    aftersales_technician_account_id = fields.Many2one(
        related="company_id.aftersales_technician_account_id", readonly=False
    )
    aftersales_followup_tries = fields.Integer(
        related="company_id.aftersales_followup_tries", readonly=False
    )
    aftersales_followup_hours = fields.Integer(
        related="company_id.aftersales_followup_hours", readonly=False
    )
    aftersales_followup_link_days = fields.Integer(
        related="company_id.aftersales_followup_link_days", readonly=False
    )
    aftersales_followup_question_days = fields.Integer(
        related="company_id.aftersales_followup_question_days", readonly=False
    )
    aftersales_deputy_manager_id = fields.Many2one(
        related="company_id.aftersales_deputy_manager_id", readonly=False
    )
    aftersales_repeat_days = fields.Integer(
        related="company_id.aftersales_repeat_days", readonly=False
    )
    aftersales_revenue_account_ids = fields.Many2many(
        related="company_id.aftersales_revenue_account_ids", readonly=False
    )
    aftersales_cash_warning = fields.Monetary(
        related="company_id.aftersales_cash_warning",
        currency_field="company_currency_id",
        readonly=False,
    )
    aftersales_cash_limit = fields.Monetary(
        related="company_id.aftersales_cash_limit",
        currency_field="company_currency_id",
        readonly=False,
    )
    aftersales_free_work_policy = fields.Selection(
        related="company_id.aftersales_free_work_policy", readonly=False, required=True
    )
    aftersales_free_work_journal_id = fields.Many2one(
        related="company_id.aftersales_free_work_journal_id", readonly=False
    )

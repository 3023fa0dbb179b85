from odoo import fields, models


class AftersalesWorklog(models.Model):
    """Hours of a person, from visits or entered by hand (SV-25)."""

    _name = "aftersales.worklog"
    _description = "Work Log"
    _order = "date desc, id desc"
    _check_company_auto = True

    technician_id = fields.Many2one(
        "aftersales.technician",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="technician_id.company_id", store=True, index=True, precompute=True
    )
    date = fields.Date(required=True, default=fields.Date.context_today, index=True)
    category = fields.Selection(
        [
            ("work", "Work"),
            ("travel", "Travel"),
            ("workshop", "Workshop"),
            ("training", "Training"),
            ("office", "Office"),
            ("other", "Other"),
        ],
        required=True,
        default="work",
    )
    hours = fields.Float(required=True)
    order_id = fields.Many2one(
        "aftersales.order", index="btree_not_null", ondelete="restrict"
    )
    visit_id = fields.Many2one(
        "aftersales.visit", index="btree_not_null", ondelete="cascade"
    )
    note = fields.Char()

    _hours_positive = models.Constraint("CHECK (hours >= 0)", "Hours are not negative.")

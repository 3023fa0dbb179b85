from odoo import fields, models


class AftersalesTeam(models.Model):
    """Up to which day accounting has signed off a service point (SV-54)."""

    _inherit = "aftersales.team"

    fee_lock_date = fields.Date(
        "Fees closed up to",
        readonly=True,
        copy=False,
        help="Accounting has signed off everything up to this day.",
    )

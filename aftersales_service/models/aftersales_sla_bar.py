from odoo import models


class AftersalesSlaBar(models.AbstractModel):
    """One bar that explains every minute of a promise (SV-10, SV-11)."""

    _name = "aftersales.sla.bar"
    _description = "After-sales: the bar of a promise"

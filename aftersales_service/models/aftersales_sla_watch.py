from odoo import models


class AftersalesSlaWatch(models.AbstractModel):
    """At risk and missed are told to people, once each (SV-12)."""

    _name = "aftersales.sla.watch"
    _description = "After-sales: watch over promises"

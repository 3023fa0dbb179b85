from odoo import models


class AftersalesOrderFollowup(models.AbstractModel):
    """What a service order knows of its follow-ups."""

    _name = "aftersales.order.followup"
    _description = "Service Order: follow-ups"

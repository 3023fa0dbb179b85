from odoo import models


class AftersalesOrderSla(models.AbstractModel):
    """What a service order knows of its promises on time."""

    _name = "aftersales.order.sla"
    _description = "Service Order: promises on time"
    _inherit = ["aftersales.sla.mixin"]

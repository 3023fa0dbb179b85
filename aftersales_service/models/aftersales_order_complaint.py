from odoo import models


class AftersalesOrderComplaint(models.AbstractModel):
    """What a service order knows of its complaints."""

    _name = "aftersales.order.complaint"
    _description = "Service Order: complaints"

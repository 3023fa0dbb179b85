from odoo import models


class AftersalesOrderStock(models.AbstractModel):
    """Stock side of a service order: parts leave at completion (SV-40)."""

    _name = "aftersales.order.stock"
    _description = "Service Order: parts and stock"

    def _issue_parts(self):
        """Done part lines become done stock moves, in one batch."""

    def _release_parts(self):
        """Reservations of the orders are given back without a trace."""

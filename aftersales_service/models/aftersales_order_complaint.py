from odoo import fields, models


class AftersalesOrderComplaint(models.AbstractModel):
    """What a service order knows of its complaints."""

    _name = "aftersales.order.complaint"
    _description = "Service Order: complaints"

    complaint_ids = fields.One2many(
        "aftersales.complaint", "order_id", "Complaints", copy=False
    )

    def _prepare_complaint_values(self, **extra):
        """Values of a complaint about this order; followers and desks add theirs."""
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "team_id": self.team_id.id,
            "partner_id": self.partner_id.id,
            "order_id": self.id,
            "asset_id": self.asset_id.id,
            "product_id": self.product_id.id,
            "phone": self.phone,
            "contact_name": self.contact_name,
            **extra,
        }

from odoo import api, fields, models

from ...tools.records import count_by


class AftersalesOrder(models.Model):
    """What a service order knows of its complaints."""

    _inherit = "aftersales.order"

    complaint_ids = fields.One2many(
        "aftersales.complaint", "order_id", "Complaints", copy=False
    )
    complaint_count = fields.Integer(compute="_compute_complaint_count")
    origin_complaint_id = fields.Many2one(
        "aftersales.complaint",
        "Started by complaint",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        check_company=True,
    )

    @api.depends_context("uid")
    @api.depends("complaint_ids")
    def _compute_complaint_count(self):
        """Complaints about the order; one query, none without the right to see them."""
        complaints = self.env["aftersales.complaint"]
        counts = {}
        if complaints.has_access("read"):
            own = [("state", "!=", "merged")]
            counts = count_by(complaints, "order_id", self, own)
        for order in self:
            order.complaint_count = counts.get(order.id, 0)

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

    def action_create_complaint(self):
        """Open a complaint about this order, everything known filled in (SV-60)."""
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("operator")
        values = self._prepare_complaint_values()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New complaint"),
            "res_model": "aftersales.complaint",
            "view_mode": "form",
            "context": {f"default_{name}": value for name, value in values.items()},
        }

    def action_view_complaints(self):
        """Open the complaints about the order."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_complaint_action"
        )
        action["domain"] = [("order_id", "in", self.ids)]
        action["context"] = {"search_default_open": 0}
        return action

from odoo import models
from odoo.exceptions import UserError

from ...const import COMPLAINT_OPEN


class AftersalesComplaint(models.Model):
    """The service order that mends what was complained about."""

    _inherit = "aftersales.complaint"

    def action_create_order(self):
        """Start a service order; a second click opens the first one (SV-60)."""
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator")
        self._lock_for_action()
        if self.state not in COMPLAINT_OPEN:
            raise UserError(self._blocked_message("create_order", self))
        orders = self.env["aftersales.order"]
        order = self.started_order_ids.filtered(lambda o: o.state == "new")[:1]
        if not order:
            order = orders.create(self._prepare_order_values())
            self._log_reason(self.env._("Service order started"), order.name)
            # Safe: UPDATE of the locked row, so that a second click waits.
            self.sudo().write({"description": self.description})
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.order",
            "res_id": order.id,
            "view_mode": "form",
        }

    def _prepare_order_values(self):
        """Values of the order a complaint starts."""
        channels = dict(self.env["aftersales.order"]._fields["channel"].selection)
        return {
            "origin_complaint_id": self.id,
            "company_id": self.company_id.id,
            "team_id": self.team_id.id,
            "partner_id": self.partner_id.id,
            "asset_id": self.asset_id.id,
            "product_id": self.product_id.id,
            "parent_id": self.order_id.id,
            "description": self.description,
            "contact_name": self.contact_name,
            "phone": self.phone,
            "channel": self.channel if self.channel in channels else "phone",
            "duplicate_confirmed": True,
        }

    def action_view_started_orders(self):
        """Open the service orders the complaint has started."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        action["domain"] = [("origin_complaint_id", "in", self.ids)]
        action["context"] = {"create": False}
        return action

from odoo import api, fields, models
from odoo.fields import Domain


class AccountMove(models.Model):
    _inherit = "account.move"

    aftersales_order_ids = fields.Many2many(
        "aftersales.order",
        string="Service orders",
        compute="_compute_aftersales_order_ids",
        search="_search_aftersales_order_ids",
        compute_sudo=True,
    )
    aftersales_order_count = fields.Integer(
        "Number of service orders",
        compute="_compute_aftersales_order_ids",
        compute_sudo=True,
    )

    @api.depends("invoice_line_ids.aftersales_order_line_id")
    def _compute_aftersales_order_ids(self):
        for move in self:
            orders = move.invoice_line_ids.aftersales_order_line_id.order_id
            move.aftersales_order_ids = orders
            move.aftersales_order_count = len(orders)

    def _search_aftersales_order_ids(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("invoice_line_ids.aftersales_order_line_id.order_id", "in", value)

    def action_view_aftersales_orders(self):
        """Open the service orders this invoice charges."""
        orders = self.aftersales_order_ids
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        if len(orders) == 1:
            action.update(views=[(False, "form")], res_id=orders.id)
        else:
            action.update(domain=[("id", "in", orders.ids)], context={})
        return action

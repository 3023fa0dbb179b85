from odoo import api, fields, models

from odoo.addons.aftersales_service.tools.records import count_by


class SaleOrder(models.Model):
    _inherit = "sale.order"

    aftersales_warranty_ids = fields.One2many(
        "aftersales.warranty", "sale_order_id", "Warranties"
    )
    aftersales_warranty_count = fields.Integer(
        "Number of Warranties", compute="_compute_aftersales_warranty_count"
    )
    aftersales_return_count = fields.Integer(
        "Refunds and exchanges", compute="_compute_aftersales_return_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_warranty_count(self):
        warranties = self.env["aftersales.warranty"]
        counts = {}
        if warranties.has_access("read"):
            counts = count_by(warranties, "sale_order_id", self)
        for order in self:
            order.aftersales_warranty_count = counts.get(order.id, 0)

    def action_view_aftersales_warranties(self):
        """Open the warranties that came out of the order."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_warranty_action"
        )
        action["domain"] = [("sale_order_id", "in", self.ids)]
        action["context"] = {}
        return action

    def _action_confirm(self):
        result = super()._action_confirm()
        self.order_line._aftersales_open_sold()
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        for order in self:
            # Safe: a cancelled sale sells no warranty.
            sold = order.sudo().aftersales_warranty_ids
            sold.filtered(lambda w: not w.is_void and not w.move_id)._void(
                self.env._("Sales order %s was cancelled", order.name)
            )
        return result

    def _compute_aftersales_return_count(self):
        lines = self.env["aftersales.return.line"]
        counts = {}
        if lines.has_access("read"):
            groups = lines._read_group(
                [("sale_line_id.order_id", "in", self.ids)],
                ["sale_line_id"],
                ["return_id:recordset"],
            )
            for sale_line, returns in groups:
                # Safe: the order of a line the return was made for.
                order = sale_line.sudo().order_id
                counts.setdefault(order.id, set()).update(returns.ids)
        for order in self:
            order.aftersales_return_count = len(counts.get(order.id, ()))

    def action_view_aftersales_returns(self):
        """Open the refunds and exchanges of what was sold here."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_return_action"
        )
        action["domain"] = [("line_ids.sale_line_id.order_id", "in", self.ids)]
        action["context"] = {}
        return action

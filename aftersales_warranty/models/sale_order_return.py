from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    aftersales_return_count = fields.Integer(
        "Refunds and exchanges", compute="_compute_aftersales_return_count"
    )

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

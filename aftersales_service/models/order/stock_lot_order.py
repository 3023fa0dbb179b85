from odoo import api, fields, models


class StockLot(models.Model):
    """Service orders of the machine behind a serial number."""

    _inherit = "stock.lot"

    aftersales_order_count = fields.Integer(
        string="Service Orders", compute="_compute_aftersales_order_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_order_count(self):
        orders = self.env["aftersales.order"]
        counts = {}
        if orders.has_access("read"):
            groups = orders._read_group(
                [("asset_id.lot_id", "in", self.ids)], ["asset_id"], ["__count"]
            )
            for asset, count in groups:
                # Safe: the lot of a product whose orders the user has counted.
                lot = asset.sudo().lot_id
                counts[lot.id] = counts.get(lot.id, 0) + count
        for lot in self:
            lot.aftersales_order_count = counts.get(lot.id, 0)

    def action_view_aftersales_orders(self):
        """Open the service orders of the installed product."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        action["domain"] = [("asset_id.lot_id", "in", self.ids)]
        action["context"] = {}
        return action

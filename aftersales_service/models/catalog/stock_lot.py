from odoo import api, fields, models
from odoo.exceptions import UserError


class StockLot(models.Model):
    _inherit = "stock.lot"

    aftersales_asset_ids = fields.One2many(
        "aftersales.asset", "lot_id", string="Installed Products"
    )
    aftersales_asset_count = fields.Integer(
        string="Number of Installed Products",
        compute="_compute_aftersales_asset_count",
    )
    aftersales_order_count = fields.Integer(
        string="Service Orders", compute="_compute_aftersales_order_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_asset_count(self):
        assets = self.env["aftersales.asset"]
        counts = {}
        if assets.has_access("read"):
            groups = assets._read_group(
                [("lot_id", "in", self.ids)], ["lot_id"], ["__count"]
            )
            counts = {lot.id: count for lot, count in groups}
        for lot in self:
            lot.aftersales_asset_count = counts.get(lot.id, 0)

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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_aftersales_assets(self):
        # Safe: only existence is tested, also in companies the user cannot see.
        assets = self.env["aftersales.asset"].sudo().with_context(active_test=False)
        found = assets.search([("lot_id", "in", self.ids)], limit=5)
        if found:
            raise UserError(
                self.env._(
                    "These serial numbers are installed at customers: %(names)s.",
                    names=", ".join(found.lot_id.mapped("name")),
                )
            )

    def action_view_aftersales_assets(self):
        """Open the installed product of the serial number."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_asset_action"
        )
        action["domain"] = [("lot_id", "in", self.ids)]
        action["context"] = {
            "active_test": False,
            "default_product_id": self[:1].product_id.id,
            "default_lot_id": self[:1].id,
        }
        return action

    def action_view_aftersales_orders(self):
        """Open the service orders of the installed product."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        action["domain"] = [("asset_id.lot_id", "in", self.ids)]
        action["context"] = {}
        return action

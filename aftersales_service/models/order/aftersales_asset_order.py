from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import OPEN_STATES


class AftersalesAsset(models.Model):
    """Service orders of a machine."""

    _inherit = "aftersales.asset"

    order_ids = fields.One2many("aftersales.order", "asset_id", string="Orders")
    aftersales_order_count = fields.Integer(
        string="Service Orders", compute="_compute_aftersales_order_count"
    )

    def _compute_aftersales_order_count(self):
        counts = self._get_counts("aftersales.order")
        for asset in self:
            asset.aftersales_order_count = counts.get(asset.id, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        # Safe: only existence is tested, also of orders of other teams.
        orders = self.env["aftersales.order"].sudo().with_context(active_test=False)
        if orders.search_count([("asset_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "There are service orders for these products. Archive them "
                    "instead of deleting them."
                )
            )

    def action_view_orders(self):
        """Open the service orders of these products."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_order_action"
        )
        action["domain"] = [("asset_id", "in", self.ids)]
        action["context"] = {}
        if len(self) == 1:
            action["context"] = {
                "default_partner_id": self.partner_id.id,
                "default_site_id": self.site_id.id,
                "default_product_id": self.product_id.id,
                "default_asset_id": self.id,
            }
        return action

    def _check_can_scrap(self):
        super()._check_can_scrap()
        # Safe: open orders of other teams block as well; only their names are shown.
        orders = (
            self.env["aftersales.order"]
            .sudo()
            .search(
                [("asset_id", "in", self.ids), ("state", "in", OPEN_STATES)],
                limit=5,
            )
        )
        if orders:
            raise UserError(
                self.env._(
                    "There are open service orders: %(orders)s. Complete or cancel "
                    "them first.",
                    orders=", ".join(orders.mapped("name")),
                )
            )

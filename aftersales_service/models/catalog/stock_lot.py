from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.records import count_by


class StockLot(models.Model):
    _inherit = "stock.lot"

    aftersales_asset_ids = fields.One2many(
        "aftersales.asset", "lot_id", string="Installed Products"
    )
    aftersales_asset_count = fields.Integer(
        string="Number of Installed Products",
        compute="_compute_aftersales_asset_count",
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_asset_count(self):
        assets = self.env["aftersales.asset"]
        counts = {}
        if assets.has_access("read"):
            counts = count_by(assets, "lot_id", self)
        for lot in self:
            lot.aftersales_asset_count = counts.get(lot.id, 0)

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

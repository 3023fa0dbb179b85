from odoo import api, fields, models


class StockLot(models.Model):
    _inherit = "stock.lot"

    aftersales_warranty_state = fields.Selection(
        [
            ("none", "No warranty"),
            ("pending", "Pending"),
            ("active", "Active"),
            ("expired", "Expired"),
            ("void", "Void"),
        ],
        string="Warranty",
        compute="_compute_aftersales_warranty",
    )
    aftersales_warranty_end = fields.Date(
        "Warranty until", compute="_compute_aftersales_warranty"
    )

    @api.depends("aftersales_asset_ids.warranty_ids.date_end")
    @api.depends_context("uid", "company")
    def _compute_aftersales_warranty(self):
        readable = self.env["aftersales.asset"].has_access("read")
        for lot in self:
            asset = readable and lot.aftersales_asset_ids[:1]
            lot.aftersales_warranty_state = asset and asset.warranty_state
            lot.aftersales_warranty_end = asset and asset.warranty_end

    def action_view_aftersales_warranties(self):
        """Open the warranties of the serial number."""
        return self.aftersales_asset_ids.action_view_warranties()

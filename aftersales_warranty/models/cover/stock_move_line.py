from odoo import models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _aftersales_deliver(self, known):
        """Delivered serials get their warranty, the ones sold anew a new one (WA-02).

        Parts fitted by a service order carry the cover of replaced parts instead.
        """
        sold_again = self._aftersales_find_sold_again(known)
        # Safe: the consequence of a delivery the user was allowed to make.
        warranties = self.env["aftersales.warranty"].sudo()
        if sold_again:
            warranties._find_standard(sold_again)._void(
                self.env._("Came back and was sold again")
            )
        quiet = self.with_context(aftersales_no_warranty=True)
        super(StockMoveLine, quiet)._aftersales_deliver(known)
        lines = self.filtered(lambda line: not line.move_id.aftersales_order_line_id)
        if not lines:
            return
        assets = self.env["aftersales.asset"].sudo()._find_by_serial(lines)
        extra = {}
        for line in lines:
            if asset := assets.get(line._aftersales_asset_key()):
                extra[asset] = line._prepare_aftersales_warranty_values()
        delivered = self.env["aftersales.asset"].union(*extra).sudo()
        warranties._open_for_assets(delivered, extra, sold_again)
        warranties._assign_delivered(extra)

    def _aftersales_find_sold_again(self, known):
        """Machines that came back and now go to somebody else."""
        assets = self.env["aftersales.asset"]
        for line in self:
            asset = known.get(line._aftersales_asset_key())
            if (
                asset
                and asset.state == "returned"
                and asset.partner_id.commercial_partner_id
                != line._aftersales_customer().commercial_partner_id
            ):
                assets |= asset
        return assets

    def _prepare_aftersales_warranty_values(self):
        """The sale the serial was delivered for, and when that was invoiced."""
        self.ensure_one()
        # Safe: the sales line of this very delivery.
        line = self.move_id.sudo().sale_line_id
        if not line:
            return {}
        return {"sale_line_id": line.id}

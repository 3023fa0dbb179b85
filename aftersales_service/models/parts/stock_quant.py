from odoo import models


class StockQuant(models.Model):
    _inherit = "stock.quant"

    def _gather(
        self,
        product_id,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=False,
        qty=0,
    ):
        """Service orders take our own goods, never what lies with us for others.

        Nor what another add-on no longer counts as available, as an expired lot.
        """
        quants = super()._gather(
            product_id, location_id, lot_id, package_id, owner_id, strict, qty
        )
        if strict or not self.env.context.get("aftersales_own_goods"):
            return quants
        return quants.filtered(
            lambda quant: (
                not quant.owner_id
                and (
                    quant.available_quantity > 0
                    or quant.quantity <= quant.reserved_quantity
                )
            )
        )

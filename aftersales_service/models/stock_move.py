from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    aftersales_order_line_id = fields.Many2one(
        "aftersales.order.line",
        "Service order line",
        index="btree_not_null",
        ondelete="restrict",
    )

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        moves._aftersales_create_assets()
        return moves

    # -- installed products -----------------------------------------------------

    def _aftersales_create_assets(self):
        """Keep the installed base in step with deliveries and returns of serials.

        A serial delivered for the first time becomes an installed product. Delivered
        again, it goes to its new owner, the history staying in the chatter. Coming
        back from a customer, it is marked as returned. The number of queries does not
        grow with the number of serials.
        """
        lines = self._aftersales_serial_lines()
        incoming = lines.filtered(lambda line: line.location_id.usage == "customer")
        outgoing = lines.filtered(
            lambda line: line.location_dest_id.usage == "customer"
        )
        outgoing = (outgoing - incoming).filtered(
            lambda line: line._aftersales_customer()
        )
        incoming = incoming.filtered(
            lambda line: line.location_dest_id.usage != "customer"
        )
        if not incoming and not outgoing:
            return
        # Safe: warehouse people may not edit the installed base, but what they
        # deliver is a fact; only the serials of these very moves are touched.
        assets = self.env["aftersales.asset"].sudo()
        known = assets._find_by_serial(incoming | outgoing)
        incoming._aftersales_return(known)
        outgoing._aftersales_deliver(known)

    def _aftersales_serial_lines(self):
        """Done lines of serial numbers; later add-ons may leave some out."""
        return self.move_line_ids.filtered(
            lambda line: (
                line.state == "done"
                and line.lot_id
                and line.quantity > 0
                and line.product_id.tracking == "serial"
            )
        )

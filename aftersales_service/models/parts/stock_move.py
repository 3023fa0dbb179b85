from odoo import api, fields, models
from odoo.fields import Domain


class StockMove(models.Model):
    _inherit = "stock.move"

    aftersales_order_line_id = fields.Many2one(
        "aftersales.order.line",
        "Service order line",
        index="btree_not_null",
        ondelete="restrict",
    )
    aftersales_kind = fields.Selection(
        [
            ("issue", "Part issued"),
            ("return", "Part returned"),
            ("transfer", "Transfer for a service order"),
            ("old", "Old part"),
        ],
        "Service move",
        copy=False,
        guarded=True,
    )

    @api.depends("aftersales_order_line_id.order_id.name")
    def _compute_reference(self):
        """Moves made by a service order without a transfer carry its number."""
        direct = self.filtered(
            lambda move: move.aftersales_order_line_id and not move.picking_id
        )
        for move in direct:
            # Safe: the number of the order the move belongs to.
            move.reference = move.aftersales_order_line_id.sudo().order_id.name
        return super(StockMove, self - direct)._compute_reference()

    def _action_done(self, cancel_backorder=False):
        # What a backorder brings later belongs to the same line.
        done = super(StockMove, self._keeping_links())._action_done
        moves = done(cancel_backorder=cancel_backorder).with_env(self.env)
        moves._aftersales_create_assets()
        moves._aftersales_serve_waiting()
        return moves

    # -- parts of service orders ------------------------------------------------

    def _update_reserved_quantity(
        self,
        need,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=True,
    ):
        """A part of a service order: our own goods, and the lot its line names."""
        move = self
        # Safe: only the lot named on the very line the part is for.
        if line := self.aftersales_order_line_id.sudo():
            move = self.with_context(aftersales_own_goods=True)
            lot_id = lot_id or line.lot_id
        return super(StockMove, move)._update_reserved_quantity(
            need, location_id, lot_id, package_id, owner_id, strict
        )

    def _aftersales_serve_waiting(self):
        """What was bought or brought for a service order is reserved for it at once."""
        # Safe: reserves for the very lines the goods were ordered for.
        moves = self.sudo()
        brought = moves.filtered(lambda move: move.aftersales_kind == "transfer")
        lines = (
            moves.purchase_line_id.aftersales_order_line_id
            | brought.aftersales_order_line_id
        )
        lines.move_ids.filtered(
            lambda move: move.state in ("confirmed", "partially_available")
        )._aftersales_assign_first()

    def _aftersales_assign_first(self):
        """Reserve; where stock is short, others of the same day or later give way.

        "Customer first, production second" (SV-40): Odoo's priority only orders the
        moves that still wait. Reservations of lower priority, not yet picked or
        printed and due today or later, are lifted and then get what remains.
        """
        self._action_assign()
        short = self.filtered(lambda m: m.state in ("confirmed", "partially_available"))
        if not short:
            return
        lifted = short._aftersales_find_giving_way()
        if lifted:
            lifted._do_unreserve()
            short._action_assign()
            lifted._action_assign()

    def _aftersales_find_giving_way(self):
        """Reservations that must be lifted to serve the moves, latest due first."""
        day = fields.Datetime.start_of(fields.Datetime.now(), "day")
        candidates = self.search(
            Domain("product_id", "in", self.product_id.ids)
            & Domain("location_id", "child_of", self.location_id.ids)
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("state", "in", ("assigned", "partially_available"))
            & Domain("aftersales_order_line_id", "=", False)
            & Domain("priority", "!=", "1")
            & Domain("picked", "=", False)
            & Domain("date", ">=", day)
            & ~Domain("picking_id.printed", "=", True),
            order="date desc, id desc",
        )
        lifted = self.browse()
        for move in self:
            need = move.product_qty - move.product_uom._compute_quantity(
                move.quantity, move.product_id.uom_id
            )
            for other in candidates - lifted:
                if need <= 0:
                    break
                if other.product_id == move.product_id and (
                    other.location_id._child_of(move.location_id)
                ):
                    lifted |= other
                    need -= other.product_uom._compute_quantity(
                        other.quantity, other.product_id.uom_id
                    )
        return lifted

    def _aftersales_lots_to_return(self, quantity):
        """``[(lot, quantity)]`` of the move's lots, earlier returns left out."""
        open_by_lot = {}
        for row in self.move_line_ids:
            open_by_lot[row.lot_id] = open_by_lot.get(row.lot_id, 0) + row.quantity
        for row in self.returned_move_ids.filtered(
            lambda move: move.state == "done"
        ).move_line_ids:
            open_by_lot[row.lot_id] = open_by_lot.get(row.lot_id, 0) - row.quantity
        rows = []
        for lot, open_quantity in open_by_lot.items():
            taken = min(quantity, open_quantity)
            if taken > 0:
                rows.append((lot, taken))
                quantity -= taken
        return rows

    def _prepare_aftersales_line_values(self):
        """A part fitted in the workshop as a line of the service order."""
        self.ensure_one()
        lots = self.move_line_ids.lot_id
        return {
            "order_id": self.repair_id.aftersales_order_id.id,
            "kind": "part",
            "product_id": self.product_id.id,
            "uom_id": self.product_uom.id,
            "quantity": self.quantity,
            "lot_id": lots.id if len(lots) == 1 else False,
            "source_location_id": self.location_id.id,
        }

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
        return self.move_line_ids.with_prefetch().filtered(
            lambda line: (
                line.state == "done"
                and line.lot_id
                and line.quantity > 0
                and line.product_id.tracking == "serial"
            )
        )

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL


class AftersalesOrderLine(models.Model):
    """Parts reserved, handed out and charged from the van or the service point."""

    _inherit = "aftersales.order.line"

    # -------------------------------------------------------------------------
    # ISSUE
    # -------------------------------------------------------------------------

    def _issue(self):
        """Move what is still to be issued, and take back what was too much.

        Matched by line: a second call finds nothing left to move. The caller holds
        the lock of the orders.
        """
        self._check_lots()
        self._release()
        taken, missing = self._choose_pieces()
        if short := {
            line: quantity
            for line, quantity in missing.items()
            if not line.company_id.aftersales_allow_negative_stock
        }:
            raise self.order_id._shortage_warning(
                [line._shortage_text(quantity) for line, quantity in short.items()]
            )
        self._lock_quants([q for rows in taken.values() for q, _quantity in rows])
        for line, quantity in missing.items():
            taken[line].append((self.env["stock.quant"], quantity))
        destinations = self._get_issue_locations()
        moves = self._create_done_moves(
            [
                line._prepare_issue_values(rows, destinations[line])
                for line, rows in taken.items()
            ]
        )
        for line in self:
            excess = -line._get_quantity_to_issue()
            if line.product_id.uom_id.compare(excess, 0.0) > 0:
                moves |= line._take_back(excess, line.source_location_id)
        return moves

    def _choose_pieces(self):
        """The pieces Odoo's removal strategy takes, dealt out line by line.

        Asked once per product, place and lot. A reservation of its own for each move,
        only to be done at once, costs about twice the time and the queries.

        :return: ``({line: [(quant, quantity)]}, {line: missing quantity})``; parts not
            kept in stock come from an empty quant
        """
        # Safe: the parts of the orders that are completed, after all checks.
        quants = self.env["stock.quant"].sudo()
        stock = quants.with_context(aftersales_own_goods=True)
        taken, missing = {}, {}
        for (product, place, lot), lines in self.grouped(
            lambda line: (line.product_id, line.source_location_id, line.lot_id)
        ).items():
            needs = {line: line._get_quantity_to_issue() for line in lines}
            needs = {
                ln: q for ln, q in needs.items() if product.uom_id.compare(q, 0) > 0
            }
            total = sum(needs.values())
            pieces = (
                stock._get_reserve_quantity(product, place, total, lot_id=lot)
                if product.is_storable
                else [(quants, total)]
            )
            for line, need in needs.items():
                taken[line], rest = _deal(pieces, need)
                if product.uom_id.compare(rest, 0.0) > 0:
                    missing[line] = rest
        return taken, missing

    def _lock_quants(self, quants):
        """Two orders that take the last part: the second one waits, then retries."""
        ids = sorted({quant.id for quant in quants if quant})
        if ids:
            query = SQL(
                "SELECT id FROM stock_quant WHERE id IN %s ORDER BY id FOR UPDATE",
                tuple(ids),
            )
            self.env.execute_query(query)

    @api.model
    def _create_done_moves(self, vals_list):
        # Safe: technicians are no stock users; they move exactly the parts of the
        # orders they complete, after all checks.
        moves = self.env["stock.move"].sudo()
        if not vals_list:
            return moves
        products = {vals["product_id"] for vals in vals_list}
        locations = {
            row[2]["location_id"] for vals in vals_list for row in vals["move_line_ids"]
        }
        # Safe: only how much lies where, to fill the moves just asked for.
        cache = (
            self.env["stock.quant"]
            .sudo()
            ._get_quants_by_products_locations(
                self.env["product.product"].browse(products),
                self.env["stock.location"].browse(locations),
            )
        )
        done = moves.with_context(quants_cache=cache).create(vals_list)
        done = done.with_context(quants_cache=None)
        done._action_done()
        return done

    def _get_issue_locations(self):
        """``{line: where the part goes}``: the customer, or covered consumption."""
        locations = {}
        for company, lines in self.grouped("company_id").items():
            covered = lines.filtered(lambda line: line.payer != "customer")
            consumption = covered and company._get_aftersales_consumption_location()
            for line in lines:
                partner = line.order_id.partner_id.with_company(company)
                locations[line] = (
                    consumption if line in covered else partner.property_stock_customer
                )
        return locations

    def _prepare_move_values(self, kind, location, destination, quantity):
        """Values common to every move of the line, quantity in the product's unit."""
        self.ensure_one()
        return {
            "aftersales_order_line_id": self.id,
            "aftersales_kind": kind,
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "product_uom": self.product_id.uom_id.id,
            "product_uom_qty": quantity,
            "location_id": location.id,
            "location_dest_id": destination.id,
            "partner_id": (self.order_id.site_id or self.order_id.partner_id).id,
            "origin": self.order_id.name,
            "reference": self.order_id.name,
            "priority": "1",
        }

    def _prepare_issue_values(self, rows, destination):
        """One done move with a move line per quant.

        :param rows: ``[(quant, quantity)]`` in the product's unit
        """
        quantity = sum(quantity for _quant, quantity in rows)
        source = self.source_location_id
        values = self._prepare_move_values("issue", source, destination, quantity)
        values["picked"] = True
        values["move_line_ids"] = [
            Command.create(
                {
                    "product_id": self.product_id.id,
                    "product_uom_id": self.product_id.uom_id.id,
                    "quantity": quantity,
                    "lot_id": (quant.lot_id or self.lot_id).id,
                    "package_id": quant.package_id.id,
                    "location_id": (quant.location_id or source).id,
                    "location_dest_id": destination.id,
                    "company_id": self.company_id.id,
                    "picked": True,
                }
            )
            for quant, quantity in rows
        ]
        return values

    def _check_lots(self):
        """Tracked parts need their own serial or lot, one per line for serials."""
        for line in self:
            if line.product_id.uom_id.compare(line._get_quantity_to_issue(), 0.0) <= 0:
                continue
            if not line.source_location_id:
                raise UserError(
                    self.env._(
                        "%(order)s: say where %(product)s is taken from. The service "
                        "point has no parts location.",
                        order=line.order_id.name,
                        product=line.product_id.display_name,
                    )
                )
            if line.tracking == "none":
                continue
            if not line.lot_id:
                raise UserError(
                    self.env._(
                        "%(order)s: enter the serial or lot number of %(product)s.",
                        order=line.order_id.name,
                        product=line.product_id.display_name,
                    )
                )
            if (
                line.tracking == "serial"
                and line.quantity - line.returned_quantity != 1
            ):
                raise UserError(
                    self.env._(
                        "%(order)s: %(product)s has serial numbers; use one line for "
                        "each piece.",
                        order=line.order_id.name,
                        product=line.product_id.display_name,
                    )
                )

    def _shortage_text(self, quantity):
        return self.env._(
            "%(order)s: %(quantity)s %(unit)s of %(product)s missing in %(location)s",
            order=self.order_id.name,
            quantity=f"{quantity:g}",
            unit=self.product_id.uom_id.name,
            product=self.lot_id
            and f"{self.product_id.display_name} ({self.lot_id.name})"
            or self.product_id.display_name,
            location=self.source_location_id.display_name,
        )

    def _find_other_places(self):
        """Other stock of the company that has the parts, fullest first.

        :return: ``{line: [(location, free quantity)]}``
        """
        found = {}
        for company, lines in self.grouped("company_id").items():
            # Safe: places and quantities of the parts on an order the user works on.
            quants = (
                self.env["stock.quant"]
                .sudo()
                .search(
                    Domain("product_id", "in", lines.product_id.ids)
                    & Domain("company_id", "=", company.id)
                    & Domain("location_id.usage", "=", "internal")
                    & Domain("owner_id", "=", False)
                    & Domain("quantity", ">", 0)
                )
            )
            for line in lines:
                found[line] = line._sum_other_places(quants)
        return found

    def _sum_other_places(self, quants):
        by_location = {}
        for quant in quants:
            if quant.product_id != self.product_id or (
                self.lot_id and quant.lot_id != self.lot_id
            ):
                continue
            free = quant.quantity - quant.reserved_quantity
            # Safe: places are compared, not shown.
            if free > 0 and not quant.location_id._child_of(
                self.source_location_id.sudo()
            ):
                location = quant.location_id
                by_location[location] = by_location.get(location, 0.0) + free
        return sorted(by_location.items(), key=lambda item: -item[1])

    def _get_main_vendor(self):
        """The first vendor of the product for the company; a supplierinfo."""
        # Safe: only the vendor proposed for a purchase.
        product = self.product_id.sudo().with_company(self.company_id)
        return (
            product._select_seller(
                quantity=self.missing_quantity, uom_id=product.uom_id
            )
            or product.seller_ids.filtered(
                lambda seller: (
                    seller.company_id in (self.company_id, self.env["res.company"])
                )
            )[:1]
        )

    # -------------------------------------------------------------------------
    # RESERVE AND RELEASE
    # -------------------------------------------------------------------------

    def _reserve(self):
        """Reserve the parts at their place; service goes ahead of others (SV-40).

        A line that has its reservation keeps it.
        """
        destinations = self._get_issue_locations()
        # Safe: the requisition that asks for it was approved.
        moves = self.env["stock.move"].sudo()
        vals_list = []
        waiting = self.filtered(
            lambda line: "issue" not in line._get_open_moves().mapped("aftersales_kind")
        )
        for line in waiting:
            need = line._get_quantity_to_issue()
            if line.source_location_id and line.product_id.uom_id.compare(need, 0) > 0:
                vals_list.append(
                    line._prepare_move_values(
                        "issue", line.source_location_id, destinations[line], need
                    )
                )
        moves = moves.create(vals_list)
        moves._action_confirm(merge=False)
        moves._aftersales_assign_first()
        return moves

    def _reserve_again(self, moved):
        """After a change of the line: into the van again where that was the way.

        :param moved: the parts are taken from another place now
        """
        carried = self.filtered(
            lambda line: (
                line.requisition_id.state == "approved"
                and line.requisition_id.method == "van"
                and not (
                    moved
                    and line.source_location_id == line.requisition_id.location_dest_id
                )
            )
        )
        (self - carried)._reserve()
        for (requisition, place), lines in carried.grouped(
            lambda line: (
                line.requisition_id,
                line.source_location_id if moved else line.requisition_id.location_id,
            )
        ).items():
            requisition._reserve_transfer(lines, place)

    def _take_lots_of(self, moves):
        """The serial or lot the parts keeper picked becomes that of the line."""
        by_line = moves.grouped("aftersales_order_line_id")
        for line in self.filtered(lambda line: not line.lot_id):
            lots = by_line.get(line, moves.browse()).move_line_ids.lot_id
            if len(lots) == 1:
                # Safe: the parts keeper hands out this very piece.
                line.sudo().lot_id = lots

    def _release(self):
        """Reservations and open transfers vanish without a trace in stock."""
        # Safe: only moves made for these very lines, none of them done.
        moves = self.sudo().move_ids.filtered(lambda move: move.state != "done")
        if moves:
            pickings = moves.picking_id
            moves._action_cancel()
            moves.unlink()
            pickings.filtered(lambda picking: not picking.move_ids).unlink()


def _deal(pieces, need):
    """Take the need off the pieces, first to last; what is taken leaves the list.

    :param pieces: ``[(quant, quantity)]``
    :return: ``([(quant, quantity)], what is missing)``
    """
    rows = []
    while pieces and need > 0:
        quant, quantity = pieces.pop(0)
        taken = min(quantity, need)
        rows.append((quant, taken))
        need -= taken
        if quantity > taken:
            pieces.insert(0, (quant, quantity - taken))
    return rows, need

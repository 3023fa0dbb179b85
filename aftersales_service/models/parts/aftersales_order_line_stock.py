from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import SQL

# Set by the actions of the parts keeper only, together with a stock move.
HANDLED_OLD_STATES = ("received", "scrapped", "supplier")


class AftersalesOrderLine(models.Model):
    """Stock side of an order line (SV-40 … SV-43).

    A part leaves stock when the order is completed: one done move per line, matched
    by the line, so that completing again moves only the difference. Before that a
    line may hold a reservation, which disappears with the line.

    ============= ============================= ====================================
    Action        Group                         Restriction
    ============= ============================= ====================================
    add, remove   technician, operator          order open, customer has not signed
    return        parts keeper, technician      done; not more than was issued
    old part: due technician, parts keeper      not yet received
    old part: left technician, parts keeper     with a note
    receive       parts keeper                  due or left
    scrap, supply parts keeper                  received
    ============= ============================= ====================================
    """

    _inherit = "aftersales.order.line"

    lot_id = fields.Many2one(
        "stock.lot",
        "Serial or lot",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        check_company=True,
    )
    source_location_id = fields.Many2one(
        "stock.location",
        "Taken from",
        compute="_compute_source_location_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        domain=[("usage", "=", "internal")],
        check_company=True,
        help="Technician's van when it carries the part, else the service point.",
    )
    move_ids = fields.One2many(
        "stock.move",
        "aftersales_order_line_id",
        "Stock moves",
        copy=False,
        groups="stock.group_stock_user",
    )
    issued_quantity = fields.Float(
        "Issued",
        compute="_compute_issued_quantity",
        store=True,
        default=0.0,
        digits="Product Unit",
        copy=False,
        help="What has left stock and not come back, in the line's unit.",
    )
    returned_quantity = fields.Float(
        "Returned",
        digits="Product Unit",
        copy=False,
        readonly=True,
        help="Given back after completion; not charged.",
    )
    issue_state = fields.Selection(
        [
            ("none", "Not issued"),
            ("reserved", "Reserved"),
            ("issued", "Issued"),
            ("returned", "Returned"),
        ],
        "Issue of parts",
        compute="_compute_issued_quantity",
        store=True,
        default="none",
        copy=False,
    )
    stock_state = fields.Selection(
        [
            ("available", "Available"),
            ("short", "Short"),
            ("ordered", "Ordered"),
            ("issued", "Issued"),
            ("returned", "Returned"),
        ],
        "Stock",
        compute="_compute_stock_state",
        compute_sudo=True,
    )
    missing_quantity = fields.Float(
        "Missing",
        compute="_compute_stock_state",
        compute_sudo=True,
        digits="Product Unit",
    )
    expected_date = fields.Date(
        "Expected",
        compute="_compute_stock_state",
        compute_sudo=True,
        help="When the purchase or transfer of the part is expected.",
    )
    purchase_line_ids = fields.One2many(
        "purchase.order.line",
        "aftersales_order_line_id",
        "Purchases",
        copy=False,
        groups="purchase.group_purchase_user",
    )
    requisition_id = fields.Many2one(
        "aftersales.requisition",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        check_company=True,
    )
    old_part_state = fields.Selection(
        [
            ("none", "No old part"),
            ("due", "Due"),
            ("received", "Received"),
            ("scrapped", "Scrapped"),
            ("supplier", "Sent to the supplier"),
            ("left", "Left with the customer"),
        ],
        "Old part",
        default="none",
        required=True,
        copy=False,
        index=True,
    )
    old_part_note = fields.Char("Remark on the old part", copy=False)
    old_part_serial = fields.Char(
        "Serial of the old part", copy=False, help="Read from the part taken out."
    )
    old_part_deadline = fields.Date("Old part until", copy=False, readonly=True)
    old_part_received_at = fields.Datetime("Received on", copy=False, readonly=True)

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.model
    def _get_protected_fields(self):
        return super()._get_protected_fields() | {
            "issued_quantity",
            "returned_quantity",
            "issue_state",
            "purchase_line_ids",
            "requisition_id",
            "old_part_deadline",
            "old_part_received_at",
        }

    @api.depends("kind", "product_id", "order_id.technician_id", "order_id.team_id")
    def _compute_source_location_id(self):
        """Own van if it carries the part, else the service point, else the warehouse.

        A line whose part was issued keeps the place it came from.
        """
        parts = self.filtered(lambda line: line.kind == "part" and line.product_id)
        (self - parts).source_location_id = False
        fixed = parts.filtered(lambda line: line.issue_state in ("issued", "returned"))
        for line in fixed:
            line.source_location_id = line.source_location_id
        parts -= fixed
        points = parts.order_id._get_point_locations()
        stock = parts._get_free_stock(parts.order_id.technician_id.van_location_id)
        for line in parts:
            van = line.order_id.technician_id.van_location_id
            in_van = van and stock.get((line.product_id.id, van.id), 0.0) > 0
            line.source_location_id = van if in_van else points.get(line.order_id)

    @api.depends(
        "quantity",
        "returned_quantity",
        "move_ids.state",
        "move_ids.quantity",
        "move_ids.aftersales_kind",
    )
    def _compute_issued_quantity(self):
        for line in self:
            issued = reserved = 0.0
            for move in line.move_ids:
                if move.state == "done" and move.aftersales_kind in ("issue", "return"):
                    sign = 1.0 if move.aftersales_kind == "issue" else -1.0
                    issued += sign * move.product_uom._compute_quantity(
                        move.quantity, line.uom_id
                    )
                elif move.state in ("assigned", "partially_available"):
                    reserved += move.quantity
            line.issued_quantity = issued
            line.issue_state = line._get_issue_state(issued, reserved)

    def _get_issue_state(self, issued, reserved):
        if issued > 0:
            return "issued"
        if self.returned_quantity:
            return "returned"
        return "reserved" if reserved else "none"

    @api.depends(
        "kind",
        "product_id",
        "quantity",
        "lot_id",
        "source_location_id",
        "issue_state",
        "order_id.state",
        "move_ids.state",
        "purchase_line_ids.state",
        "purchase_line_ids.date_planned",
    )
    def _compute_stock_state(self):
        """State of each part in the stock of its place, all lines in a few queries."""
        self.stock_state = False
        self.missing_quantity = 0.0
        self.expected_date = False
        open_parts = self.browse()
        for line in self.filtered(lambda line: line.kind == "part"):
            if line.issue_state in ("issued", "returned"):
                line.stock_state = line.issue_state
            elif line.order_id.state not in ("done", "closed", "cancelled"):
                open_parts |= line
        missing = open_parts._allocate()[1]
        expected = open_parts._get_expected_dates()
        for line in open_parts:
            short = missing.get(line, 0.0)
            day = expected.get(line._origin.id) if short else False
            line.missing_quantity = short
            line.expected_date = day
            line.stock_state = (
                "available" if not short else "ordered" if day else "short"
            )

    def _get_expected_dates(self):
        """``{line id: date}`` when a purchase or transfer brings the part."""
        if not self.ids:
            return {}
        days = {}
        purchases = self.env["purchase.order.line"].search(
            Domain("aftersales_order_line_id", "in", self.ids)
            & Domain("state", "!=", "cancel")
        )
        for purchase in purchases.filtered(
            lambda p: p.product_uom_id.compare(p.qty_received, p.product_qty) < 0
        ):
            planned = purchase.date_planned or purchase.order_id.date_planned
            days.setdefault(purchase.aftersales_order_line_id.id, planned)
        transfers = self.env["stock.move"].search(
            Domain("aftersales_order_line_id", "in", self.ids)
            & Domain("aftersales_kind", "=", "transfer")
            & Domain("state", "not in", ("done", "cancel"))
        )
        for move in transfers:
            days.setdefault(move.aftersales_order_line_id.id, move.date)
        return {
            line_id: fields.Datetime.context_timestamp(self, moment).date()
            for line_id, moment in days.items()
            if moment
        }

    # -------------------------------------------------------------------------
    # STOCK OF THE PLACES
    # -------------------------------------------------------------------------

    def _find_quants(self, locations):
        """Own quants of the lines' products below the locations; one query."""
        if not locations or not self.product_id:
            return self.env["stock.quant"].sudo()
        # Safe: quantities of parts only; what a technician may see of them is
        # decided by the caller.
        return (
            self.env["stock.quant"]
            .sudo()
            .search(
                Domain("product_id", "in", self.product_id.ids)
                & Domain("location_id", "child_of", locations.ids)
                & Domain("owner_id", "=", False),
                order="in_date, id",
            )
        )

    def _get_free_stock(self, locations):
        """``{(product id, location id): quantity}`` not reserved by anybody."""
        stock = {}
        for quant in self._find_quants(locations):
            free = quant.quantity - quant.reserved_quantity
            for location_id in _ancestors(quant.location_id, locations):
                key = (quant.product_id.id, location_id)
                stock[key] = stock.get(key, 0.0) + free
        return stock

    def _get_quantity_to_issue(self):
        """What should still leave stock (negative: come back), product's unit."""
        self.ensure_one()
        open_quantity = self.quantity - self.returned_quantity - self.issued_quantity
        return self.uom_id._compute_quantity(
            open_quantity, self.product_id.uom_id, rounding_method="HALF-UP"
        )

    def _allocate(self):
        """Choose the quants each line takes its part from, oldest first.

        What a line has reserved itself counts as free for it.

        :return: ``({line: [(quant, quantity)]}, {line: missing quantity})``; parts
            not kept in stock are taken from an empty quant
        """
        sources = self.source_location_id
        by_place = {}
        for quant in self._find_quants(sources):
            for location_id in _ancestors(quant.location_id, sources):
                key = (quant.product_id.id, location_id)
                by_place.setdefault(key, []).append(quant)
        free = _FreeStock(self._get_own_reservations())
        taken, missing = {}, {}
        for line in self.filtered("product_id"):
            need = line._get_quantity_to_issue()
            if line.product_id.uom_id.compare(need, 0.0) <= 0:
                continue
            if not line.product_id.is_storable:
                taken[line] = [(self.env["stock.quant"], need)]
                continue
            key = (line.product_id.id, line.source_location_id.id)
            quants = by_place.get(key, [])
            if line.tracking != "none" and line.lot_id:
                quants = [quant for quant in quants if quant.lot_id == line.lot_id]
            taken[line], rest = free.take(quants, need, line._origin.id)
            if line.product_id.uom_id.compare(rest, 0.0) > 0:
                missing[line] = rest
        return taken, missing

    def _get_own_reservations(self):
        """``{(line id, product, location, lot, package): reserved quantity}``."""
        moves = self.env["stock.move"].browse()
        if self.ids:
            # Safe: reservations made by these very lines.
            moves = moves.sudo().search(
                Domain("aftersales_order_line_id", "in", self.ids)
                & Domain("state", "in", ("assigned", "partially_available"))
                & Domain("aftersales_kind", "in", ("issue", "transfer"))
            )
        reserved = {}
        for row in moves.move_line_ids:
            key = (
                row.move_id.aftersales_order_line_id.id,
                row.product_id.id,
                row.location_id.id,
                row.lot_id.id,
                row.package_id.id,
            )
            reserved[key] = reserved.get(key, 0.0) + row.quantity_product_uom
        return reserved

    # -------------------------------------------------------------------------
    # ISSUE
    # -------------------------------------------------------------------------

    def _issue(self):
        """Move what is still to be issued, and take back what was too much.

        Matched by line: a second call finds nothing left to move. The caller holds
        the lock of the orders.
        """
        self._check_lots()
        taken, missing = self._allocate()
        short = {
            line: quantity
            for line, quantity in missing.items()
            if not line.company_id.aftersales_allow_negative_stock
        }
        if short:
            self._raise_shortage(short)
        for line, quantity in missing.items():
            taken[line].append((self.env["stock.quant"], quantity))
        self._lock_quants([q for rows in taken.values() for q, _quantity in rows])
        self._release()
        excess = {
            line: -line._get_quantity_to_issue()
            for line in self
            if line.product_id.uom_id.compare(line._get_quantity_to_issue(), 0.0) < 0
        }
        destinations = self._get_issue_locations()
        moves = self._create_done_moves(
            [
                line._prepare_issue_values(rows, destinations[line])
                for line, rows in taken.items()
            ]
        )
        for line, quantity in excess.items():
            moves |= line._take_back(quantity, line.source_location_id)
        return moves

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

    def _raise_shortage(self, short):
        """Refuse, name what is missing where, and open the ways out (SV-43)."""
        raise self.order_id._shortage_warning(
            [line._shortage_text(quantity) for line, quantity in short.items()]
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
        """Reserve the parts at their place; service goes ahead of others (SV-40)."""
        destinations = self._get_issue_locations()
        # Safe: the requisition that asks for it was approved.
        moves = self.env["stock.move"].sudo()
        vals_list = []
        for line in self:
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

    # -------------------------------------------------------------------------
    # RETURN
    # -------------------------------------------------------------------------

    def _get_charged_quantity(self):
        """What the customer or cover is charged for: returns do not count."""
        return self.quantity - self.returned_quantity

    def action_return(self, quantity, reason, location=False):
        """Take an issued part back into stock after completion.

        :param quantity: in the line's unit, at most what was issued
        :param reason: why it comes back
        :param location: stock.location or its id; default where it was taken from
        :return: the done moves
        """
        self.ensure_one()
        self.check_access("write")
        self.order_id._check_group("technician", "parts")
        self.order_id._lock_for_action()
        self.invalidate_recordset(["issued_quantity", "returned_quantity"])
        self._check_can_return(quantity, reason)
        destination = self._get_return_location(location)
        needed = self.uom_id._compute_quantity(
            quantity, self.product_id.uom_id, rounding_method="HALF-UP"
        )
        # Safe: rights, state and quantity were checked above.
        line = self.sudo()
        moves = line._take_back(needed, destination)
        line.returned_quantity += quantity
        self.order_id._log_reason(
            self.env._(
                "Returned: %(quantity)s × %(product)s",
                quantity=f"{quantity:g}",
                product=self.product_id.display_name,
            ),
            reason,
        )
        self._after_return(quantity)
        return moves.ids

    def _check_can_return(self, quantity, reason):
        if self.order_id.state not in ("done", "in_progress"):
            raise UserError(self.order_id._blocked_message("return", self.order_id))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the part is returned."))
        if quantity <= 0 or self.uom_id.compare(quantity, self.issued_quantity) > 0:
            raise UserError(
                self.env._(
                    "%(quantity)s of %(product)s cannot be returned: %(issued)s were "
                    "issued and not yet returned.",
                    quantity=f"{quantity:g}",
                    product=self.product_id.display_name,
                    issued=f"{self.issued_quantity:g}",
                )
            )

    def _get_return_location(self, location):
        """The given internal place of the company, or where the part came from."""
        if isinstance(location, int) and location:
            location = self.env["stock.location"].browse(location)
        # Safe: only usage and company of the place are looked at.
        place = (location or self.source_location_id).sudo().exists()
        if place.usage != "internal" or place.company_id != self.company_id:
            raise UserError(
                self.env._("Choose a stock location of the company for the return.")
            )
        return place

    def _after_return(self, quantity):
        """Called after a return; billing proposes the credit note."""

    def _take_back(self, quantity, location):
        """Return moves of what was issued, last issued first; product's unit."""
        self.ensure_one()
        # Safe: called by actions that have checked rights and state.
        issued = self.sudo().move_ids.filtered(
            lambda move: move.state == "done" and move.aftersales_kind == "issue"
        )
        vals_list = []
        for move in issued.sorted("id", reverse=True):
            back = move.returned_move_ids.filtered(lambda m: m.state == "done")
            open_quantity = move.quantity - sum(back.mapped("quantity"))
            take = min(quantity, open_quantity)
            if move.product_uom.compare(take, 0.0) > 0:
                vals_list.append(self._prepare_return_values(move, take, location))
                quantity -= take
        return self._create_done_moves(vals_list)

    def _prepare_return_values(self, move, quantity, location):
        source = move.location_dest_id
        values = self._prepare_move_values("return", source, location, quantity)
        values.update(
            {
                "product_id": move.product_id.id,
                "product_uom": move.product_uom.id,
                "origin_returned_move_id": move.id,
                "to_refund": True,
                "picked": True,
                "move_line_ids": [
                    Command.create(
                        {
                            "product_id": move.product_id.id,
                            "product_uom_id": move.product_uom.id,
                            "quantity": row_quantity,
                            "lot_id": lot.id,
                            "location_id": source.id,
                            "location_dest_id": location.id,
                            "company_id": self.company_id.id,
                            "picked": True,
                        }
                    )
                    for lot, row_quantity in move._aftersales_lots_to_return(quantity)
                ],
            }
        )
        return values

    # -------------------------------------------------------------------------
    # OLD PARTS (SV-41)
    # -------------------------------------------------------------------------

    def _mark_old_parts_due(self):
        """At completion the old part of marked products becomes due."""
        due = self.filtered(
            lambda line: (
                line.kind == "part"
                and (
                    line.old_part_state == "due"
                    or (
                        line.old_part_state == "none"
                        and line.issue_state == "issued"
                        and line.product_id._is_aftersales_old_part_due()
                    )
                )
            )
        )
        for company, lines in due.grouped("company_id").items():
            today = fields.Date.context_today(
                lines.with_context(tz=company.partner_id.tz or self.env.user.tz)
            )
            deadline = fields.Date.add(today, days=company.aftersales_old_part_days)
            # Safe: called while completing, the deadline is the company's.
            lines.sudo().write({"old_part_state": "due", "old_part_deadline": deadline})

    def action_old_part_receive(self):
        """The old part is back: it lies with us, belongs to the customer, no value."""
        self._check_old_part_action(("none", "due", "left"))
        self._move_old_parts("received")

    def action_old_part_scrap(self):
        """The old part is thrown away."""
        self._check_old_part_action(("received",))
        self._move_old_parts("scrapped")

    def action_old_part_supplier(self):
        """The old part goes to the supplier."""
        self._check_old_part_action(("received",))
        self._move_old_parts("supplier")

    def action_old_part_left(self, note):
        """The old part stays with the customer, with the reason why."""
        self._check_old_part_action(("none", "due"), "technician", "parts")
        if not (note or "").strip():
            raise UserError(self.env._("Say why the old part stays with the customer."))
        # Safe: rights and state were checked above.
        self.sudo().write({"old_part_state": "left", "old_part_note": note.strip()})

    def action_old_part_due(self):
        """The old part must come back after all."""
        self._check_old_part_action(("none", "left"), "technician", "parts")
        # Safe: rights and state were checked above.
        self.sudo().write({"old_part_state": "due"})
        self._mark_old_parts_due()

    def _check_old_part_action(self, states, *groups):
        self.check_access("write")
        self.order_id._check_group(*(groups or ("parts",)))
        self.order_id._lock_for_action()
        self.invalidate_recordset(["old_part_state"])
        labels = dict(self._fields["old_part_state"]._description_selection(self.env))
        if wrong := self.filtered(lambda line: line.old_part_state not in states):
            raise UserError(
                self.env._(
                    "This is not possible now: old part of %(product)s on %(order)s is "
                    "“%(state)s”.",
                    product=wrong[0].product_id.display_name,
                    order=wrong[0].order_id.name,
                    state=labels[wrong[0].old_part_state],
                )
            )
        if wrong := self.filtered(
            lambda line: line.kind != "part" or not line.issued_quantity
        ):
            raise UserError(
                self.env._(
                    "%(line)s on %(order)s has not been fitted; there is no old part.",
                    line=wrong[0].name,
                    order=wrong[0].order_id.name,
                )
            )

    def _move_old_parts(self, state):
        """State and stock move together; the moves are owned, so never valued."""
        # Safe: the actions that call this have checked role and state.
        goods = self.sudo().filtered(lambda line: line.product_id.is_storable)
        vals_list = []
        for company, lines in goods.grouped("company_id").items():
            places = lines._get_old_part_places(company)
            vals_list += [
                line._prepare_old_part_values(*places[line][state]) for line in lines
            ]
        self._create_done_moves(vals_list)
        values = {"old_part_state": state}
        if state == "received":
            values["old_part_received_at"] = fields.Datetime.now()
        # Safe: the action has checked rights and state.
        self.sudo().write(values)

    def _get_old_part_places(self, company):
        """``{line: {state: (from, to)}}``"""
        shelf = company._get_aftersales_old_parts_location()
        scrap = self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "=", company.id)],
            order="id",
            limit=1,
        )
        supplier = self.env.ref("stock.stock_location_suppliers")
        result = {}
        for line in self:
            partner = line.order_id.partner_id.with_company(company)
            result[line] = {
                "received": (partner.property_stock_customer, shelf),
                "scrapped": (shelf, scrap),
                "supplier": (shelf, supplier),
            }
        return result

    def _prepare_old_part_values(self, location, destination):
        quantity = self.uom_id._compute_quantity(
            self.issued_quantity, self.product_id.uom_id, rounding_method="HALF-UP"
        )
        owner = self.order_id.partner_id.commercial_partner_id
        lot = self._get_old_part_lot()
        values = self._prepare_move_values("old", location, destination, quantity)
        values.update(
            {
                "priority": "0",
                "picked": True,
                "restrict_partner_id": owner.id,
                "move_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product_id.id,
                            "product_uom_id": self.product_id.uom_id.id,
                            "quantity": quantity,
                            "lot_id": lot.id,
                            "owner_id": owner.id,
                            "location_id": location.id,
                            "location_dest_id": destination.id,
                            "company_id": self.company_id.id,
                            "picked": True,
                        }
                    )
                ],
            }
        )
        return values

    def _get_old_part_lot(self):
        """The known serial of the old part; an unknown one needs none."""
        lots = self.env["stock.lot"]
        if self.tracking == "none" or not self.old_part_serial:
            return lots
        return lots.search(
            Domain("product_id", "=", self.product_id.id)
            & Domain("name", "=", self.old_part_serial.strip())
            & Domain("company_id", "in", [False, self.company_id.id]),
            limit=1,
        )

    @api.constrains("old_part_state", "old_part_note")
    def _check_old_part_note(self):
        if self.filtered(
            lambda line: (
                line.old_part_state == "left" and not (line.old_part_note or "").strip()
            )
        ):
            raise ValidationError(
                self.env._("Say why the old part stays with the customer.")
            )

    def _check_old_part_write(self, vals):
        """Receiving and what follows is the parts keeper's action, never a write."""
        if "old_part_state" not in vals or self.env.su:
            return
        handled = self.filtered(lambda ln: ln.old_part_state in HANDLED_OLD_STATES)
        changed = self.filtered(lambda ln: ln.old_part_state != vals["old_part_state"])
        if changed and (handled or vals["old_part_state"] in HANDLED_OLD_STATES):
            raise AccessError(
                self.env._("The parts keeper receives and settles old parts.")
            )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.constrains("lot_id", "product_id")
    def _check_lot_product(self):
        if wrong := self.filtered(
            lambda line: line.lot_id and line.lot_id.product_id != line.product_id
        ):
            raise ValidationError(
                self.env._(
                    "Serial %(lot)s belongs to %(other)s, not to %(product)s.",
                    lot=wrong[0].lot_id.name,
                    other=wrong[0].lot_id.product_id.display_name,
                    product=wrong[0].product_id.display_name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su and lines.filtered(
            lambda line: line.old_part_state in HANDLED_OLD_STATES
        ):
            raise AccessError(
                self.env._("The parts keeper receives and settles old parts.")
            )
        return lines

    def write(self, vals):
        self._check_old_part_write(vals)
        place = vals.keys() & {"kind", "product_id", "lot_id", "source_location_id"}
        if place:
            self._check_not_issued(place, vals)
        reserved = self.browse()
        if (place or "quantity" in vals) and not self._keeps_reservation(vals):
            reserved = self.filtered(lambda line: line.issue_state == "reserved")
            reserved._release()
            reserved = self._withdraw_from_requisition(reserved, vals)
        result = super().write(vals)
        reserved._reserve()
        return result

    def _keeps_reservation(self, vals):
        """The lot taken over from the line's own reservation changes nothing in it."""
        return self.env.su and vals.keys() == {"lot_id"}

    def _withdraw_from_requisition(self, reserved, vals):
        """Another part or more of it must be asked for again.

        :return: the lines that may keep a reservation
        """
        asked = self.filtered(
            lambda line: (
                line.requisition_id
                and (
                    vals.get("product_id", line.product_id.id) != line.product_id.id
                    or vals.get("quantity", 0.0) > line.quantity
                )
            )
        )
        # Safe: only drops the claim to what was approved.
        asked.sudo().write({"requisition_id": False})
        return reserved - asked

    @api.model
    def _get_stock_fields(self):
        """What the customer's signature does not cover: where the part comes from."""
        return {"source_location_id", "lot_id", "old_part_serial"}

    def _check_not_issued(self, names, vals):
        """The part on the line and the part that has left stock stay the same."""
        issued = self.filtered(lambda line: line.issue_state in ("issued", "returned"))
        for name in names:
            field = self._fields[name]
            if wrong := issued.filtered(
                lambda line, field=field, name=name: (
                    field.convert_to_write(line[name], line) != (vals[name] or False)
                )
            ):
                raise UserError(
                    self.env._(
                        "%(product)s on %(order)s has already left stock. Return it, "
                        "then add the right part.",
                        product=wrong[0].product_id.display_name,
                        order=wrong[0].order_id.name,
                    )
                )

    def unlink(self):
        self.check_access("unlink")
        if issued := self.filtered(lambda ln: ln.issue_state in ("issued", "returned")):
            # Also for sudo: stock has moved.
            # pylint: disable-next=no-raise-unlink
            raise UserError(
                self.env._(
                    "%(product)s on %(order)s has left stock; return it instead of "
                    "deleting the line.",
                    product=issued[0].product_id.display_name,
                    order=issued[0].order_id.name,
                )
            )
        self._release()
        # Safe: transfers to the van stay done; they only lose the deleted line.
        self.sudo().move_ids.write({"aftersales_order_line_id": False})
        return super().unlink()


class _FreeStock:
    """Quantities of quants not yet taken, while lines take theirs one by one."""

    def __init__(self, own):
        self.own = own
        self.free = {}

    def take(self, quants, need, line_id):
        """:return: ``([(quant, quantity)], what is missing)``"""
        rows = []
        for quant in quants:
            self.free.setdefault(quant, quant.quantity - quant.reserved_quantity)
            key = (
                line_id,
                quant.product_id.id,
                quant.location_id.id,
                quant.lot_id.id,
                quant.package_id.id,
            )
            self.free[quant] += self.own.pop(key, 0.0)
        debt = -sum(self.free[quant] for quant in quants if self.free[quant] < 0)
        for quant in quants:
            free = self.free[quant]
            if free <= 0:
                continue
            covered = min(free, debt)
            debt -= covered
            taken = min(free - covered, need)
            if taken > 0:
                rows.append((quant, taken))
                self.free[quant] -= taken
                need -= taken
            if need <= 0:
                break
        return rows, need


def _ancestors(location, roots):
    """Ids of the roots at or above the location."""
    path = {int(part) for part in location.parent_path.split("/") if part}
    return path.intersection(roots.ids)

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

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
    allowed_uom_ids = fields.Many2many(
        "uom.uom", string="Units to choose from", compute="_compute_allowed_uom_ids"
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
        guarded=True,
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
        guarded=True,
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

    @api.depends("product_id")
    def _compute_allowed_uom_ids(self):
        """Units the product's own can be converted to."""
        for unit, lines in self.grouped(lambda line: line.product_id.uom_id).items():
            root = unit.parent_path and int(unit.parent_path.split("/")[0])
            lines.allowed_uom_ids = self.env["uom.uom"].search(
                [("id", "child_of", root or [])]
            )

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
        no_lot = self.env["stock.lot"]
        for line in parts:
            van = line.order_id.technician_id.van_location_id
            in_van = van and stock[line.product_id, van, no_lot] > 0
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
        beside = (open_parts.order_id.line_ids | open_parts).filtered(
            lambda line: line.kind == "part"
        )
        missing = beside._get_missing_quantities()
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
        """Own goods of the lines' products below the locations; one query."""
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
                & Domain("owner_id", "=", False)
            )
        )

    def _get_free_stock(self, locations):
        """``{(product, location, lot): quantity}`` nobody has reserved.

        An empty lot stands for all of the product.
        """
        stock = defaultdict(float)
        none = self.env["stock.lot"]
        quants = self._find_quants(locations)
        above = {
            location: locations.filtered(location._child_of)
            for location in quants.location_id
        }
        for quant in quants:
            for place in above[quant.location_id]:
                for lot in {none, quant.lot_id}:
                    key = (quant.product_id, place, lot)
                    stock[key] += quant.available_quantity
        return stock

    def _get_quantity_to_issue(self):
        """What should still leave stock (negative: come back), product's unit."""
        self.ensure_one()
        open_quantity = self.quantity - self.returned_quantity - self.issued_quantity
        return self.uom_id._compute_quantity(
            open_quantity, self.product_id.uom_id, rounding_method="HALF-UP"
        )

    def _get_missing_quantities(self):
        """``{line: quantity}`` its place lacks, beside the other lines of its order.

        What a line has reserved itself is there for it.
        """
        free = self._get_free_stock(self.source_location_id)
        taken = defaultdict(float)
        missing = {}
        for line in self.filtered("product_id.is_storable"):
            need = line._get_quantity_to_issue() - line._get_own_reserved()
            key = (line.product_id, line.source_location_id, line.lot_id)
            there = free[key] - taken[line.order_id, *key]
            rest = need - max(there, 0.0)
            if line.product_id.uom_id.compare(rest, 0.0) > 0:
                missing[line] = rest
            for lot in {line.lot_id, line.lot_id.browse()}:
                taken[line.order_id, *key[:2], lot] += max(0.0, need)
        return missing

    def _get_own_reserved(self):
        """What the line's own open moves hold at its place, in the product's unit."""
        self.ensure_one()
        return sum(
            row.quantity_product_uom
            for row in self._get_open_moves().move_line_ids
            if self.source_location_id
            and row.location_id._child_of(self.source_location_id)
            and (not self.lot_id or row.lot_id == self.lot_id)
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

    @api.constrains("uom_id", "product_id")
    def _check_unit(self):
        """Hours of a part cannot leave stock: the unit is one of the product's kind."""
        for line in self.filtered("product_id"):
            unit = line.product_id.uom_id
            other = line.uom_id - unit
            if other and not unit._has_common_reference(other):
                raise ValidationError(
                    self.env._(
                        "%(product)s is counted in %(unit)s; %(other)s cannot be "
                        "converted to it.",
                        product=line.product_id.display_name,
                        unit=unit.name,
                        other=other.name,
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
        held = self.browse()
        if (place or "quantity" in vals) and not self._keeps_reservation(vals):
            held = self.filtered(lambda line: line._get_open_moves())
            held._release()
            held = self._withdraw_from_requisition(held, vals)
        result = super().write(vals)
        held._reserve_again(moved="source_location_id" in vals)
        return result

    def _keeps_reservation(self, vals):
        """The lot taken over from the line's own reservation changes nothing in it."""
        return self.env.su and vals.keys() == {"lot_id"}

    def _get_open_moves(self):
        """Reservations and transfers of the lines, also those that wait for stock."""
        # Safe: only moves made for these very lines.
        return self.sudo().move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
        )

    def _withdraw_from_requisition(self, held, vals):
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
        return held - asked

    @api.model
    def _get_stock_fields(self):
        """What the customer's signature does not cover: where the part comes from."""
        return super()._get_stock_fields() | {
            "source_location_id",
            "lot_id",
            "old_part_serial",
        }

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

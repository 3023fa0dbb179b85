from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain

from ...tools.records import count_by, open_form


class AftersalesOrder(models.Model):
    """Stock side of a service order: parts leave at completion (SV-40)."""

    _inherit = "aftersales.order"

    requisition_ids = fields.One2many(
        "aftersales.requisition", "order_id", "Requisitions", copy=False, guarded=True
    )
    requisition_count = fields.Integer(compute="_compute_requisition_count")
    repair_ids = fields.One2many(
        "repair.order",
        "aftersales_order_id",
        "Workshop repairs",
        copy=False,
        groups="stock.group_stock_user",
        guarded=True,
    )
    repair_count = fields.Integer(compute="_compute_repair_count", compute_sudo=True)
    picking_ids = fields.One2many(
        "stock.picking",
        "aftersales_order_id",
        "Transfers",
        copy=False,
        groups="stock.group_stock_user",
        guarded=True,
    )
    picking_count = fields.Integer(compute="_compute_picking_count", compute_sudo=True)
    has_short_parts = fields.Boolean(
        "Parts missing", compute="_compute_has_short_parts"
    )
    parts_expected_date = fields.Date(
        "Parts expected", compute="_compute_has_short_parts"
    )

    @api.depends("requisition_ids")
    def _compute_requisition_count(self):
        counts = count_by(self.env["aftersales.requisition"], "order_id", self)
        for order in self:
            order.requisition_count = counts.get(order._origin.id, 0)

    @api.depends("repair_ids")
    def _compute_repair_count(self):
        counts = count_by(self.env["repair.order"], "aftersales_order_id", self)
        for order in self:
            order.repair_count = counts.get(order._origin.id, 0)

    @api.depends("picking_ids")
    def _compute_picking_count(self):
        counts = count_by(self.env["stock.picking"], "aftersales_order_id", self)
        for order in self:
            order.picking_count = counts.get(order._origin.id, 0)

    @api.depends("line_ids.stock_state", "line_ids.expected_date")
    def _compute_has_short_parts(self):
        for order in self:
            states = order.line_ids.mapped("stock_state")
            days = [day for day in order.line_ids.mapped("expected_date") if day]
            order.has_short_parts = "short" in states
            order.parts_expected_date = max(days, default=False)

    # -------------------------------------------------------------------------
    # ISSUE, RELEASE
    # -------------------------------------------------------------------------

    def _before_complete(self):
        super()._before_complete()
        self._issue_parts()

    def _before_cancel(self):
        super()._before_cancel()
        self._release_parts()

    def _issue_parts(self):
        """Part lines become done stock moves, in one batch for all orders.

        Idempotent: each line moves only the difference between what it says and what
        its done moves say.
        """
        # Safe: the action has checked rights, state and lock; technicians are no
        # stock users.
        parts = self.sudo().line_ids.filtered(
            lambda line: line.kind == "part" and line.product_id.type == "consu"
        )
        if parts:
            # Numbers of another transaction that has just issued the same lines.
            parts.invalidate_recordset(["issued_quantity", "issue_state"])
            parts._issue()
            parts._mark_old_parts_due()

    def _release_parts(self):
        """Reservations of the orders are given back without a trace."""
        self.line_ids._release()
        # Safe: called by the cancel action, which has checked rights and state.
        self.sudo().requisition_ids.filtered(
            lambda requisition: requisition.state in ("requested", "approved")
        )._transition("cancel")

    def _check_can_cancel(self):
        """An order whose parts have left stock is not cancelled before they return."""
        super()._check_can_cancel()
        issued = self.line_ids.filtered(lambda line: line.issued_quantity > 0)
        if issued:
            raise UserError(
                self.env._(
                    "%(orders)s: %(parts)s left stock. Return the parts first, then "
                    "cancel.",
                    orders=", ".join(issued.order_id[:5].mapped("name")),
                    parts=", ".join(issued[:5].product_id.mapped("display_name")),
                )
            )

    def _get_point_locations(self):
        """``{order: location}`` of the service point, else of the company's stock."""
        result = {}
        for company, orders in self.grouped("company_id").items():
            fallback = None
            for order in orders:
                team = order.team_id
                place = team.location_id or team.warehouse_id.lot_stock_id
                if not place:
                    if fallback is None:
                        fallback = self._get_main_warehouse(company).lot_stock_id
                    place = fallback
                result[order] = place
        return result

    @api.model
    def _get_main_warehouse(self, company):
        # Safe: only the first warehouse's locations and types are used.
        return (
            self.env["stock.warehouse"]
            .sudo()
            .search([("company_id", "=", company.id)], limit=1)
        )

    def _shortage_warning(self, texts):
        """The refusal with a button that opens the ways out (SV-43)."""
        message = self.env._(
            "Not enough stock, nothing was issued.\n%(parts)s\n\nTake the part from "
            "another place, have it transferred, or order it.",
            parts="\n".join(texts),
        )
        action = self.env.ref("aftersales_service.aftersales_part_shortage_action")
        return RedirectWarning(
            message,
            action.id,
            self.env._("Missing parts"),
            {"active_model": "aftersales.order", "active_id": self[:1].id},
        )

    def action_find_parts(self):
        """Open the ways out for the parts that are missing."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_part_shortage_action"
        )
        action["context"] = {"active_model": self._name, "active_id": self.id}
        return action

    # -------------------------------------------------------------------------
    # PARTS ON THE PHONE
    # -------------------------------------------------------------------------

    def _get_part_van(self):
        """The van of the technician who asks, else of the one in charge."""
        self.ensure_one()
        # Safe: only the van of a technician of the order the user works on.
        order = self.sudo()
        own = order.technician_ids.filtered(lambda t: t.user_id == self.env.user)
        return (own or order.technician_id)[:1].van_location_id

    def _get_part_locations(self):
        """Where this user takes parts for the order: own van first, then the point."""
        self.ensure_one()
        # Safe: only the places of the order the user works on.
        order = self.sudo()
        return self._get_part_van() | order._get_point_locations()[order]

    def search_parts(self, text="", limit=20):
        """Parts by name, code, barcode, serial or lot; own van first.

        :return: list of ``{product_id, name, default_code, barcode, tracking, uom,
            lots: [{id, name, quantity}], lot_id, available, location_id,
            location_name, own_van}``
        """
        self.ensure_one()
        self.check_access("read")
        text = (text or "").strip()
        limit = max(1, min(int(limit or 20), 100))
        places = self._get_part_locations()
        lots = self._search_part_lots(text)
        products = self._search_part_products(text, places) | lots.product_id
        rows = self._get_part_rows(products, places, lots)
        return rows[:limit]

    def _search_part_lots(self, text):
        """A scanned serial or lot, exact first."""
        lots = self.env["stock.lot"]
        if len(text) < 3:
            return lots
        company = Domain("company_id", "in", [False, self.company_id.id])
        return lots.search(company & Domain("name", "=", text), limit=5) or lots.search(
            company & Domain("name", "ilike", text), limit=5
        )

    def _search_part_products(self, text, places):
        """Products that match; without text, what the places hold."""
        company = self.company_id
        domain = Domain("type", "=", "consu") & Domain(
            "company_id", "in", [False, company.id]
        )
        Product = self.env["product.product"]
        if not text:
            # Safe: names of parts in the technician's own van or service point.
            groups = (
                self.env["stock.quant"]
                .sudo()
                ._read_group(
                    Domain("location_id", "child_of", places.ids)
                    & Domain("quantity", ">", 0)
                    & Domain("owner_id", "=", False),
                    ["product_id"],
                    limit=100,
                )
            )
            found = Product.browse([product.id for (product,) in groups])
            return found.filtered_domain(domain)
        exact = Product.search(domain & Domain("barcode", "=", text), limit=1)
        return exact or Product.search(
            domain
            & (Domain("name", "ilike", text) | Domain("default_code", "ilike", text)),
            limit=100,
        )

    def _get_part_rows(self, products, places, lots):
        """One row per product and place that has it, then those nobody has."""
        stock = {}
        if places and products:
            # Safe: quantities in the technician's own van and service point only.
            quants = (
                self.env["stock.quant"]
                .sudo()
                .search(
                    Domain("product_id", "in", products.ids)
                    & Domain("location_id", "child_of", places.ids)
                    & Domain("owner_id", "=", False),
                    order="in_date, id",
                )
            )
            for quant in quants:
                for place in places:
                    if quant.location_id._child_of(place):
                        stock.setdefault((place, quant.product_id.id), []).append(quant)
                        break
        rows = []
        for place in [*places, self.env["stock.location"]]:
            for product in products:
                quants = stock.get((place, product.id), [])
                known = any((p, product.id) in stock for p in places)
                if quants or (not place and not known):
                    rows.append(self._prepare_part_row(product, place, quants, lots))
        return sorted(rows, key=lambda row: (not row["lot_id"], row["available"] <= 0))

    def _prepare_part_row(self, product, place, quants, lots):
        free = [(q, q.quantity - q.reserved_quantity) for q in quants]
        in_place = [
            {"id": quant.lot_id.id, "name": quant.lot_id.name, "quantity": quantity}
            for quant, quantity in free
            if quant.lot_id and quantity > 0
        ]
        scanned = [row["id"] for row in in_place if row["id"] in lots.ids]
        return {
            "product_id": product.id,
            "name": product.name,
            "default_code": product.default_code or "",
            "barcode": product.barcode or "",
            "tracking": product.tracking,
            "uom": product.uom_id.name,
            "lots": in_place,
            "lot_id": scanned[0] if len(scanned) == 1 else False,
            "available": sum(quantity for _quant, quantity in free),
            "location_id": place.id,
            "location_name": place.display_name or "",
            "own_van": bool(place) and place == self._get_part_van(),
        }

    def add_part(self, product_id, quantity=1.0, lot_id=False, location_id=False):
        """Put a part on the order; the same untracked part adds to its line.

        :return: id of the line
        """
        self.ensure_one()
        self.check_access("write")
        product = self.env["product.product"].browse(product_id).exists()
        if not product or product.type != "consu":
            raise UserError(self.env._("Choose a part from the list."))
        if not isinstance(quantity, (int, float)) or quantity <= 0:
            raise UserError(self.env._("Enter a quantity above zero."))
        location = self._check_part_location(location_id)
        lot = self.env["stock.lot"].browse(lot_id or []).exists()
        if line := self._find_same_part(product, lot, location):
            line.quantity += quantity
            return line.id
        values = self._prepare_line_values("part", product, quantity, lot_id=lot.id)
        if location:
            values["source_location_id"] = location.id
        visit = self.visit_ids.filtered(lambda visit: visit.state == "arrived")[:1]
        values["visit_id"] = visit.id
        return self.env["aftersales.order.line"].create(values).id

    def _check_part_location(self, location_id):
        """An internal place of the order's company, or nothing."""
        # Safe: only usage and company of the place are looked at.
        location = self.env["stock.location"].sudo().browse(location_id or []).exists()
        if location and (
            location.usage != "internal"
            or location.company_id not in (self.company_id, self.env["res.company"])
        ):
            raise UserError(self.env._("Choose a place of your company's stock."))
        return location

    def _find_same_part(self, product, lot, location):
        """An open line of the same untracked part, not requested from the keeper."""
        return self.line_ids.filtered(
            lambda line: (
                line.kind == "part"
                and line.product_id == product
                and product.tracking == "none"
                and not lot
                and line.uom_id == product.uom_id
                and line.issue_state == "none"
                and not line.requisition_id
                and (not location or line.source_location_id == location)
            )
        )[:1]

    def remove_part(self, line_id):
        """Take a wrong part off again: before completion no trace stays in stock."""
        self.ensure_one()
        self.check_access("write")
        line = self.line_ids.filtered(
            lambda line: line.id == line_id and line.kind == "part"
        )
        if not line:
            raise UserError(self.env._("This part is not on the order any more."))
        line.unlink()
        return True

    # -------------------------------------------------------------------------
    # REQUISITION, REPAIR, TRANSFERS
    # -------------------------------------------------------------------------

    def action_request_parts(self):
        """Ask the parts keeper for the parts that are not in the van (SV-40)."""
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("technician", "operator", "parts")
        self._lock_for_action()
        if self.state not in ("new", "dispatched", "in_progress"):
            raise UserError(self._blocked_message("request", self))
        lines = self._get_lines_to_request()
        if not lines:
            raise UserError(
                self.env._(
                    "There is nothing to request: every part is in the van, already "
                    "requested or issued."
                )
            )
        requisition = self.env["aftersales.requisition"]._request_lines(self, lines)
        return open_form(requisition)

    def _get_lines_to_request(self):
        van = self.technician_id.van_location_id
        return self.line_ids.filtered(
            lambda line: (
                line.kind == "part"
                and line.product_id.type == "consu"
                and line.issue_state == "none"
                and line.requisition_id.state not in ("requested", "approved", "issued")
                and not (
                    van
                    and line.source_location_id == van
                    and line.stock_state == "available"
                )
            )
        )

    def _prepare_transfer_values(self, location, destination, **extra):
        """An internal transfer for this order, ahead of others."""
        self.ensure_one()
        warehouse = (
            location.warehouse_id
            or destination.warehouse_id
            or self._get_main_warehouse(self.company_id)
        )
        if not warehouse:
            raise UserError(
                self.env._(
                    "%(company)s has no warehouse, so nothing can be moved for a "
                    "service order. Create one in Inventory, under Configuration, "
                    "Warehouses.",
                    company=self.company_id.name,
                )
            )
        return {
            "aftersales_order_id": self.id,
            "company_id": self.company_id.id,
            "picking_type_id": warehouse.int_type_id.id,
            "location_id": location.id,
            "location_dest_id": destination.id,
            "origin": self.name,
            "priority": "1",
            "move_type": "direct",
            **extra,
        }

    def action_view_requisitions(self):
        return self._action_view("aftersales_service.aftersales_requisition_action")

    def action_view_repairs(self):
        action = self._action_view("repair.action_repair_order_tree")
        action["domain"] = [("aftersales_order_id", "=", self.id)]
        return action

    def action_view_pickings(self):
        action = self._action_view("stock.action_picking_tree_all")
        action["domain"] = [("aftersales_order_id", "=", self.id)]
        return action

    def _action_view(self, xml_id):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        action["domain"] = [("order_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_create_repair(self):
        """Workshop job for the machine; its parts come back as lines (SV-31).

        The customer's machine stays at the customer in stock terms: it never enters
        our valuation.
        """
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator", "technician", "parts")
        self._lock_for_action()
        if self.state not in ("new", "dispatched", "in_progress"):
            raise UserError(self._blocked_message("repair", self))
        # Safe: rights and state were checked; technicians are no stock users.
        repair = (
            self.env["repair.order"]
            .sudo()
            .with_company(self.company_id)
            .create(self._prepare_repair_values())
        )
        if not self.env["repair.order"].has_access("read"):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": self.env._("Workshop job %s created.", repair.name),
                },
            }
        return open_form(repair)

    def _check_workshop_open(self):
        """A repair is finished while its order still takes lines."""
        if wrong := self.filtered(
            lambda order: (
                order.state not in ("new", "dispatched", "in_progress")
                or order.signed_at
            )
        ):
            raise UserError(
                self.env._(
                    "%(orders)s is signed or completed and takes no more parts. "
                    "Reopen the order, then finish the repair.",
                    orders=", ".join(wrong[:5].mapped("name")),
                )
            )

    def _prepare_repair_values(self):
        """The machine goes from the customer to the customer, our stock untouched."""
        # Safe: warehouse and types of the order's own service point.
        team = self.sudo().team_id
        warehouse = team.warehouse_id or self._get_main_warehouse(self.company_id)
        customer_place = self.partner_id.with_company(
            self.company_id
        ).property_stock_customer
        values = {
            "aftersales_order_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "user_id": self.env.uid,
            "picking_type_id": warehouse.repair_type_id.id,
            "product_location_src_id": customer_place.id,
            "product_location_dest_id": customer_place.id,
            "internal_notes": self.description,
        }
        lot = self.asset_id.lot_id
        if self.product_id.type == "consu" and (
            lot or self.product_id.tracking == "none"
        ):
            values.update(product_id=self.product_id.id, lot_id=lot.id)
        return values

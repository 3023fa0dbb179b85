from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class AftersalesPartShortage(models.TransientModel):
    """Ways out when a part is not where it should be taken from (SV-43).

    Take it from another place that has it, have it transferred, or order it from the
    main vendor. The rights are those of whoever may edit the order.
    """

    _name = "aftersales.part.shortage"
    _description = "Missing Parts"

    order_id = fields.Many2one("aftersales.order", required=True, readonly=True)
    line_ids = fields.One2many("aftersales.part.shortage.line", "shortage_id", "Parts")
    can_stop_clock = fields.Boolean(compute="_compute_can_stop_clock")
    stop_clock = fields.Boolean(
        "Stop the clock until the parts are here",
        help="The promise to the customer waits too. Let the clock go on from the "
        "order when the parts have come.",
    )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        order_id = values.get("order_id") or self.env.context.get("active_id")
        order = self.env["aftersales.order"].browse(order_id or []).exists()
        if not order:
            return values
        order.check_access("read")
        values["order_id"] = order.id
        # Proposed only where waiting for parts counts by the promise.
        policies = order.arrive_policy_id | order.resolve_policy_id
        values["stop_clock"] = self._get_part_reason() in policies.pause_reason_ids
        short = order.line_ids.filtered("missing_quantity")
        others = short._find_other_places()
        values["line_ids"] = [
            Command.create(self._prepare_line(line, others.get(line, [])))
            for line in short
        ]
        return values

    @api.depends("order_id")
    def _compute_can_stop_clock(self):
        for wizard in self:
            order = wizard.order_id
            wizard.can_stop_clock = bool(
                order.sla_due_at
                and not order.sla_pause_reason_id
                and self._get_part_reason()
                and order._get_sla_rights()["can_pause"]
            )

    @api.model
    def _get_part_reason(self):
        """Why the clock stops while parts are on their way."""
        return self.env["aftersales.pause.reason"].search(
            [("kind", "=", "part"), ("note_required", "=", False)], limit=1
        )

    def _prepare_line(self, line, others):
        """Propose the quickest way: another place, else a purchase."""
        location, available = others[0] if others else (False, 0.0)
        enough = line.product_id.uom_id.compare(available, line.missing_quantity) >= 0
        vendor = line._get_main_vendor().partner_id
        return {
            "order_line_id": line.id,
            "action": "take" if enough else "purchase" if vendor else "wait",
            "location_id": location and location.id,
            "vendor_id": vendor.id,
        }

    def action_confirm(self):
        """Do what was chosen for each part."""
        self.ensure_one()
        order = self.order_id
        order.check_access("write")
        self.env["res.users"]._check_aftersales_role("technician", "operator", "parts")
        order._lock_for_action()
        if order.state not in ("new", "dispatched", "in_progress"):
            raise UserError(order._blocked_message("find parts", order))
        for row in self.line_ids:
            row._check_choice()
        self.line_ids.filtered(lambda row: row.action == "take")._take()
        self.line_ids.filtered(lambda row: row.action == "transfer")._transfer()
        self.line_ids.filtered(lambda row: row.action == "purchase")._purchase()
        self._stop_clock()
        return {"type": "ir.actions.act_window_close"}

    def _stop_clock(self):
        """The promise waits for what does not come from a shelf at hand."""
        awaited = self.line_ids.filtered(lambda row: row.action != "take")
        if self.stop_clock and self.can_stop_clock and awaited:
            self.order_id.action_pause(
                self._get_part_reason().id,
                ", ".join(awaited.product_id.mapped("display_name")),
            )


class AftersalesPartShortageLine(models.TransientModel):
    """One missing part and what is done about it."""

    _name = "aftersales.part.shortage.line"
    _description = "Missing Part"

    shortage_id = fields.Many2one(
        "aftersales.part.shortage", required=True, ondelete="cascade"
    )
    order_line_id = fields.Many2one("aftersales.order.line", required=True)
    product_id = fields.Many2one(related="order_line_id.product_id")
    source_location_id = fields.Many2one(related="order_line_id.source_location_id")
    missing_quantity = fields.Float(
        compute="_compute_missing_quantity", digits="Product Unit"
    )
    expected_date = fields.Date(compute="_compute_missing_quantity")
    places = fields.Char("Available in", compute="_compute_places")
    action = fields.Selection(
        [
            ("take", "Take from another place"),
            ("transfer", "Transfer here"),
            ("purchase", "Order from the vendor"),
            ("wait", "Wait"),
        ],
        required=True,
        default="wait",
    )
    location_ids = fields.Many2many("stock.location", compute="_compute_places")
    location_id = fields.Many2one(
        "stock.location", "Place", domain="[('id', 'in', location_ids)]"
    )
    vendor_id = fields.Many2one("res.partner")

    @api.depends("order_line_id")
    def _compute_missing_quantity(self):
        for row in self:
            row.missing_quantity = row.order_line_id.missing_quantity
            row.expected_date = row.order_line_id.expected_date

    @api.depends("order_line_id")
    def _compute_places(self):
        others = self.order_line_id._find_other_places()
        for row in self:
            found = others.get(row.order_line_id._origin, [])
            row.location_ids = [(6, 0, [location.id for location, _free in found])]
            row.places = ", ".join(
                f"{location.display_name}: {free:g}" for location, free in found[:5]
            )

    def _check_choice(self):
        if self.order_line_id.order_id != self.shortage_id.order_id:
            raise UserError(self.env._("This part is not on the order any more."))
        if self.action in ("take", "transfer") and (
            not self.location_id or self.location_id not in self.location_ids
        ):
            raise UserError(
                self.env._(
                    "Choose a place that has %(product)s.",
                    product=self.product_id.display_name,
                )
            )
        if self.action == "purchase" and not self.vendor_id:
            raise UserError(
                self.env._(
                    "%(product)s has no vendor. Choose one here, or enter it on the "
                    "product.",
                    product=self.product_id.display_name,
                )
            )

    def _take(self):
        for row in self:
            row.order_line_id.source_location_id = row.location_id

    def _transfer(self):
        """One ready transfer per place it comes from and goes to."""
        # Safe: rights on the order were checked; the transfer is done by stock users.
        rows = self.sudo()
        for (source, target), group in rows.grouped(
            lambda row: (row.location_id, row.source_location_id)
        ).items():
            order = group.shortage_id.order_id
            picking = (
                self.env["stock.picking"]
                .sudo()
                .create(order._prepare_transfer_values(source, target))
            )
            moves = (
                self.env["stock.move"]
                .sudo()
                .create(
                    [
                        {
                            **row.order_line_id._prepare_move_values(
                                "transfer", source, target, row.missing_quantity
                            ),
                            "picking_id": picking.id,
                            "picking_type_id": picking.picking_type_id.id,
                            "partner_id": False,
                        }
                        for row in group
                    ]
                )
            )
            moves._action_confirm(merge=False)
            moves._aftersales_assign_first()

    def _purchase(self):
        """One request for quotation per vendor, linked to the lines."""
        # Safe: rights on the order were checked; buyers confirm the request.
        rows = self.sudo()
        for vendor, group in rows.grouped("vendor_id").items():
            order = group.shortage_id.order_id
            self.env["purchase.order"].sudo().with_company(order.company_id).create(
                group._prepare_purchase_values(order, vendor)
            )

    def _prepare_purchase_values(self, order, vendor):
        warehouse = order.team_id.warehouse_id or order._get_main_warehouse(
            order.company_id
        )
        return {
            "partner_id": vendor.id,
            "company_id": order.company_id.id,
            "origin": order.name,
            "picking_type_id": warehouse.in_type_id.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": row.product_id.id,
                        "product_qty": row.missing_quantity,
                        "product_uom_id": row.product_id.uom_id.id,
                        "aftersales_order_line_id": row.order_line_id.id,
                        "location_final_id": row._get_receiving_place(warehouse).id,
                    }
                )
                for row in self
            ],
        }

    def _get_receiving_place(self, warehouse):
        """Where the line, or the requisition it waits for, takes the part from.

        :return: a place below the warehouse's stock, else none: the receipt's own
        """
        line = self.order_line_id
        places = (
            line.requisition_id.location_id
            | line.source_location_id
            | line.order_id._get_point_locations()[line.order_id]
        )
        return places.filtered(lambda place: place._child_of(warehouse.lot_stock_id))[
            :1
        ]

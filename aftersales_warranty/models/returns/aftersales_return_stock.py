from odoo import api, fields, models
from odoo.exceptions import RedirectWarning
from odoo.fields import Command


class AftersalesReturn(models.Model):
    """The goods of a return: Odoo's own transfers, back and out again (WA-11).

    Called as superuser by the actions of the return, which have checked rights and
    state. Each transfer is one for all lines: 100 serials are one transfer.
    """

    _inherit = "aftersales.return"

    picking_ids = fields.One2many(
        "stock.picking",
        "aftersales_return_id",
        "Transfers",
        readonly=True,
        groups="stock.group_stock_user",
    )
    picking_count = fields.Integer(
        "Number of transfers", compute="_compute_goods_state", store=True
    )
    goods_state = fields.Selection(
        [
            ("none", "Nothing to receive"),
            ("waiting", "Goods expected"),
            ("received", "Goods received"),
        ],
        "Goods",
        compute="_compute_goods_state",
        store=True,
        copy=False,
    )
    replacement_state = fields.Selection(
        [
            ("none", "None"),
            ("waiting", "To be delivered"),
            ("delivered", "Delivered"),
        ],
        "Replacement",
        compute="_compute_goods_state",
        store=True,
        copy=False,
    )

    @api.depends("picking_ids.state", "picking_ids.picking_type_code")
    def _compute_goods_state(self):
        for row in self.sudo():  # Safe: counts and states of the return's transfers.
            pickings = row.picking_ids
            back = row._get_receipts(pickings)
            out = pickings - back
            row.picking_count = len(pickings)
            row.goods_state = row._sum_up(back, "received")
            row.replacement_state = row._sum_up(out, "delivered")

    def _get_receipts(self, pickings):
        return pickings.filtered(
            lambda picking: picking.aftersales_return_direction == "back"
        )

    @api.model
    def _sum_up(self, pickings, done):
        live = pickings.filtered(lambda picking: picking.state != "cancel")
        if not live:
            return "none"
        return done if all(p.state == "done" for p in live) else "waiting"

    # -------------------------------------------------------------------------
    # BACK
    # -------------------------------------------------------------------------

    def _create_receipts(self):
        """The return of each original delivery; a receipt where there is none."""
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.product_id.type == "consu")
        delivered = lines.filtered(lambda line: line.origin_move_id.picking_id)
        for picking, group in delivered.grouped(
            lambda line: line.origin_move_id.picking_id
        ).items():
            self._return_delivery(picking, group)
        if rest := lines - delivered:
            self._create_receipt(rest)

    def _return_delivery(self, picking, lines):
        """Odoo's own return of the delivery, with exactly these serials."""
        wizard = self.env["stock.return.picking"].create(
            {
                "picking_id": picking.id,
                "product_return_moves": [
                    Command.create(
                        {
                            "product_id": move.product_id.id,
                            "move_id": move.id,
                            "quantity": sum(group.mapped("quantity")),
                            "to_refund": self.kind == "refund",
                        }
                    )
                    for move, group in lines.grouped("origin_move_id").items()
                ],
            }
        )
        returned = wizard._create_return()
        returned.write(self._prepare_picking_link("back"))
        for move in returned.move_ids:
            self._take_serials(
                move,
                lines.filtered(
                    lambda line, m=move: (
                        line.origin_move_id == m.origin_returned_move_id
                    )
                ),
            )

    def _prepare_picking_link(self, direction):
        return {
            "aftersales_return_id": self.id,
            "aftersales_return_direction": direction,
            "aftersales_order_id": self.order_id.id,
            "origin": self.name,
            **({"date_deadline": self.due_on} if self.due_on else {}),
        }

    def _take_serials(self, move, lines):
        """Reserve the very serials of the lines, not any that were delivered."""
        lots = lines.asset_id.lot_id
        if move.product_id.tracking == "none" or not lots:
            return
        move.move_line_ids.unlink()
        self.env["stock.move.line"].create(
            [
                {
                    "move_id": move.id,
                    "picking_id": move.picking_id.id,
                    "product_id": move.product_id.id,
                    "product_uom_id": move.product_uom.id,
                    "company_id": move.company_id.id,
                    "location_id": move.location_id.id,
                    "location_dest_id": move.location_dest_id.id,
                    "lot_id": line.asset_id.lot_id.id,
                    "quantity": line.quantity,
                }
                for line in lines
                if line.asset_id.lot_id
            ]
        )

    def _create_receipt(self, lines):
        """Goods we cannot trace to a delivery come in from the customer."""
        warehouse = self._get_warehouse()
        kind = warehouse.in_type_id
        partner = self.partner_id.with_company(self.company_id)
        source = partner.property_stock_customer
        picking = self._create_picking(
            kind,
            source,
            kind.default_location_dest_id or warehouse.lot_stock_id,
            "back",
        )
        self._fill_picking(picking, lines.grouped("product_id"))
        for move in picking.move_ids:
            self._take_serials(
                move,
                lines.filtered(lambda line, m=move: line.product_id == m.product_id),
            )

    # -------------------------------------------------------------------------
    # OUT
    # -------------------------------------------------------------------------

    def _create_replacement(self):
        """Deliver what is given in exchange; once."""
        self.ensure_one()
        if self.replacement_state != "none":
            return
        warehouse = self._get_warehouse()
        partner = self.partner_id.with_company(self.company_id)
        picking = self._create_picking(
            warehouse.out_type_id,
            warehouse.lot_stock_id,
            partner.property_stock_customer,
            "out",
        )
        self._fill_picking(picking, self.line_ids.grouped("replacement_product_id"))

    def _create_picking(self, kind, source, destination, direction):
        address = self.order_id.site_id or self.partner_id
        return self.env["stock.picking"].create(
            {
                **self._prepare_picking_link(direction),
                "company_id": self.company_id.id,
                "partner_id": address.id,
                "picking_type_id": kind.id,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "move_type": "direct",
            }
        )

    def _fill_picking(self, picking, groups):
        """One move per product."""
        moves = self.env["stock.move"].create(
            [
                {
                    "picking_id": picking.id,
                    "company_id": picking.company_id.id,
                    "product_id": product.id,
                    "product_uom": product.uom_id.id,
                    "product_uom_qty": sum(lines.mapped("quantity")),
                    "location_id": picking.location_id.id,
                    "location_dest_id": picking.location_dest_id.id,
                    "picking_type_id": picking.picking_type_id.id,
                    "partner_id": picking.partner_id.id,
                    "origin": self.name,
                }
                for product, lines in groups.items()
            ]
        )
        moves._action_confirm(merge=False)
        moves._action_assign()

    def _get_warehouse(self):
        """Warehouse of the service point, else the company's first."""
        return self.team_id.warehouse_id or self.order_id._get_main_warehouse(
            self.company_id
        )

    def _check_settings(self):
        """Say which setting is missing before anything is made (WA-11)."""
        for row in self.sudo():  # Safe: settings of the return's own company.
            if not row._get_warehouse():
                raise RedirectWarning(
                    self.env._(
                        "%(company)s has no warehouse to take the goods. Create one.",
                        company=row.company_id.name,
                    ),
                    self.env.ref("stock.action_warehouse_form").id,
                    self.env._("Open the warehouses"),
                )
        super()._check_settings()

    # -------------------------------------------------------------------------
    # AFTER A TRANSFER
    # -------------------------------------------------------------------------

    def _after_transfer_done(self, pickings):
        """Goods moved: mark units, open what follows, finish if all is done."""
        for row in self:
            own = pickings.filtered(lambda p, r=row: p.aftersales_return_id == r)
            if own - row._get_receipts(own):
                row._link_new_units()
            if row.goods_state == "received":
                row._mark_returned()
                if row.kind == "exchange":
                    row._create_replacement()
                if row.state == "in_progress":
                    row._create_documents()
        self._try_finish()

    def _mark_returned(self):
        """Machines that no stock move knows of are given back as well."""
        assets = self.line_ids.asset_id.filtered(lambda asset: asset.state == "in_use")
        if assets:
            text = self.env._("Returned with %s", self.name)
            assets._write_grouped(
                [({"state": "returned"}, assets)], {asset.id: text for asset in assets}
            )

    def _link_new_units(self):
        """The serials delivered stand for the lines, product by product."""
        moved = self.picking_ids.filtered(
            lambda p: p.aftersales_return_direction == "out" and p.state == "done"
        ).move_ids.filtered(lambda move: move.state == "done")
        lots = moved.move_line_ids.lot_id
        assets = self.env["aftersales.asset"]
        found = assets.search(
            [("lot_id", "in", lots.ids), ("company_id", "=", self.company_id.id)]
        )
        free = found - self.line_ids.new_asset_id
        todo = self.line_ids.filtered(lambda ln: ln.asset_id and not ln.new_asset_id)
        untracked = todo.filtered(
            lambda line: line.replacement_product_id.tracking != "serial"
        )
        self._register_untracked(untracked)
        for product, lines in (
            (todo - untracked).grouped("replacement_product_id").items()
        ):
            units = free.filtered(lambda asset, p=product: asset.product_id == p)
            for line, asset in zip(lines, units, strict=False):
                line.new_asset_id = asset
        self._open_warranties(todo.filtered("new_asset_id"))

    def _register_untracked(self, lines):
        """A unit without serial in stock is registered where the old one stood."""
        if self.replacement_state != "delivered" or not lines:
            return
        assets = self.env["aftersales.asset"].create(
            [
                {
                    "company_id": self.company_id.id,
                    "partner_id": line.asset_id.partner_id.id,
                    "site_id": line.asset_id.site_id.id,
                    "place": line.asset_id.place,
                    "product_id": line.replacement_product_id.id,
                    "parent_id": line.asset_id.parent_id.id,
                    "importance": line.asset_id.importance,
                    "delivered_on": self._get_day(),
                }
                for line in lines
            ]
        )
        for line, asset in zip(lines, assets, strict=True):
            line.new_asset_id = asset

    def _open_warranties(self, lines):
        """The new unit gets its warranty by the rule of the old one's term."""
        pairs = {line.asset_id: line.new_asset_id for line in lines}
        if pairs:
            self.env["aftersales.warranty"]._open_for_exchange(pairs, self._get_day())

    def _is_goods_done(self):
        if self.goods_back and self._has_goods() and self.goods_state != "received":
            return False
        return self.kind != "exchange" or self.replacement_state == "delivered"

    def _has_goods(self):
        return any(line.product_id.type == "consu" for line in self.line_ids)

    def action_view_pickings(self):
        """Open the transfers of the return."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "stock.action_picking_tree_all"
        )
        action["domain"] = [("aftersales_return_id", "in", self.ids)]
        action["context"] = {}
        return action

from odoo.exceptions import RedirectWarning, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_parts import PartsCommon


class ReservationCommon(PartsCommon):
    @classmethod
    def _create_shelf(cls, name, parent):
        return cls.env["stock.location"].create(
            {
                "name": name,
                "usage": "internal",
                "location_id": parent.id,
                "company_id": cls.company.id,
            }
        )

    @classmethod
    def _put_on(cls, day, product, location, quantity, lot=None):
        cls.env["stock.quant"]._update_available_quantity(
            product,
            location,
            quantity,
            lot_id=lot,
            in_date=f"2026-01-{day:02} 08:00:00",
        )

    def _ask_odoo(self, product, location, quantity):
        """Which pieces Odoo's own move takes from the same stock."""
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": location.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        move._action_confirm()
        move._action_assign()
        pieces = self._pieces(move)
        move._action_cancel()
        self.assertTrue(pieces)
        return pieces

    def _pieces(self, moves):
        return sorted(
            (row.location_id.name, row.lot_id.name or "", row.quantity)
            for row in moves.move_line_ids
        )


@tagged("post_install", "-at_install")
class TestRemovalStrategy(ReservationCommon):
    """Which pieces leave is what Odoo's own move would take."""

    def test_oldest_youngest_or_closest_as_the_place_says(self):
        taken = {}
        for number, method in enumerate(("fifo", "lifo", "closest")):
            part = self._create_product(f"Fan {method}")
            # Closest goes by name: Z came first, A lies nearest, M came last.
            for day, name in ((1, "Z"), (2, "A"), (3, "M")):
                shelf = self._create_shelf(f"{name}{number}", self.point)
                self._put_on(day, part, shelf, 2)
            self.point.removal_strategy_id = self.env["product.removal"].search(
                [("method", "=", method)]
            )
            expected = self._ask_odoo(part, self.point, 3)
            order = self._part_order(part, 3, source_location_id=self.point.id)
            order.action_complete()
            self.assertEqual(self._pieces(self._done_moves(order)), expected)
            taken[method] = [row[0][0] for row in expected]
        self.assertEqual(
            taken, {"fifo": ["A", "Z"], "lifo": ["A", "M"], "closest": ["A", "M"]}
        )

    def test_lot_handed_out_is_the_one_odoo_takes(self):
        self.technician.van_location_id = False
        self.point.removal_strategy_id = self.env.ref("stock.removal_lifo")
        part = self._create_product("Grease", tracking="lot")
        for day, name in ((1, "OLD"), (2, "YOUNG")):
            self._put_on(day, part, self.point, 5, self._create_lot(part, name))
        expected = self._ask_odoo(part, self.point, 1)
        self.assertEqual(expected, [("Stock", "YOUNG", 1)])
        order = self._part_order(part)
        self.as_user("technician", order).action_request_parts()
        self.as_user("parts", order.requisition_ids).action_issue()
        self.assertEqual(order.line_ids.lot_id.name, "YOUNG")
        order.action_complete()
        self.assertEqual(self._pieces(self._done_moves(order)), expected)

    def test_first_expired_first_out(self):
        if "removal_date" not in self.env["stock.lot"]._fields:
            self.skipTest("product_expiry is not installed")
        self.technician.van_location_id = False
        self.point.removal_strategy_id = self.env.ref("product_expiry.removal_fefo")
        part = self._create_product("Grease", tracking="lot")
        part.use_expiration_date = True
        days = (("LATE", "2099-06-01"), ("SOON", "2099-01-01"), ("PAST", "2020-01-01"))
        for number, (name, day) in enumerate(days, start=1):
            lot = self._create_lot(part, name)
            lot.write({"removal_date": day, "expiration_date": day})
            self._put_on(number, part, self.point, 5, lot)
        expected = self._ask_odoo(part, self.point, 6)
        self.assertEqual(expected, [("Stock", "LATE", 1), ("Stock", "SOON", 5)])
        order = self._part_order(part, 6)
        self.as_user("technician", order).action_request_parts()
        self.assertEqual(self._pieces(order.line_ids.move_ids), expected)
        past = self.env["stock.lot"].search([("name", "=", "PAST")])
        order = self._part_order(part, 1, lot_id=past.id)
        with self.assertRaises(RedirectWarning):
            order.action_complete()

    def test_the_lot_named_on_the_line_is_reserved(self):
        self.technician.van_location_id = False
        lots = [self._create_lot(self.serial_part, f"CTL-10{n}") for n in range(3)]
        for day, lot in enumerate(lots, start=1):
            self._put_on(day, self.serial_part, self.point, 1, lot)
        order = self._part_order(self.serial_part, lot_id=lots[1].id)
        self.as_user("technician", order).action_request_parts()
        self.assertEqual(order.line_ids.move_ids.lot_ids, lots[1])
        self.as_user("parts", order.requisition_ids).action_issue()
        order.action_complete()
        self.assertEqual(self._done_moves(order).lot_ids, lots[1])

    def test_customers_own_goods_are_not_reserved(self):
        self.env["stock.quant"]._update_available_quantity(
            self.disk, self.point, 5, owner_id=self.customer
        )
        order = self._part_order()
        self.as_user("technician", order).action_request_parts()
        self.assertEqual(order.requisition_ids.stock_state, "short")

    def test_a_part_in_a_package_leaves_it(self):
        package = self.env["stock.package"].create({"name": "PACK-1"})
        self.env["stock.quant"]._update_available_quantity(
            self.disk, self.van, 3, package_id=package
        )
        order = self._part_order(quantity=2)
        order.action_complete()
        self.assertEqual(self._done_moves(order).move_line_ids.package_id, package)
        self.assertEqual(sum(package.quant_ids.mapped("quantity")), 1)

    def test_short_does_not_depend_on_the_orders_beside_it(self):
        self._put(self.disk, self.van, 1)
        orders = self._part_order() | self._part_order()
        both = orders.line_ids.mapped("stock_state")
        self.env.invalidate_all()
        self.assertEqual(both, [line.stock_state for line in orders.line_ids])
        self.assertEqual(both, ["available", "available"])

    def test_two_lines_of_an_order_share_what_is_there(self):
        self._put(self.disk, self.van, 3)
        order = self._part_order(quantity=2, source_location_id=self.van.id)
        second = order.line_ids.copy(
            {"order_id": order.id, "source_location_id": self.van.id}
        )
        self.assertEqual(second.missing_quantity, 1)
        self.assertEqual((order.line_ids - second).missing_quantity, 0)


@tagged("post_install", "-at_install")
class TestPartsMeet(ReservationCommon):
    """What was ordered for an order reaches the one who waits for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shelf = cls._create_shelf("Service point", cls.point)
        cls.team.location_id = cls.shelf
        cls.technician.van_location_id = False
        cls.vendor = cls.env["res.partner"].create({"name": "Disk Works"})
        cls.disk.seller_ids = [
            Command.create({"partner_id": cls.vendor.id, "price": 280.0})
        ]

    def _find(self, order, **values):
        wizard = self.env["aftersales.part.shortage"].with_context(
            active_model="aftersales.order", active_id=order.id
        )
        found = Form(wizard).save()
        found.line_ids.write(values)
        found.action_confirm()

    def _receive(self, purchase):
        purchase.button_confirm()
        picking = purchase.picking_ids
        picking.move_ids.quantity = picking.move_ids.product_uom_qty
        picking.move_ids.picked = True
        picking.button_validate()

    def test_part_ordered_for_an_order_is_received_where_it_is_reserved(self):
        for van in (self.env["stock.location"], self.van):
            self.technician.van_location_id = van
            order = self._part_order()
            self.as_user("technician", order).action_request_parts()
            requisition = order.requisition_ids
            self.assertEqual(requisition.location_id, self.shelf)
            self.assertEqual(requisition.stock_state, "short")
            self._find(order, action="purchase")
            self._receive(order.line_ids.purchase_line_ids.order_id)
            self.assertEqual(requisition.stock_state, "available")
            self.as_user("parts", requisition).action_issue()
            order.action_complete()
            self.assertEqual(self._stock(self.disk, self.point), 0)

    def test_issue_takes_what_has_come_by_another_way(self):
        order = self._part_order()
        self.as_user("technician", order).action_request_parts()
        self._put(self.disk, self.shelf, 1)
        self.as_user("parts", order.requisition_ids).action_issue()
        self.assertEqual(order.requisition_ids.state, "issued")

    def test_waiting_requisition_follows_to_another_place(self):
        for van in (self.env["stock.location"], self.van):
            self.technician.van_location_id = van
            order = self._part_order(source_location_id=self.shelf.id)
            self.as_user("technician", order).action_request_parts()
            requisition = order.requisition_ids
            self._put(self.disk, self.point, 1)
            self._find(order, action="take", location_id=self.point.id)
            self.assertEqual(requisition.stock_state, "available")
            self.as_user("parts", requisition).action_issue()
            self.assertEqual(order.line_ids.source_location_id, van or self.point)
            order.action_complete()
            self.assertEqual(self._stock(self.disk, self.point), 0)

    def test_units_of_the_products_own_kind_only(self):
        hour = self.env.ref("uom.product_uom_hour")
        dozen = self.env.ref("uom.product_uom_dozen")
        with self.assertRaisesRegex(ValidationError, "Hours"):
            self._part_order(uom_id=hour.id)
        self._put(self.disk, self.point, 30)
        order = self._part_order(
            quantity=2, uom_id=dozen.id, source_location_id=self.point.id
        )
        order.action_complete()
        self.assertEqual(self._stock(self.disk, self.point), 6)

from odoo import Command, fields
from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.tests import Form, tagged

from ..common import AftersalesCommon


class PartsCommon(AftersalesCommon):
    """A service point with stock, a van, and parts of all kinds of tracking."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.point = cls.warehouse.lot_stock_id
        cls.team.write({"warehouse_id": cls.warehouse.id, "location_id": cls.point.id})
        cls.van = cls.env["stock.location"].create(
            {
                "name": "Van Li Qiang",
                "usage": "internal",
                "location_id": cls.warehouse.view_location_id.id,
                "company_id": cls.company.id,
            }
        )
        cls.technician.van_location_id = cls.van
        cls.serial_part = cls._create_product("Controller", tracking="serial")
        cls.lot = cls._create_lot(cls.serial_part, "CTL-001")
        cls.disk.standard_price = 300.0

    @classmethod
    def _create_lot(cls, product, name):
        return cls.env["stock.lot"].create({"product_id": product.id, "name": name})

    @classmethod
    def _put(cls, product, location, quantity, lot=None):
        cls.env["stock.quant"]._update_available_quantity(
            product, location, quantity, lot_id=lot
        )

    @classmethod
    def _part_order(cls, product=None, quantity=1.0, **values):
        line = cls._line_values("part", product or cls.disk, quantity, **values)
        return cls._create_reported_order(line_ids=[line])

    def _stock(self, product, location):
        return self.env["stock.quant"]._get_available_quantity(product, location)

    def _done_moves(self, order):
        return order.line_ids.move_ids.filtered(lambda move: move.state == "done")


@tagged("post_install", "-at_install")
class TestParts(PartsCommon):
    def test_part_leaves_the_van_for_the_customer(self):
        self._put(self.disk, self.van, 2)
        order = self._part_order()
        self.assertEqual(order.line_ids.source_location_id, self.van)
        self.assertEqual(order.line_ids.stock_state, "available")
        self.as_user("technician", order).action_complete()
        move = order.line_ids.move_ids
        self.assertEqual(move.state, "done")
        self.assertEqual(move.location_id, self.van)
        self.assertEqual(move.location_dest_id.usage, "customer")
        self.assertEqual(move.reference, order.name)
        self.assertEqual(self._stock(self.disk, self.van), 1)
        self.assertEqual(order.line_ids.issue_state, "issued")
        self.assertEqual(order.line_ids.stock_state, "issued")

    def test_service_point_when_the_van_has_none(self):
        self._put(self.disk, self.point, 1)
        order = self._part_order()
        self.assertEqual(order.line_ids.source_location_id, self.point)

    def test_covered_part_is_consumed_with_its_own_account(self):
        self._put(self.disk, self.van, 1)
        order = self._part_order()
        order.service_type = "contract"
        order.action_complete()
        place = self.company.aftersales_consumption_location_id
        self.assertEqual(order.line_ids.move_ids.location_dest_id, place)
        self.assertEqual(place.usage, "inventory")
        if self.company.expense_account_id:
            self.assertTrue(place.valuation_account_id)
            self.assertNotEqual(
                place.valuation_account_id, self.company.expense_account_id
            )

    def test_covered_part_is_booked_on_its_own_account(self):
        """Real-time valuation takes the account of the consumption location."""
        expense, valuation = self.env["account.account"].create(
            [
                {
                    "name": "Covered parts",
                    "code": "AS5401",
                    "account_type": "expense",
                    "company_ids": [Command.set(self.company.ids)],
                },
                {
                    "name": "Parts in stock",
                    "code": "AS1405",
                    "account_type": "asset_current",
                    "company_ids": [Command.set(self.company.ids)],
                },
            ]
        )
        self.company.account_stock_journal_id = self.env["account.journal"].create(
            {"name": "Service stock", "code": "ASTK", "type": "general"}
        )
        self.disk.categ_id = self.env["product.category"].create(
            {
                "name": "Valued",
                "property_valuation": "real_time",
                "property_cost_method": "standard",
                "property_stock_valuation_account_id": valuation.id,
            }
        )
        place = self.company._get_aftersales_consumption_location()
        place.valuation_account_id = expense
        self.disk.standard_price = 300.0
        self._put(self.disk, self.van, 1)
        order = self._part_order()
        order.service_type = "contract"
        self.as_user("technician", order).action_complete()
        entry = order.line_ids.move_ids.account_move_id
        self.assertEqual(entry.state, "posted")
        balances = {line.account_id: line.balance for line in entry.line_ids}
        self.assertEqual(balances, {expense: 300.0, valuation: -300.0})
        order.line_ids.action_return(1, "not needed")
        back = order.line_ids.move_ids.filtered("origin_returned_move_id")
        balances = {ln.account_id: ln.balance for ln in back.account_move_id.line_ids}
        self.assertEqual(balances, {expense: -300.0, valuation: 300.0})

    def test_not_enough_stock_is_refused_with_ways_out(self):
        order = self._part_order(quantity=3)
        self._put(self.disk, self.point, 1)
        with self.assertRaises(RedirectWarning) as caught:
            self.as_user("technician", order).action_complete()
        message = caught.exception.args[0]
        for word in (order.name, "2 ", "Disk 300 GB", self.point.display_name):
            self.assertIn(word, message)
        self.assertEqual(order.state, "in_progress")
        self.assertFalse(self._done_moves(order))
        self.assertEqual(order.line_ids.stock_state, "short")
        self.assertEqual(order.line_ids.missing_quantity, 2)

    def test_company_may_allow_negative_stock(self):
        self.company.aftersales_allow_negative_stock = True
        order = self._part_order(quantity=3)
        order.action_complete()
        self.assertEqual(self._done_moves(order).quantity, 3)

    def test_serial_is_required_and_must_lie_there(self):
        order = self._part_order(self.serial_part)
        with self.assertRaisesRegex(UserError, "Controller"):
            order.action_complete()
        order.line_ids.lot_id = self.lot
        with self.assertRaises(RedirectWarning):
            order.action_complete()
        self._put(self.serial_part, self.point, 1, self.lot)
        order.action_complete()
        self.assertEqual(self._done_moves(order).lot_ids, self.lot)

    def test_lot_of_another_product_is_refused(self):
        with self.assertRaises(ValidationError):
            self._part_order(self.disk, lot_id=self.lot.id)

    def test_serials_need_one_line_each(self):
        self._put(self.serial_part, self.point, 1, self.lot)
        order = self._part_order(self.serial_part, 2, lot_id=self.lot.id)
        with self.assertRaisesRegex(UserError, "one line"):
            order.action_complete()

    def test_reopened_and_completed_again_issues_the_difference(self):
        self._put(self.disk, self.van, 5)
        order = self._part_order(quantity=2)
        order.action_complete()
        order.action_reopen("one more")
        order.sudo().write({"signed_at": False})
        order.line_ids.quantity = 3
        order.action_complete()
        self.assertEqual(self._stock(self.disk, self.van), 2)
        self.assertEqual(order.line_ids.issued_quantity, 3)
        order.action_reopen("two too many")
        order.sudo().line_ids.quantity = 1
        order.action_complete()
        self.assertEqual(self._stock(self.disk, self.van), 4)
        self.assertEqual(order.line_ids.issued_quantity, 1)
        order._issue_parts()
        self.assertEqual(self._stock(self.disk, self.van), 4)

    def test_issued_part_is_neither_changed_nor_deleted(self):
        self._put(self.disk, self.van, 5)
        order = self._part_order()
        order.action_complete()
        order.action_reopen("check")
        with self.assertRaisesRegex(UserError, "left stock"):
            order.line_ids.product_id = self.serial_part
        with self.assertRaisesRegex(UserError, "return it"):
            order.line_ids.unlink()

    def test_cancel_waits_for_the_return(self):
        self._put(self.disk, self.van, 2)
        order = self._part_order(quantity=2)
        order.action_complete()
        with self.assertRaisesRegex(UserError, "Return the parts"):
            order.action_cancel("no")
        order.line_ids.action_return(2, "not needed")
        order.action_cancel("no")
        self.assertEqual(order.state, "cancelled")

    def test_return_reduces_what_is_charged(self):
        self._put(self.disk, self.van, 2)
        order = self._part_order(quantity=2)
        order.action_complete()
        self.assertEqual(order.amount_untaxed, 1600.0)
        line = self.as_user("technician", order.line_ids)
        with self.assertRaisesRegex(UserError, "cannot be returned"):
            line.action_return(3, "too many")
        with self.assertRaisesRegex(UserError, "why"):
            line.action_return(1, " ")
        line.action_return(1, "one was enough")
        self.assertEqual(order.amount_untaxed, 800.0)
        self.assertEqual(order.line_ids.returned_quantity, 1)
        back = self._done_moves(order).filtered(
            lambda move: move.aftersales_kind == "return"
        )
        self.assertTrue(back.origin_returned_move_id)
        self.assertEqual(self._stock(self.disk, self.van), 1)
        line.action_return(1, "none after all")
        self.assertEqual(order.line_ids.issue_state, "returned")
        self.assertEqual(order.line_ids.stock_state, "returned")

    def test_return_keeps_the_serial(self):
        self._put(self.serial_part, self.van, 1, self.lot)
        order = self._part_order(self.serial_part, lot_id=self.lot.id)
        order.action_complete()
        order.line_ids.action_return(1, "wrong one", self.point.id)
        self.assertEqual(
            self.lot.quant_ids.filtered(lambda q: q.quantity > 0).location_id,
            self.point,
        )

    def test_return_before_completion_is_refused(self):
        self._put(self.disk, self.van, 2)
        order = self._part_order()
        with self.assertRaises(UserError):
            order.line_ids.action_return(1, "not yet")

    def test_returned_quantity_cannot_be_written(self):
        order = self._create_order(
            line_ids=[self._line_values("part", self.disk)],
        )
        for field in ("returned_quantity", "issued_quantity", "requisition_id"):
            with self.assertRaises(AccessError):
                self.as_user("manager", order.line_ids).write({field: 1})

    def test_queries_do_not_grow_with_the_orders(self):
        """What we add to Odoo's own stock is the same for one order and for many."""
        self._put(self.disk, self.van, 100)
        counts = {}
        for size in (2, 12):
            orders = self.env["aftersales.order"].union(
                *(self._part_order() for _i in range(size))
            )
            self.env.flush_all()
            self.env.invalidate_all()
            lines = orders.line_ids
            lines.mapped("stock_state")
            start = self.env.cr.sql_log_count
            lines.invalidate_recordset(["stock_state"])
            lines._get_missing_quantities()
            lines._check_lots()
            lines._get_issue_locations()
            lines._get_expected_dates()
            counts[size] = self.env.cr.sql_log_count - start
        self.assertLessEqual(counts[12], counts[2] + 1, counts)

    def test_two_orders_share_the_last_part(self):
        self._put(self.disk, self.van, 1)
        orders = self._part_order() | self._part_order()
        with self.assertRaises(RedirectWarning):
            orders.action_complete()
        self.assertEqual(set(orders.mapped("state")), {"in_progress"})

    def test_customers_own_goods_are_not_taken(self):
        self.env["stock.quant"]._update_available_quantity(
            self.disk, self.van, 5, owner_id=self.customer
        )
        order = self._part_order(source_location_id=self.van.id)
        with self.assertRaises(RedirectWarning):
            order.action_complete()

    def test_issued_serial_belongs_to_the_machine(self):
        self._put(self.serial_part, self.van, 1, self.lot)
        order = self._part_order(self.serial_part, lot_id=self.lot.id)
        order.action_complete()
        asset = self.env["aftersales.asset"].search([("lot_id", "=", self.lot.id)])
        self.assertEqual(asset.partner_id, self.customer)
        self.assertEqual(asset.parent_id, self.asset)

    def test_unused_parts_go_back_to_the_service_point(self):
        self._put(self.disk, self.van, 3)
        with self.assertRaises(AccessError):
            self.as_user("technician", self.technician).action_return_van_parts()
        action = self.as_user("parts", self.technician).action_return_van_parts()
        picking = self.env["stock.picking"].browse(action["res_id"])
        self.assertEqual(picking.state, "assigned")
        self.as_user("parts", picking).button_validate()
        self.assertEqual(self._stock(self.disk, self.point), 3)
        with self.assertRaisesRegex(UserError, "nothing unused"):
            self.as_user("parts", self.technician).action_return_van_parts()

    def test_completion_costs_no_more_than_its_stock_moves(self):
        """Per order we add no query to what Odoo's own done moves cost."""
        self._put(self.disk, self.van, 100)
        ours, stock = {}, {}
        for size in (4, 16):
            orders = self.env["aftersales.order"].union(
                *(self._part_order() for _i in range(size))
            )
            ours[size] = self._count_queries(orders.action_complete)
            vals_list = orders.line_ids.move_ids.copy_data()
            stock[size] = self._count_queries(lambda v=vals_list: self._plain_moves(v))
        self.assertLessEqual(ours[16] - ours[4], stock[16] - stock[4], (ours, stock))

    def _plain_moves(self, vals_list):
        values = {"aftersales_order_line_id": False, "origin": "plain"}
        moves = self.env["stock.move"].create(
            [{**vals, **values} for vals in vals_list]
        )
        moves.reference = "plain"
        moves.quantity = 1
        moves.picked = True
        moves._action_done()

    def _count_queries(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - start


@tagged("post_install", "-at_install")
class TestPartsOnThePhone(PartsCommon):
    def test_search_finds_own_van_first(self):
        self._put(self.disk, self.van, 2)
        self._put(self.disk, self.point, 9)
        self.disk.write({"default_code": "D-300", "barcode": "690001"})
        order = self.as_user("technician", self._part_order())
        for text in ("disk 300", "D-300", "690001"):
            rows = order.search_parts(text)
            self.assertEqual(
                [(r["location_id"], r["available"], r["own_van"]) for r in rows],
                [(self.van.id, 2, True), (self.point.id, 9, False)],
            )
        self.assertEqual(order.search_parts("")[0]["product_id"], self.disk.id)
        self.assertEqual(order.search_parts("no such part"), [])

    def test_search_by_scanned_serial(self):
        self._put(self.serial_part, self.van, 1, self.lot)
        order = self._create_order(technician_id=self.technician.id)
        order.action_dispatch()
        order = self.as_user("technician", order)
        (row,) = order.search_parts("CTL-001")
        self.assertEqual(row["lot_id"], self.lot.id)
        line_id = order.add_part(row["product_id"], 1, row["lot_id"], self.van.id)
        self.assertEqual(order.line_ids.browse(line_id).lot_id.id, self.lot.id)

    def test_add_and_remove(self):
        self._put(self.disk, self.van, 5)
        order = self._create_order(technician_id=self.technician.id)
        order.action_dispatch()
        order.action_start()
        order = self.as_user("technician", order)
        line_id = order.add_part(self.disk.id)
        self.assertEqual(order.add_part(self.disk.id, 2), line_id)
        self.assertEqual(order.line_ids.quantity, 3)
        order.remove_part(line_id)
        self.assertFalse(order.line_ids)
        self.assertFalse(
            self.env["stock.move"].search([("origin", "=", order.name)]),
            "no trace in stock",
        )
        with self.assertRaisesRegex(UserError, "not on the order"):
            order.remove_part(line_id)

    def test_wrong_input_is_refused(self):
        order = self._create_order(technician_id=self.technician.id)
        order.action_dispatch()
        order = self.as_user("technician", order)
        with self.assertRaises(UserError):
            order.add_part(self.labour.id)
        with self.assertRaises(UserError):
            order.add_part(0)
        with self.assertRaises(UserError):
            order.add_part(self.disk.id, -1)
        with self.assertRaises(UserError):
            order.add_part(
                self.disk.id,
                1,
                False,
                order._get_point_locations()[order.sudo()].location_id.id,
            )

    def test_foreign_order_is_refused(self):
        other = self._create_order()
        with self.assertRaises(AccessError):
            self.as_user("technician", other).search_parts("disk")
        with self.assertRaises(AccessError):
            self.as_user("technician", other).add_part(self.disk.id)

    def test_completed_order_takes_no_more_parts(self):
        self._put(self.disk, self.van, 5)
        order = self._part_order()
        order.action_complete()
        with self.assertRaises(UserError):
            self.as_user("technician", order).add_part(self.disk.id)
        with self.assertRaises(UserError):
            self.as_user("technician", order).remove_part(order.line_ids.id)


@tagged("post_install", "-at_install")
class TestPartsShortage(PartsCommon):
    def _open(self, order, role="technician"):
        wizard = self.env["aftersales.part.shortage"].with_user(self.users[role])
        return wizard.with_context(active_model="aftersales.order", active_id=order.id)

    def test_take_from_another_place(self):
        order = self._part_order()
        self._put(self.disk, self.van, 1)
        form = Form(self._open(order))
        wizard = form.save()
        self.assertEqual(wizard.line_ids.action, "take")
        self.assertEqual(wizard.line_ids.location_id, self.van)
        wizard.action_confirm()
        self.assertEqual(order.line_ids.source_location_id, self.van)
        self.assertEqual(order.line_ids.stock_state, "available")

    def test_transfer_is_ready_and_expected(self):
        order = self._part_order(source_location_id=self.van.id)
        self._put(self.disk, self.point, 4)
        wizard = Form(self._open(order)).save()
        wizard.line_ids.action = "transfer"
        wizard.action_confirm()
        picking = order.picking_ids
        self.assertEqual(picking.state, "assigned")
        self.assertEqual(picking.location_dest_id, self.van)
        self.assertEqual(order.line_ids.stock_state, "ordered")
        self.assertTrue(order.line_ids.expected_date)
        picking.button_validate()
        self.assertEqual(order.line_ids.stock_state, "available")
        order.action_complete()
        self.assertEqual(self._stock(self.disk, self.point), 3)

    def _promised_order(self, counts=True, **values):
        """A promise for which waiting for parts stops the clock, or does not."""
        line = self._line_values("part", self.disk, 1.0, **values)
        order = self._create_order(line_ids=[line])
        reason = self.env.ref("aftersales_service.aftersales_pause_reason_part")
        command = Command.link if counts else Command.unlink
        policies = order.arrive_policy_id | order.resolve_policy_id
        policies.pause_reason_ids = [command(reason.id)]
        self.assertTrue(order.sla_due_at)
        return order

    def test_clock_stops_for_what_has_to_come(self):
        order = self._promised_order(source_location_id=self.van.id)
        self._put(self.disk, self.point, 4)
        wizard = Form(self._open(order, "operator")).save()
        self.assertTrue(wizard.can_stop_clock and wizard.stop_clock)
        wizard.line_ids.action = "transfer"
        wizard.action_confirm()
        self.assertEqual(order.sla_pause_reason_id.kind, "part")
        self.assertIn(self.disk.name, order.sla_pause_ids.note)
        again = Form(self._open(order, "operator")).save()
        self.assertFalse(again.can_stop_clock)
        again.action_confirm()
        self.assertEqual(len(order.sla_pause_ids), 1)

    def test_clock_goes_on_for_a_part_at_hand(self):
        order = self._promised_order()
        self._put(self.disk, self.van, 1)
        wizard = Form(self._open(order, "operator")).save()
        wizard.action_confirm()
        self.assertFalse(order.sla_pause_reason_id)

    def test_clock_is_not_proposed_where_parts_do_not_count(self):
        order = self._promised_order(counts=False, source_location_id=self.van.id)
        wizard = Form(self._open(order, "parts")).save()
        self.assertFalse(wizard.stop_clock or wizard.can_stop_clock)

    def test_purchase_from_the_main_vendor(self):
        vendor = self.env["res.partner"].create({"name": "Disk Works"})
        self.disk.seller_ids = [
            Command.create({"partner_id": vendor.id, "price": 280.0, "delay": 5})
        ]
        order = self._part_order(quantity=2)
        wizard = Form(self._open(order)).save()
        self.assertEqual(wizard.line_ids.action, "purchase")
        wizard.action_confirm()
        purchase = order.line_ids.purchase_line_ids
        self.assertEqual(purchase.order_id.partner_id, vendor)
        self.assertEqual(purchase.product_qty, 2)
        self.assertEqual(purchase.price_unit, 280.0)
        self.assertEqual(order.line_ids.stock_state, "ordered")
        self.assertGreater(order.line_ids.expected_date, fields.Date.today())
        self.assertEqual(order.parts_expected_date, order.line_ids.expected_date)

    def test_no_vendor_says_what_to_do(self):
        wizard = Form(self._open(self._part_order())).save()
        wizard.line_ids.write({"action": "purchase"})
        with self.assertRaisesRegex(UserError, "vendor"):
            wizard.action_confirm()

    def test_foreign_order_is_refused(self):
        with self.assertRaises(AccessError):
            Form(self._open(self._create_order()))


@tagged("post_install", "-at_install")
class TestRequisition(PartsCommon):
    def _request(self, **values):
        order = self._part_order(**values)
        self.as_user("technician", order).action_request_parts()
        return order, order.requisition_ids

    def test_requested_issued_into_the_van_and_used(self):
        self._put(self.disk, self.point, 3)
        order, requisition = self._request(quantity=2)
        self.assertRegex(requisition.name, r"RQ/\d{4}/")
        self.assertEqual(requisition.state, "approved")
        self.assertEqual(requisition.stock_state, "available")
        self.assertEqual(self._stock(self.disk, self.point), 1)
        self.as_user("parts", requisition).action_issue()
        self.assertEqual(requisition.state, "issued")
        self.assertRegex(requisition.gate_pass, r"GP/\d{4}/")
        self.assertEqual(order.line_ids.source_location_id, self.van)
        order.action_complete()
        self.assertEqual(self._stock(self.disk, self.van), 0)
        self.assertEqual(order.line_ids.issued_quantity, 2)
        with self.assertRaises(UserError):
            self.as_user("parts", requisition).action_issue()

    def test_handed_over_without_a_van(self):
        self.technician.van_location_id = False
        self._put(self.serial_part, self.point, 1, self.lot)
        order, requisition = self._request(product=self.serial_part)
        self.assertEqual(requisition.method, "hand")
        self.as_user("parts", requisition).action_issue()
        self.assertEqual(order.line_ids.lot_id, self.lot)
        order.action_complete()
        self.assertEqual(len(self._done_moves(order)), 1)

    def test_approval_by_the_one_in_charge(self):
        self.company.aftersales_requisition_approval = True
        self._put(self.disk, self.point, 1)
        order, requisition = self._request()
        self.assertEqual(requisition.state, "requested")
        self.assertFalse(order.line_ids.move_ids)
        with self.assertRaises(UserError):
            self.as_user("parts", requisition).action_issue()
        self.as_user("supervisor", requisition).action_approve()
        self.assertEqual(requisition.state, "approved")
        self.assertEqual(requisition.approved_by_id, self.users["supervisor"])
        self.assertEqual(requisition.stock_state, "available")

    def test_rejected_request_can_be_asked_again(self):
        self.company.aftersales_requisition_approval = True
        order, requisition = self._request()
        self.as_user("supervisor", requisition).action_reject("take the old one")
        self.assertEqual(requisition.state, "cancelled")
        self.as_user("technician", order).action_request_parts()
        self.assertEqual(len(order.requisition_ids), 2)

    def test_second_request_finds_nothing(self):
        order, _requisition = self._request()
        with self.assertRaisesRegex(UserError, "nothing to request"):
            self.as_user("technician", order).action_request_parts()

    def test_customer_first_production_second(self):
        self._put(self.disk, self.point, 1)
        other = self.env["stock.move"].create(
            {
                "product_id": self.disk.id,
                "product_uom_qty": 1,
                "location_id": self.point.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        other._action_confirm()
        other._action_assign()
        self.assertEqual(other.state, "assigned")
        _order, requisition = self._request()
        self.assertEqual(requisition.stock_state, "available")
        self.assertEqual(other.state, "confirmed")

    def test_earlier_or_urgent_reservations_stay(self):
        self._put(self.disk, self.point, 1)
        other = self.env["stock.move"].create(
            {
                "product_id": self.disk.id,
                "product_uom_qty": 1,
                "location_id": self.point.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "date": "2020-01-01 08:00:00",
            }
        )
        other._action_confirm()
        other._action_assign()
        _order, requisition = self._request()
        self.assertEqual(requisition.stock_state, "short")
        with self.assertRaisesRegex(UserError, "not enough stock"):
            self.as_user("parts", requisition).action_issue()
        self._put(self.disk, self.point, 1)
        self.as_user("parts", requisition).action_check_stock()
        self.as_user("parts", requisition).action_issue()

    def test_removed_line_leaves_no_trace(self):
        self._put(self.disk, self.point, 1)
        order, requisition = self._request()
        order.sudo().write({"signed_at": False})
        self.as_user("technician", order).remove_part(order.line_ids.id)
        self.assertFalse(self.env["stock.move"].search([("origin", "=", order.name)]))
        self.assertEqual(self._stock(self.disk, self.point), 1)
        self.assertFalse(requisition.picking_ids)

    def test_cancelled_order_gives_the_reservation_back(self):
        self._put(self.disk, self.point, 1)
        order, requisition = self._request()
        self.assertEqual(self._stock(self.disk, self.point), 0)
        order.action_cancel("customer solved it")
        self.assertEqual(self._stock(self.disk, self.point), 1)
        self.assertEqual(requisition.state, "cancelled")

    def test_more_than_approved_is_asked_again(self):
        self._put(self.disk, self.point, 9)
        order, requisition = self._request()
        order.sudo().write({"signed_at": False})
        self.as_user("technician", order.line_ids).quantity = 5
        self.assertFalse(order.line_ids.requisition_id)
        self.assertEqual(self._stock(self.disk, self.point), 9)
        self.assertFalse(requisition.line_ids)

    def test_every_role_opens_what_it_may_see(self):
        self._put(self.disk, self.point, 1)
        order, requisition = self._request()
        for role in self.users:
            for record in (order, order.line_ids, requisition):
                own = self.as_user(role, record)
                own.get_views([(False, "form"), (False, "list"), (False, "search")])
                specification = {name: {} for name in own.fields_get()}
                self.assertTrue(own.web_read(specification), role)

    def test_another_point_and_company_do_not_see_it(self):
        _order, requisition = self._request()
        self.team.user_ids -= self.users["parts"]
        with self.assertRaises(AccessError):
            self.as_user("parts", requisition).read(["name"])
        with self.assertRaises(AccessError):
            self.as_user("parts", requisition).action_issue()

    def test_parts_taken_before_the_keeper_clicks_issue(self):
        self._put(self.disk, self.point, 2)
        order, requisition = self._request()
        order.action_complete()
        self.assertEqual(self._stock(self.disk, self.point), 1)
        self.assertFalse(requisition.picking_ids)
        self.as_user("parts", requisition).action_issue()
        self.assertTrue(requisition.gate_pass)

    def test_guarded_fields(self):
        _order, requisition = self._request()
        for field, value in (("state", "issued"), ("gate_pass", "X"), ("name", "X")):
            with self.assertRaises(AccessError):
                self.as_user("parts", requisition).write({field: value})

    def test_technician_does_not_issue(self):
        self._put(self.disk, self.point, 1)
        _order, requisition = self._request()
        with self.assertRaises(AccessError):
            self.as_user("technician", requisition).action_issue()


@tagged("post_install", "-at_install")
class TestOldParts(PartsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.disk.aftersales_old_part_due = "yes"

    def _completed(self, product=None, **values):
        product = product or self.disk
        lot = self.lot if product.tracking == "serial" else None
        self._put(product, self.van, 1, lot)
        order = self._part_order(product, lot_id=lot and lot.id, **values)
        order.action_complete()
        return order.line_ids

    def test_due_at_completion_with_a_deadline(self):
        line = self._completed()
        self.assertEqual(line.old_part_state, "due")
        self.assertEqual(
            line.old_part_deadline,
            fields.Date.add(fields.Date.context_today(line), days=7),
        )

    def test_category_decides_when_the_product_does_not(self):
        self.disk.aftersales_old_part_due = False
        category = self.env["product.category"].create(
            {"name": "Disks", "aftersales_old_part_due": True}
        )
        self.disk.categ_id = self.env["product.category"].create(
            {"name": "SAS", "parent_id": category.id}
        )
        self.assertEqual(self._completed().old_part_state, "due")
        self.disk.aftersales_old_part_due = "no"
        self.assertEqual(self._completed().old_part_state, "none")

    def test_received_old_part_is_never_valued(self):
        line = self._completed()
        value = self.disk.total_value
        self.as_user("parts", line).action_old_part_receive()
        self.assertEqual(line.old_part_state, "received")
        self.assertTrue(line.old_part_received_at)
        shelf = self.company.aftersales_old_parts_location_id
        quant = self.env["stock.quant"].search([("location_id", "=", shelf.id)])
        self.assertEqual(quant.owner_id, self.customer)
        self.env.invalidate_all()
        self.assertEqual(self.disk.total_value, value)
        move = line.move_ids.filtered(lambda move: move.aftersales_kind == "old")
        self.assertFalse(move.value)
        self.assertFalse(move.account_move_id)
        self.assertEqual(line.issued_quantity, 1, "not counted as a return")
        self.as_user("parts", line).action_old_part_scrap()
        self.assertEqual(line.old_part_state, "scrapped")
        self.assertFalse(quant.exists().quantity)

    def test_old_serial_may_be_unknown(self):
        self.serial_part.aftersales_old_part_due = "yes"
        line = self._completed(self.serial_part)
        self.as_user("parts", line).action_old_part_receive()
        self.as_user("parts", line).action_old_part_supplier()
        self.assertEqual(line.old_part_state, "supplier")

    def test_transitions_are_guarded(self):
        line = self._completed()
        with self.assertRaisesRegex(UserError, "not possible"):
            self.as_user("parts", line).action_old_part_scrap()
        with self.assertRaises(AccessError):
            self.as_user("technician", line).action_old_part_receive()
        with self.assertRaises(AccessError):
            self.as_user("technician", line).write({"old_part_state": "received"})
        self.as_user("parts", line).action_old_part_receive()
        with self.assertRaisesRegex(UserError, "not possible"):
            self.as_user("parts", line).action_old_part_receive()
        with self.assertRaises(AccessError):
            self.as_user("technician", line).write({"old_part_state": "none"})

    def test_left_needs_a_note(self):
        line = self._completed()
        technician = self.as_user("technician", line)
        with self.assertRaises(UserError):
            technician.action_old_part_left(" ")
        with self.assertRaises(ValidationError):
            technician.write({"old_part_state": "left"})
        technician.action_old_part_left("Customer's data policy")
        self.assertEqual(line.old_part_state, "left")


@tagged("post_install", "-at_install")
class TestWorkshop(PartsCommon):
    def _repair(self):
        order = self._create_order(technician_id=self.technician.id, place="workshop")
        order.action_dispatch()
        order.action_start()
        self.as_user("technician", order).action_create_repair()
        return order, order.repair_ids

    def test_workshop_parts_become_lines_once(self):
        self._put(self.disk, self.point, 2)
        order, repair = self._repair()
        self.assertEqual(repair.product_id, self.server)
        self.assertEqual(order.repair_count, 1)
        repair.move_ids = [
            Command.create(
                {
                    "product_id": self.disk.id,
                    "product_uom_qty": 1,
                    "repair_line_type": "add",
                }
            )
        ]
        repair.action_validate()
        self.assertEqual(repair.state, "confirmed")
        repair.action_repair_start()
        repair.move_ids.quantity = 1
        repair.action_repair_end()
        line = order.line_ids
        self.assertEqual(line.product_id, self.disk)
        self.assertEqual(line.issue_state, "issued")
        self.assertEqual(order.amount_untaxed, 800.0)
        order._issue_parts()
        self.assertEqual(len(line.move_ids), 1)
        self.assertEqual(self._stock(self.disk, self.point), 1)

    def test_customers_machine_is_never_valued(self):
        self.server.standard_price = 5000.0
        value = self.server.total_value
        _order, repair = self._repair()
        repair.action_validate()
        repair.action_repair_start()
        repair.action_repair_end()
        self.env.invalidate_all()
        self.assertEqual(self.server.total_value, value)
        self.assertFalse(repair.move_id.value)

    def test_signed_order_takes_no_workshop_parts(self):
        self._put(self.disk, self.point, 2)
        order, repair = self._repair()
        repair.move_ids = [
            Command.create(
                {
                    "product_id": self.disk.id,
                    "product_uom_qty": 1,
                    "repair_line_type": "add",
                }
            )
        ]
        repair.action_validate()
        repair.action_repair_start()
        repair.move_ids.quantity = 1
        order.sudo().signed_at = fields.Datetime.now()
        with self.assertRaisesRegex(UserError, "signed"):
            repair.action_repair_end()

    def test_order_with_a_repair_is_not_deleted(self):
        order, repair = self._repair()
        self.assertEqual(repair.aftersales_order_id, order)
        with self.assertRaises(UserError):
            order.unlink()

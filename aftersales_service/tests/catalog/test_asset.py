from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestAsset(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_customer = cls.env["res.partner"].create(
            {"name": "Bank B", "is_company": True}
        )
        cls.machine = cls._create_product("Switch", tracking="serial")

    def _lot(self, name, product=None):
        product = product or self.machine
        return self.env["stock.lot"].create({"name": name, "product_id": product.id})

    def _notes(self, asset):
        return " ".join(str(body) for body in asset.message_ids.mapped("body"))

    def _change(self, kind, asset, role="manager", **values):
        values.setdefault("reason", "As agreed")
        self.env["aftersales.asset.change"].with_user(self.users[role]).create(
            {"kind": kind, "asset_ids": [Command.set(asset.ids)], **values}
        ).action_apply()

    # -- serial numbers ---------------------------------------------------------

    def test_serial_follows_the_lot(self):
        lot = self._lot("SW-1")
        asset = self._create_asset(False, product_id=self.machine.id, lot_id=lot.id)
        self.assertEqual(asset.serial, "SW-1")
        lot.name = "SW-1b"
        self.assertEqual(asset.serial, "SW-1b")
        with self.assertRaisesRegex(ValidationError, "SW-1b"):
            asset.serial = "SW-2"
        with self.assertRaisesRegex(ValidationError, "belongs to"):
            asset.lot_id = self._lot("D-1", self._create_product("D", tracking="lot"))

    def test_typed_serial_finds_its_lot(self):
        lot = self._lot("SW-7")
        asset = self._create_asset(" SW-7 ", product_id=self.machine.id)
        self.assertEqual(asset.lot_id, lot)
        self.assertEqual(asset.serial, "SW-7")

    @mute_logger("odoo.sql_db")
    def test_serial_is_unique_per_product(self):
        self._create_asset("7979Q7C-01", product_id=self.disk.id)
        self._create_asset("")
        self._create_asset("  ")
        self.assertFalse(self._create_asset(False).serial)
        self.asset.action_archive()
        with self.assertRaises(IntegrityError):
            self._create_asset("7979Q7C-01")

    def test_found_by_serial_product_customer(self):
        for text in ("7979Q7C", "X3650", "Data Centre", "571 8888 0001"):
            with self.subTest(text=text):
                pairs = self.env["aftersales.asset"].name_search(text)
                self.assertIn(self.asset.id, [pair[0] for pair in pairs])
        self.assertEqual(self.asset.display_name, "Server X3650 · 7979Q7C-01")
        self.assertFalse(self.env["aftersales.asset"].name_search("no such thing"))

    def test_component_cycle_refused(self):
        part = self._create_asset("P", parent_id=self.asset.id)
        with self.assertRaises(ValidationError):
            self.asset.parent_id = part

    # -- owner and state --------------------------------------------------------

    def test_new_owner_gets_the_components_too(self):
        part = self._create_asset("P", parent_id=self.asset.id)
        self.asset.grade_id = self.env.ref("aftersales_service.aftersales_grade_5x9")
        self._change(
            "transfer",
            self.asset,
            role="operator",
            partner_id=self.other_customer.id,
            reason="Sold <b>second-hand</b>",
        )
        for asset in self.asset + part:
            self.assertEqual(asset.partner_id, self.other_customer)
            self.assertEqual(asset.site_id, self.other_customer)
            notes = self._notes(asset)
            self.assertIn("Data Centre A", notes)
            self.assertIn("Bank B", notes)
            self.assertIn("second-hand", notes)
            self.assertNotIn("<b>second-hand", notes)
        self.assertFalse(self.asset.grade_id)

    def test_owner_change_is_on_record_whatever_the_context(self):
        for key in ("tracking_disable", "mail_notrack", "aftersales_audited"):
            self.asset.partner_id = self.customer
            before = len(self.asset.message_ids)
            quiet = self.as_user("operator", self.asset).with_context(**{key: True})
            quiet.partner_id = self.other_customer
            self.assertGreater(len(self.asset.message_ids), before, key)

    def test_state_only_by_action(self):
        seen = self.as_user("manager", self.asset)
        with self.assertRaises(AccessError):
            seen.state = "scrapped"
        with self.assertRaises(AccessError):
            seen.create(
                {
                    "partner_id": self.customer.id,
                    "product_id": self.server.id,
                    "state": "returned",
                }
            )

    def test_life_cycle_with_reasons(self):
        self._change("take_back", self.asset, role="operator")
        self.assertEqual(self.asset.state, "returned")
        with self.assertRaisesRegex(UserError, "not possible"):
            self._change("take_back", self.asset)
        self._change("scrap", self.asset, role="supervisor", reason="Burnt out")
        self.assertEqual(self.asset.state, "scrapped")
        self.assertFalse(self.asset.active)
        self.assertIn("Burnt out", self._notes(self.asset))
        with self.assertRaisesRegex(UserError, "not possible"):
            self._change("transfer", self.asset, partner_id=self.other_customer.id)
        with self.assertRaisesRegex(AccessError, "manager"):
            self._change("put_in_use", self.asset, role="supervisor")
        self._change("put_in_use", self.asset, role="manager")
        self.assertEqual(self.asset.state, "in_use")
        self.assertTrue(self.asset.active)

    def test_scrap_refused(self):
        with self.assertRaisesRegex(AccessError, "supervisor"):
            self._change("scrap", self.asset, role="operator")
        order = self._create_order()
        with self.assertRaisesRegex(UserError, order.name):
            self._change("scrap", self.asset)
        self.assertEqual(self.asset.state, "in_use")

    def test_change_needs_its_input(self):
        with self.assertRaisesRegex(UserError, "why"):
            self._change("take_back", self.asset, reason="  ")
        with self.assertRaisesRegex(UserError, "owner"):
            self._change("transfer", self.asset)

    def test_rights(self):
        self.as_user("operator", self.asset).place = "Rack 7"
        for role in ("technician", "parts", "accountant"):
            with self.subTest(role=role):
                seen = self.as_user(role, self.asset)
                seen.read(["display_name", "lot_id", "site_id"])
                with self.assertRaises(AccessError):
                    seen.place = "Rack 8"
                with self.assertRaises(AccessError):
                    self._change("take_back", self.asset, role=role)
        with self.assertRaises(AccessError):
            self.as_user("supervisor", self.asset).unlink()

    # -- deletion and merging ---------------------------------------------------

    def test_nothing_with_history_is_deleted(self):
        lot = self._lot("SW-9")
        self._create_asset(False, product_id=self.machine.id, lot_id=lot.id)
        for record in (self.customer, self.machine, lot):
            with self.subTest(model=record._name), self.assertRaises(UserError):
                record.unlink()
        self._create_order()
        with self.assertRaisesRegex(UserError, "Archive"):
            self.asset.unlink()

    def test_merging_customers_keeps_the_machines(self):
        asset = self._create_asset("M", partner_id=self.other_customer.id)
        order = self._create_order(partner_id=self.other_customer.id, asset_id=asset.id)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer + self.other_customer).ids, self.customer)
        self.assertFalse(self.other_customer.exists())
        self.assertEqual(asset.partner_id, self.customer)
        self.assertEqual(asset.site_id, self.customer)
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(self.customer.aftersales_asset_count, 2)

    # -- import -----------------------------------------------------------------

    def test_import(self):
        fields_ = ["partner_id", "product_id", "serial", "installed_on", "grade_id"]
        rows = [
            ["Data Centre A", "Server X3650", "IMP-1", "2026-01-05", "7x24x4"],
            ["Bank B", "Server X3650", "IMP-2", "", ""],
        ]
        operator = self.as_user("operator", self.env["aftersales.asset"])
        result = operator.load(fields_, rows)
        self.assertFalse(result["messages"])
        assets = operator.browse(result["ids"])
        self.assertEqual(assets.partner_id, self.customer + self.other_customer)
        self.assertEqual(assets.mapped("serial"), ["IMP-1", "IMP-2"])
        self.assertEqual(assets[0].grade_id.customer_class, "A")
        self.assertTrue(operator.get_import_templates()[0]["template"])

    def test_import_cannot_set_the_state(self):
        result = self.as_user("manager", self.env["aftersales.asset"]).load(
            ["partner_id", "product_id", "serial", "state"],
            [["Data Centre A", "Server X3650", "IMP-9", "scrapped"]],
        )
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])

    @mute_logger("odoo.sql_db")
    def test_import_of_a_known_serial_names_the_row(self):
        result = self.env["aftersales.asset"].load(
            ["partner_id", "product_id", "serial"],
            [
                ["Data Centre A", "Server X3650", "IMP-5"],
                ["Data Centre A", "Server X3650", "7979Q7C-01"],
            ],
        )
        self.assertFalse(result["ids"])
        self.assertEqual(result["messages"][0]["rows"]["from"], 1)


@tagged("post_install", "-at_install")
class TestDelivery(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = cls._create_product("Switch", tracking="serial")
        cls.bank = cls.env["res.partner"].create({"name": "Bank", "is_company": True})
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.stock = cls.warehouse.lot_stock_id
        cls.outside = cls.env.ref("stock.stock_location_customers")
        # A warehouse hand without any service role.
        cls.hand = new_test_user(
            cls.env, login="as_hand", groups="stock.group_stock_user"
        )

    @classmethod
    def _lots(cls, *names, product=None):
        product = product or cls.machine
        lots = cls.env["stock.lot"].create(
            [{"name": name, "product_id": product.id} for name in names]
        )
        for lot in lots:
            cls.env["stock.quant"]._update_available_quantity(
                product, cls.stock, 1.0, lot_id=lot
            )
        return lots

    def _transfer(self, lots, partner, back=False):
        kind = self.warehouse.in_type_id if back else self.warehouse.out_type_id
        source, target = self.stock, self.outside
        if back:
            source, target = target, source
        picking = (
            self.env["stock.picking"]
            .with_user(self.hand)
            .create(
                {
                    "partner_id": partner.id if partner else False,
                    "picking_type_id": kind.id,
                    "location_id": source.id,
                    "location_dest_id": target.id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": lots.product_id.id,
                                "product_uom_qty": len(lots),
                                "location_id": source.id,
                                "location_dest_id": target.id,
                                "move_line_ids": [
                                    Command.create(
                                        {
                                            "product_id": lot.product_id.id,
                                            "lot_id": lot.id,
                                            "quantity": 1,
                                            "picked": True,
                                            "location_id": source.id,
                                            "location_dest_id": target.id,
                                        }
                                    )
                                    for lot in lots
                                ],
                            }
                        )
                    ],
                }
            )
        )
        picking.action_confirm()
        picking.move_ids.picked = True
        picking._action_done()
        self.assertEqual(picking.state, "done")
        return picking

    def _asset_of(self, lots):
        return self.env["aftersales.asset"].search([("lot_id", "in", lots.ids)])

    def test_delivery_by_a_warehouse_hand(self):
        site = self.env["res.partner"].create(
            {"name": "Hall 2", "parent_id": self.customer.id, "type": "delivery"}
        )
        lot = self._lots("A1")
        picking = self._transfer(lot, site)
        asset = self._asset_of(lot)
        self.assertEqual(asset.partner_id, self.customer)
        self.assertEqual(asset.site_id, site)
        self.assertEqual(asset.serial, "A1")
        self.assertEqual(asset.company_id, self.company)
        self.assertTrue(asset.delivered_on)
        self.assertFalse(asset.installed_on)
        self.assertIn(picking.name, str(asset.message_ids[0].body))
        self.assertEqual(lot.aftersales_asset_count, 1)
        self.assertEqual(lot.with_user(self.hand).aftersales_asset_count, 0)

    def test_only_serials_to_a_known_customer(self):
        by_lot = self._create_product("Cable", tracking="lot")
        lots = self._lots("C1", product=by_lot)
        self._transfer(lots, self.customer)
        self._transfer(self._lots("N1"), None)
        found = self.env["aftersales.asset"].search(
            [("product_id", "in", (by_lot + self.machine).ids)]
        )
        self.assertFalse(found)

    def test_return_and_delivery_to_another_customer(self):
        lot = self._lots("R1")
        self._transfer(lot, self.customer)
        asset = self._asset_of(lot)
        asset.installed_on = "2026-01-05"
        part = self._create_asset("PART", parent_id=asset.id)
        self._transfer(lot, self.customer, back=True)
        self.assertEqual(asset.state, "returned")
        self.assertEqual(asset.partner_id, self.customer)
        self._transfer(lot, self.bank)
        self.assertEqual(self._asset_of(lot), asset)
        self.assertEqual((asset + part).partner_id, self.bank)
        self.assertEqual(asset.state, "in_use")
        self.assertFalse(asset.installed_on)
        notes = " ".join(str(body) for body in asset.message_ids.mapped("body"))
        for text in ("Data Centre A", "Bank", "Returned"):
            self.assertIn(text, notes)

    def test_back_from_repair_keeps_the_installation(self):
        lot = self._lots("K1")
        self._transfer(lot, self.customer)
        asset = self._asset_of(lot)
        asset.installed_on = "2026-01-05"
        self._transfer(lot, self.customer, back=True)
        self._transfer(lot, self.customer)
        self.assertEqual(asset.state, "in_use")
        self.assertEqual(str(asset.installed_on), "2026-01-05")

    def test_known_by_hand_before_the_delivery(self):
        asset = self._create_asset("H1", product_id=self.machine.id)
        asset.action_archive()
        lot = self._lots("H1")
        self._transfer(lot, self.customer)
        self.assertEqual(asset.lot_id, lot)
        self.assertTrue(asset.active)

    def test_return_of_an_unknown_serial(self):
        lot = self._lots("U1")
        self.env["stock.quant"]._update_available_quantity(
            self.machine, self.stock, -1.0, lot_id=lot
        )
        self.env["stock.quant"]._update_available_quantity(
            self.machine, self.outside, 1.0, lot_id=lot
        )
        self._transfer(lot, self.customer, back=True)
        self.assertFalse(self._asset_of(lot))

    def test_queries_do_not_grow_with_the_serials(self):
        costs = {"new": [], "back": [], "again": []}
        for size in (10, 100):
            lots = self._lots(*(f"Q{size}-{n}" for n in range(size)))
            for name, back, partner in (
                ("new", False, self.customer),
                ("back", True, self.customer),
                ("again", False, self.bank),
            ):
                costs[name].append(self._cost(lots, partner, back))
            assets = self._asset_of(lots)
            self.assertEqual(len(assets), size)
            self.assertEqual(assets.partner_id, self.bank)
            self.assertEqual(set(assets.mapped("state")), {"in_use"})
        for name, (small, large) in costs.items():
            with self.subTest(step=name):
                # At most the INSERTs of a larger batch may come on top.
                self.assertLessEqual(large, small + 4)

    def _cost(self, lots, partner, back):
        """Queries of our own part of a transfer."""
        moves = self.env["stock.move"]
        ours = type(moves)._aftersales_create_assets
        with patch.object(
            type(moves), "_aftersales_create_assets", lambda _moves: None
        ):
            picking = self._transfer(lots, partner, back=back)
        done = picking.move_ids.sudo()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        ours(done)
        self.env.flush_all()
        return self.cr.sql_log_count - before

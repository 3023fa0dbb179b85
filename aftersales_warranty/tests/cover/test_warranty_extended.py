from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import WarrantyCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestWarrantyExtended(WarrantyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.extension = cls._create_product("12 months more", type="service")
        cls.extension.aftersales_extension_term_id = cls._create_term("extended")

    def _standard(self, serial="RS-1", day="2026-01-15"):
        return self._create_covered(serial, D(day))

    # -- sold on an order ------------------------------------------------------------

    def test_it_starts_where_the_standard_ends(self):
        standard = self._standard()
        order = self._sell(
            self.extension,
            aftersales_asset_ids=[Command.set(standard.asset_id.ids)],
        )
        extended = order.aftersales_warranty_ids
        self.assertEqual(extended.parent_id, standard)
        self.assertEqual(extended.date_start, D("2027-01-16"))
        self.assertEqual(extended.date_end, D("2028-01-15"))
        self.assertEqual(extended.state, "pending")
        self.assertIn("End of the standard", extended.waits_for)
        # Repair days move both.
        self._register_repair(standard, "2026-06-01 01:00:00", "2026-06-03 01:00:00")
        self.assertEqual(standard.date_end, D("2027-01-17"))
        self.assertEqual(extended.date_start, D("2027-01-18"))
        self.assertEqual(extended.date_end, D("2028-01-17"))

    def test_a_second_extension_follows_the_first(self):
        asset = self._standard().asset_id
        for _time in range(2):
            self._sell(self.extension, aftersales_asset_ids=[Command.set(asset.ids)])
        ends = asset.warranty_ids.sorted("id").mapped("date_end")
        self.assertEqual(ends, [D("2027-01-15"), D("2028-01-15"), D("2029-01-15")])

    def test_bought_after_the_standard_is_over_it_starts_at_once(self):
        asset = self._standard(day="2024-01-15").asset_id
        order = self._sell(
            self.extension, aftersales_asset_ids=[Command.set(asset.ids)]
        )
        extended = order.aftersales_warranty_ids
        self.assertEqual(extended.date_start, D("2026-06-15"))
        self.assertEqual(extended.date_end, D("2027-06-15"))
        self.assertEqual(asset.warranty_state, "active")

    def test_sold_with_the_machines_it_goes_to_those_delivered(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.machine.id, "product_uom_qty": 2}
                    ),
                    Command.create(
                        {"product_id": self.extension.id, "product_uom_qty": 2}
                    ),
                ],
            }
        )
        order.action_confirm()
        extended = order.aftersales_warranty_ids
        self.assertEqual(extended.mapped("state"), ["pending", "pending"])
        self.assertIn("machine", extended[0].waits_for)
        self._deliver(order, "RS-1", "RS-2")
        self.assertEqual(sorted(extended.asset_id.mapped("serial")), ["RS-1", "RS-2"])
        self.assertEqual(set(extended.mapped("date_start")), {D("2027-06-16")})

    def test_assigned_by_hand_to_a_machine_of_the_buyer(self):
        standard = self._standard()
        order = self._sell(self.extension)
        extended = self.as_user("operator", order.aftersales_warranty_ids)
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        foreign = self._create_machine("RS-9", partner_id=stranger.id)
        with self.assertRaisesRegex(UserError, "belongs to"):
            extended.action_assign(foreign.id)
        with self.assertRaises(AccessError):
            self.as_user("technician", extended).action_assign(standard.asset_id.id)
        extended.action_assign(standard.asset_id.id)
        self.assertEqual(extended.date_start, D("2027-01-16"))
        with self.assertRaisesRegex(UserError, "without a machine"):
            extended.action_assign(standard.asset_id.id)

    def test_confirmed_twice_opens_once_and_cancelled_is_void(self):
        order = self._sell(self.extension, 2)
        order.order_line._aftersales_open_sold()
        self.assertEqual(len(order.aftersales_warranty_ids), 2)
        order._action_cancel()
        self.assertEqual(
            order.aftersales_warranty_ids.mapped("state"), ["void", "void"]
        )
        self.assertIn(order.name, order.aftersales_warranty_ids[0].void_reason)

    # -- sold on an invoice -----------------------------------------------------

    def _invoice(self, product, quantity=1, **values):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-06-15",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "quantity": quantity,
                            "price_unit": 100,
                            "tax_ids": [],
                            **values,
                        }
                    )
                ],
            }
        )
        invoice.action_post()
        return invoice

    def _sold_on(self, invoice):
        return self.env["aftersales.warranty"].search(
            [("invoice_line_id", "in", invoice.invoice_line_ids.ids)]
        )

    def test_sold_on_an_invoice_and_refunded(self):
        standard = self._standard()
        invoice = self._invoice(
            self.extension,
            2,
            aftersales_asset_ids=[Command.set(standard.asset_id.ids)],
        )
        extended = self._sold_on(invoice)
        self.assertEqual(len(extended), 2)
        self.assertEqual(extended.parent_id, standard)
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(self._sold_on(invoice), extended)
        refund = invoice._reverse_moves([{"invoice_date": "2026-06-15"}])
        refund.invoice_line_ids.quantity = 1
        refund.action_post()
        self.assertEqual(sorted(extended.mapped("is_void")), [False, True])
        kept = extended.filtered(lambda row: not row.is_void)
        self.assertEqual(kept.asset_id, standard.asset_id)

    def test_the_invoice_starts_a_warranty_that_waits_for_it(self):
        self.machine.aftersales_term_id = self._create_term("billed", ("invoice",))
        self.machine.invoice_policy = "order"
        order = self._sell(self.machine)
        self._deliver(order, "RS-1")
        warranty = order.aftersales_warranty_ids
        self.assertEqual((warranty.state, warranty.date_start), ("pending", False))
        invoice = order._create_invoices()
        invoice.invoice_date = "2026-06-15"
        invoice.action_post()
        self.assertEqual(warranty.date_start, D("2026-06-15"))
        self.assertEqual(warranty.start_event, "invoice")

    # -- new owner, exchange -----------------------------------------------------------

    def test_it_goes_with_the_machine_unless_the_term_forbids(self):
        buyer = self.env["res.partner"].create({"name": "Bank B", "is_company": True})
        warranty = self._standard()
        warranty.asset_id._do_transfer(buyer, buyer, "Sold")
        self.assertEqual((warranty.partner_id, warranty.state), (buyer, "active"))
        self.term.transferable = False
        bound = self._standard("RS-2")
        bound.asset_id._do_transfer(buyer, buyer, "Sold")
        self.assertEqual(bound.state, "void")
        self.assertIn("sold", bound.void_reason)

    def test_exchange_keeps_the_rest_or_starts_anew(self):
        old = self._standard()
        self._register_repair(old, "2026-06-01 01:00:00", "2026-06-03 01:00:00")
        new_asset = self._create_machine("RS-NEW")
        new = self.env["aftersales.warranty"]._open_for_exchange(
            {old.asset_id: new_asset}, D("2026-06-15")
        )
        self.assertEqual(new.date_end, D("2027-01-17"))
        self.assertEqual((old.state, new.exchanged_id), ("void", old))
        self.term.restart_on_exchange = True
        second = self._standard("RS-2")
        newer = self.env["aftersales.warranty"]._open_for_exchange(
            {second.asset_id: self._create_machine("RS-3")}, D("2026-06-15")
        )
        self.assertEqual(newer.date_start, D("2026-06-15"))
        self.assertEqual(newer.date_end, D("2027-06-15"))

    def test_exchange_takes_the_extension_along(self):
        old = self._standard()
        self._sell(self.extension, aftersales_asset_ids=[Command.set(old.asset_id.ids)])
        new_asset = self._create_machine("RS-NEW", delivered_on="2026-06-15")
        self._open(new_asset)  # the delivery of the new unit came first
        opened = self.env["aftersales.warranty"]._open_for_exchange(
            {old.asset_id: new_asset}, D("2026-06-15")
        )
        self.assertEqual(opened.mapped("kind"), ["standard", "extended"])
        self.assertEqual(opened[0].date_end, D("2027-01-15"))
        self.assertEqual(opened[1].date_start, D("2027-01-16"))
        valid = new_asset.warranty_ids.filtered(lambda row: not row.is_void)
        self.assertEqual(valid, opened)

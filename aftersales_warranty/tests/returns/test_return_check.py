from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .test_return import ReturnCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-16 04:00:00")
class TestReturnCheck(ReturnCommon):
    """The server asks the rule itself, at the request and at the approval."""

    def _request(self, row):
        self.as_user("supervisor", row).action_request()

    # -- the rule -----------------------------------------------------------------

    def test_after_the_last_day_nothing_can_be_requested(self):
        with freeze_time("2026-06-24 04:00:00"):
            row = self._draft(date=D("2026-06-24"))
            self.assertIn("RT-1", row.refusal_text)
            with self.assertRaisesRegex(UserError, "Ended on"):
                self._request(row)
        self.assertEqual(row.state, "draft")

    def test_a_day_that_suits_is_not_believed(self):
        with freeze_time("2026-06-24 04:00:00"):
            row = self._draft(date=D("2026-06-16"))
            with self.assertRaisesRegex(UserError, "entered later"):
                self._request(row)
        row = self._draft(self.assets[1], date=D("2026-07-01"))
        with self.assertRaisesRegex(UserError, "future"):
            self._request(row)

    def test_the_order_of_that_day_is_believed(self):
        order = self._create_order(
            asset_id=self.assets[0].id,
            partner_id=self.customer.id,
            called_at="2026-06-16 02:00:00",
        )
        with freeze_time("2026-06-24 04:00:00"):
            row = self._draft(date=D("2026-06-16"), order_id=order.id)
            self._request(row)
        self.assertEqual(row.state, "requested")

    def test_a_rule_that_counts_is_counted(self):
        rule = self.env["aftersales.entitlement.rule"].create(
            {
                "name": "Two repairs failed",
                "set_id": self.promise.id,
                "kind": "refund",
                "condition": "failed_repairs",
                "threshold": 2,
                "limit": "none",
            }
        )
        row = self._draft(self.assets[:2], rule_id=rule.id)
        with self.assertRaisesRegex(UserError, "0 so far, the rule says 2"):
            self._request(row)

    def test_a_rule_of_another_kind_or_product_gives_nothing(self):
        row = self._draft(rule_id=self.swap.id)
        with self.assertRaisesRegex(UserError, "exchange"):
            self._request(row)
        other = self.env["aftersales.entitlement.set"].create({"name": "Cars"})
        rule = self.seven.copy({"set_id": other.id})
        row.rule_id = rule
        with self.assertRaisesRegex(UserError, "does not hold for this product"):
            self._request(row)

    def test_goods_without_serial_are_measured_by_their_invoice(self):
        product = self._create_product("Cable")
        order = self._sell(product, 5, tax_ids=[Command.clear()])
        with freeze_time("2026-06-01 04:00:00"):
            self._deliver(order)
        invoice = order._create_invoices()
        invoice.invoice_date = D("2026-06-01")
        invoice.action_post()
        line = {
            "product_id": product.id,
            "quantity": 2,
            "invoice_line_id": invoice.invoice_line_ids.id,
        }
        row = self._draft(line_ids=[Command.create(line)])
        with self.assertRaisesRegex(UserError, "Ended on"):
            self._request(row)

    # -- the general manager --------------------------------------------------------

    def test_an_exception_goes_to_the_general_manager_with_two_reasons(self):
        self.seven.needs_approval = False
        with freeze_time("2026-06-24 04:00:00"):
            row = self._draft(date=D("2026-06-24"), exception_reason="Key account")
            self._request(row)
            self.assertEqual(row.state, "requested")
            general = self.as_user("general", row)
            approval = row._get_approvals()
            for records in (general, self.as_user("general", approval)):
                with (
                    self.assertRaisesRegex(UserError, "exception"),
                    self.env.cr.savepoint(),
                ):
                    records.action_approve()
            general.action_approve("Agreed with the customer's director")
        self.assertEqual(row.state, "approved")
        self.assertIn("director", row.decision_note)

    def test_the_approval_looks_again(self):
        rule = self.seven.copy({"condition": "fault"})
        order = self._create_order(
            asset_id=self.assets[0].id, partner_id=self.customer.id
        )
        row = self._draft(rule_id=rule.id, order_id=order.id)
        self._request(row)
        order.sudo().misuse = True
        self.assertIn("misuse", row.refusal_text)
        with self.assertRaisesRegex(UserError, "misuse"):
            self.as_user("general", row).action_approve()
        self.assertEqual(row.state, "requested")

    # -- overdue --------------------------------------------------------------------

    def test_overdue_goods_are_reminded_of_once(self):
        row = self._draft(kind="exchange", replace_first=True, due_on=D("2026-06-20"))
        self._request(row)
        self.as_user("general", row).action_approve()
        self.as_user("supervisor", row).action_start()
        cron = self.env.ref("aftersales_warranty.ir_cron_remind_goods")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
            self.assertFalse(row.activity_ids)
            with freeze_time("2026-06-21 04:00:00"):
                cron.method_direct_trigger()
                cron.method_direct_trigger()
        self.assertEqual(len(row.activity_ids), 1)
        self.assertEqual(row.activity_ids.user_id, self.users["supervisor"])
        self.as_user("supervisor", row).due_on = D("2026-06-25")
        self.assertFalse(row.reminded_on)

    # -- money ------------------------------------------------------------------------

    def test_fee_and_tax_make_the_figure_shown_to_the_cent(self):
        rule = self.env["aftersales.entitlement.rule"].create(
            {
                "name": "Depreciation",
                "set_id": self.promise.id,
                "kind": "refund",
                "limit": "none",
                "fee_kind": "day",
                "fee_rate": 0.05,
                "start_event": "invoice",
            }
        )
        for number, price in enumerate((999.99, 33.33, 107.77, 2345.67)):
            serials = [f"RC-{number}-{n}" for n in range(3)]
            _order, _invoice, assets = self._buy(*serials, price=price)
            row = self._draft(assets, rule_id=rule.id, date=D("2026-06-16"))
            with freeze_time("2026-06-16 05:00:00"):
                self._request(row)
                self.as_user("general", row).action_approve()
                self.as_user("supervisor", row).action_start()
            self._receive(row)
            self.assertTrue(row.amount_fee)
            self.assertEqual(row.invoice_ids.amount_total, row.amount_total)

    def test_refund_in_the_currency_of_the_invoice(self):
        euro = self.env.ref("base.EUR")
        if euro == self.company.currency_id:
            euro = self.env.ref("base.USD")
        euro.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": euro.id,
                "company_id": self.company.id,
                "name": "2026-01-01",
                "rate": 0.125,
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Export", "currency_id": euro.id}
        )
        self.customer.property_product_pricelist = pricelist
        _order, invoice, assets = self._buy("RF-1", price=100.0)
        self.assertEqual(invoice.currency_id, euro)
        row = self._started(assets)
        self.assertEqual((row.currency_id, row.amount_total), (euro, 113.0))
        self._receive(row)
        refund = row.invoice_ids
        self.assertEqual((refund.currency_id, refund.amount_total), (euro, 113.0))
        self.assertEqual(abs(refund.amount_total_signed), 904.0)

    # -- partial receipt ------------------------------------------------------------

    def test_the_money_waits_for_the_rest_of_the_goods(self):
        row = self._started(self.assets[:2])
        picking = row.picking_ids
        keeper = picking.with_user(self.users["parts"])
        first, second = keeper.move_ids.move_line_ids
        first.picked = True
        second.unlink()
        keeper.move_ids.quantity = 1
        keeper.move_ids.picked = True
        keeper.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=[]
        ).button_validate()
        self.assertEqual(row.goods_state, "waiting")
        self.assertFalse(row.invoice_ids)
        rest = row.picking_ids - picking
        self.assertEqual(rest.aftersales_return_direction, "back")
        if not rest.move_line_ids.lot_id:
            rest.move_ids.move_line_ids = [
                Command.create(
                    {
                        "product_id": self.machine.id,
                        "lot_id": self.assets[1].lot_id.id,
                        "quantity": 1,
                        "picking_id": rest.id,
                        "location_id": rest.location_id.id,
                        "location_dest_id": rest.location_dest_id.id,
                    }
                )
            ]
        rest.move_ids.picked = True
        rest.button_validate()
        self.assertEqual(row.goods_state, "received")
        self.assertEqual(row.invoice_ids.amount_total, 2260.0)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-16 04:00:00")
class TestFreeRepairAndLoaner(ReturnCommon):
    """“Start this” for what needs no return."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.repair, cls.loaner = cls.env["aftersales.entitlement.rule"].create(
            [
                {
                    "name": name,
                    "set_id": cls.promise.id,
                    "kind": kind,
                    "condition": "fault",
                    "limit": "none",
                }
                for name, kind in (("Free repair", "repair"), ("Loaner", "loaner"))
            ]
        )

    def _start(self, rule, assets, order=None, user="operator"):
        assistant = self.env["aftersales.entitlement.assistant"].with_user(
            self.users[user]
        )
        order = order or self.env["aftersales.order"]
        action = assistant._open(assets.with_user(self.users[user]), order)
        wizard = assistant.browse(action["res_id"])
        line = wizard.line_ids.filtered(lambda row: row.rule_id == rule)
        return line.action_start()

    def test_a_free_repair_goes_on_with_the_order(self):
        order = self._create_order(
            asset_id=self.assets[0].id, partner_id=self.customer.id
        )
        action = self._start(self.repair, self.assets[0], order)
        self.assertEqual(action["res_id"], order.id)
        self.assertEqual(order.service_type, "free")

    def test_a_free_repair_without_an_order_registers_one(self):
        action = self._start(self.repair, self.assets[:2])
        orders = self.env["aftersales.order"].search(action["domain"])
        self.assertEqual(orders.asset_id, self.assets[:2])
        self.assertEqual(orders.mapped("service_type"), ["free", "free"])

    def test_a_loaner_goes_out_and_comes_back(self):
        lot = self._stock(self.machine, "LOAN-1")
        self._start(self.loaner, self.assets[0])
        picking = self.env["stock.picking"].search(
            [("aftersales_loaner_asset_id", "=", self.assets[0].id)]
        )
        self.assertEqual(picking.aftersales_loaner_state, "planned")
        self.assertEqual(picking.aftersales_loaner_due_on, D("2026-06-30"))
        with self.assertRaisesRegex(UserError, "already"):
            self._start(self.loaner, self.assets[0])
        keeper = picking.with_user(self.users["parts"])
        keeper.move_ids.picked = True
        keeper.button_validate()
        self.assertEqual(picking.aftersales_loaner_state, "out")
        self.assertEqual(picking.move_line_ids.lot_id, lot)
        place = self.company.aftersales_loaner_location_id
        self.assertEqual(lot.quant_ids.filtered("quantity").location_id, place)
        # It stays ours: no machine of the customer, no warranty.
        assets = self.env["aftersales.asset"]
        self.assertFalse(assets.search([("lot_id", "=", lot.id)]))
        self._remind(picking)
        action = keeper.action_aftersales_loaner_back()
        back = picking.browse(action["res_id"])
        self.assertEqual(keeper.action_aftersales_loaner_back(), action)
        back.action_assign()
        back.move_ids.picked = True
        back.button_validate()
        self.assertEqual(picking.aftersales_loaner_state, "back")
        self._start(self.loaner, self.assets[0])

    def _remind(self, picking):
        cron = self.env.ref("aftersales_warranty.ir_cron_remind_goods")
        with self.enter_registry_test_mode(), freeze_time("2026-07-02 04:00:00"):
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self.assertEqual(len(picking.activity_ids), 1)

    def test_a_loaner_not_handed_out_can_be_asked_for_again(self):
        self._start(self.loaner, self.assets[0])
        domain = [("aftersales_loaner_asset_id", "=", self.assets[0].id)]
        picking = self.env["stock.picking"].search(domain)
        picking.action_cancel()
        self._start(self.loaner, self.assets[0])
        self.assertEqual(self.env["stock.picking"].search_count(domain), 2)

from datetime import date

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import WarrantyCommon

D = date.fromisoformat
GROUP = "aftersales_warranty.aftersales_warranty_group_general_manager"


class ReturnCommon(WarrantyCommon):
    """Machines sold, delivered and invoiced; a general manager who decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["general"] = new_test_user(
            cls.env, login="as_general", groups=GROUP, company_id=cls.company.id
        )
        cls.promise = cls.env.ref("aftersales_warranty.entitlement_set_promise")
        cls.company.aftersales_entitlement_set_ids = cls.promise
        cls.seven = cls.env.ref("aftersales_warranty.entitlement_rule_promise_refund7")
        cls.swap = cls.env.ref("aftersales_warranty.entitlement_rule_promise_exchange7")
        cls.unit = cls.env["aftersales.unit"].create({"name": "Assembly"})
        cls.tax = cls.env["account.tax"].create(
            {"name": "13 %", "amount": 13.0, "type_tax_use": "sale"}
        )
        cls.sale, cls.invoice, cls.assets = cls._buy("RT-1", "RT-2", "RT-3")
        cls.returns = cls.env["aftersales.return"]
        cls.new_unit_lots = 0

    @classmethod
    def _buy(cls, *serials, price=1000.0, **values):
        order = cls._sell(
            cls.machine,
            len(serials),
            price_unit=price,
            tax_ids=[Command.set(cls.tax.ids)],
            **values,
        )
        cls._deliver(order, *serials)
        invoice = order._create_invoices()
        invoice.invoice_date = D("2026-06-15")
        invoice.action_post()
        return order, invoice, order.aftersales_warranty_ids.asset_id

    @classmethod
    def _draft(cls, assets=None, kind="refund", **values):
        assets = assets if assets is not None else cls.assets[0]
        return cls.returns.create(
            {
                "partner_id": cls.customer.id,
                "kind": kind,
                "team_id": cls.team.id,
                "rule_id": (cls.swap if kind == "exchange" else cls.seven).id,
                "cause_id": cls.cause.id,
                "unit_id": cls.unit.id,
                "date": D("2026-06-16"),
                "line_ids": [Command.create({"asset_id": a.id}) for a in assets],
                **values,
            }
        )

    @classmethod
    def _approved(cls, *args, **values):
        row = cls._draft(*args, **values)
        cls.as_user("supervisor", row).action_request()
        cls.as_user("general", row).action_approve()
        return row

    def _started(self, *args, **values):
        row = self._approved(*args, **values)
        self.as_user("supervisor", row).action_start()
        return row

    @classmethod
    def _receive(cls, row):
        pickings = row.picking_ids.filtered(
            lambda p: p.aftersales_return_direction == "back"
        )
        keeper = pickings.with_user(cls.users["parts"])
        keeper.move_ids.picked = True
        keeper.button_validate()

    @classmethod
    def _stock(cls, product, *names):
        lots = cls.env["stock.lot"].create(
            [{"name": name, "product_id": product.id} for name in names]
        )
        place = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        for lot in lots:
            cls.env["stock.quant"]._update_available_quantity(
                product, place.lot_stock_id, 1, lot_id=lot
            )
        return lots

    @classmethod
    def _send(cls, row):
        picking = row.picking_ids.filtered(
            lambda p: p.aftersales_return_direction == "out"
        )
        picking.action_assign()
        picking.move_ids.picked = True
        picking.button_validate()
        return picking


@tagged("post_install", "-at_install")
@freeze_time("2026-06-16 04:00:00")
class TestReturn(ReturnCommon):
    # -- refund -------------------------------------------------------------------

    def test_refund_from_request_to_posted_credit_note(self):
        row = self._started(self.assets[:2])
        self.assertEqual((row.state, row.costs_payer), ("in_progress", "company"))
        picking = row.picking_ids
        delivery = self.sale.picking_ids - picking
        self.assertEqual(picking.return_id, delivery)
        self.assertEqual(picking.move_line_ids.lot_id.mapped("name"), ["RT-1", "RT-2"])
        self.assertFalse(row.invoice_ids)
        self._receive(row)
        self.assertEqual(row.goods_state, "received")
        self.assertEqual(self.assets.mapped("state"), ["returned"] * 2 + ["in_use"])
        self.assertEqual(self.sale.order_line.qty_delivered, 1)
        refund = row.invoice_ids
        self.assertEqual((refund.state, refund.move_type), ("draft", "out_refund"))
        self.assertEqual(refund.reversed_entry_id, self.invoice)
        self.assertEqual(refund.invoice_line_ids.quantity, 2)
        self.assertEqual(refund.invoice_line_ids.tax_ids, self.tax)
        self.assertEqual(refund.amount_total, 2260.0)
        self.assertEqual(row.amount_total, 2260.0)
        self.assertEqual(self.sale.order_line.qty_invoiced, 1)
        self.assertEqual(row.state, "in_progress")
        self.as_user("accountant", refund).action_post()
        self.assertEqual(row.state, "done")
        self.assertTrue(row.done_at)

    def test_refund_less_a_fee(self):
        rule = self.env["aftersales.entitlement.rule"].create(
            {
                "name": "Depreciation",
                "set_id": self.promise.id,
                "kind": "refund",
                "limit": "none",
                "fee_kind": "day",
                "fee_rate": 1.0,
                "start_event": "invoice",
            }
        )
        row = self._draft(rule_id=rule.id, date=D("2026-06-25"))
        self.assertEqual(row.amount_fee, 113.0)
        self.assertEqual(row.amount_total, 1017.0)
        with freeze_time("2026-06-25 04:00:00"):
            self.as_user("supervisor", row).action_request()
            self.as_user("general", row).action_approve()
        self.as_user("parts", row).action_start()
        self._receive(row)
        refund = row.invoice_ids
        self.assertEqual(refund.amount_total, 1017.0)
        self.assertEqual(refund.amount_untaxed, 900.0)
        self.assertEqual(len(refund.invoice_line_ids), 2)

    def test_the_invoice_with_other_lines_credits_only_ours(self):
        order = self._sell(self.machine, tax_ids=[Command.set(self.tax.ids)])
        order.order_line = [
            Command.create({"display_type": "line_note", "name": "Thank you"}),
            Command.create({"product_id": self.labour.id, "price_unit": 50.0}),
        ]
        self._deliver(order, "RT-8")
        order.order_line.filtered("product_id").qty_delivered = 1
        invoice = order._create_invoices()
        invoice.action_post()
        asset = order.aftersales_warranty_ids.asset_id
        row = self._started(asset)
        self._receive(row)
        self.assertEqual(row.invoice_ids.amount_total, 113.0)
        self.assertEqual(row.invoice_ids.invoice_line_ids.product_id, self.machine)

    def test_a_machine_without_papers_needs_a_price_with_reason(self):
        asset = self._create_machine("RT-IMPORT")
        row = self._draft(asset, exception_reason="Bought long ago, no papers")
        with self.assertRaisesRegex(UserError, "price"):
            self.as_user("supervisor", row).action_request()
        line = self.as_user("operator", row).line_ids
        line.write({"manual_price": 400.0, "price_reason": "Old invoice on paper"})
        self.assertEqual(row.amount_total, 400.0)
        self.as_user("supervisor", row).action_request()
        self.as_user("general", row).action_approve("Seen the paper")
        self.as_user("supervisor", row).action_start()
        self.assertEqual(row.picking_ids.picking_type_code, "incoming")
        self._stock_lot_on(row.picking_ids)
        self._receive(row)
        self.assertEqual(asset.state, "returned")
        self.assertEqual(row.invoice_ids.amount_total, 400.0)

    def _stock_lot_on(self, picking):
        picking.move_line_ids.lot_name = "RT-IMPORT"

    # -- exchange ------------------------------------------------------------------

    def test_exchange_gives_the_new_unit_its_warranty(self):
        self._stock(self.machine, "NEW-1")
        row = self._started(kind="exchange")
        self.assertEqual(row.replacement_state, "none")
        self._receive(row)
        self.assertEqual(row.replacement_state, "waiting")
        self._send(row)
        new = row.line_ids.new_asset_id
        self.assertEqual(new.serial, "NEW-1")
        self.assertEqual(new.partner_id, self.customer)
        self.assertEqual(len(new.warranty_ids.filtered(lambda w: not w.is_void)), 1)
        self.assertTrue(all(self.assets[0].warranty_ids.mapped("is_void")))
        self.assertFalse(row.invoice_ids)
        self.assertEqual(row.state, "done")
        self.assertEqual(self.sale.order_line.qty_delivered, 3)

    def test_replacement_first_then_the_goods_are_chased(self):
        self._stock(self.machine, "NEW-1")
        row = self._started(kind="exchange", replace_first=True)
        self.assertEqual(row.due_on, D("2026-06-30"))
        self._send(row)
        self.assertEqual((row.goods_state, row.state), ("waiting", "in_progress"))
        with freeze_time("2026-07-02 04:00:00"):
            overdue = self.returns.search(row._get_overdue_domain())
            self.assertIn(row, overdue)
        self._receive(row)
        self.assertEqual(row.state, "done")
        self.assertEqual(len(row.picking_ids), 2)

    def test_a_dearer_product_costs_the_difference(self):
        better = self._create_product(
            "Better server", tracking="serial", list_price=1500.0
        )
        better.taxes_id = self.tax
        self._stock(better, "BT-1")
        row = self._draft(kind="exchange")
        row.line_ids.replacement_product_id = better
        self.assertEqual(row.line_ids.replacement_price, 1695.0)
        self.assertEqual(row.amount_total, -565.0)
        self.as_user("supervisor", row).action_request()
        self.as_user("general", row).action_approve()
        self.as_user("supervisor", row).action_start()
        self._receive(row)
        move = row.invoice_ids
        self.assertEqual((move.move_type, move.amount_total), ("out_invoice", 565.0))
        self._send(row)
        self.assertEqual(row.state, "in_progress")
        self.as_user("accountant", move).action_post()
        self.assertEqual(row.state, "done")
        new = row.line_ids.new_asset_id
        purchase = new._get_purchases()[new]
        self.assertEqual((purchase.source, purchase.price), ("exchange", 1695.0))
        back = self._draft(new)
        self.assertEqual(back.amount_total, 1695.0)

    # -- compensation ----------------------------------------------------------------

    def test_compensation_is_booked_as_an_expense(self):
        row = self._draft(kind="compensation", rule_id=False)
        row.exception_reason = "Flooded archive"
        row.line_ids.write({"manual_price": 800.0, "price_reason": "Agreed"})
        self.as_user("supervisor", row).action_request()
        self.as_user("general", row).action_approve()
        with self.assertRaises(RedirectWarning):
            self.as_user("supervisor", row).action_start()
        self.assertEqual(row.state, "approved")
        product = self._create_product("Compensation", type="service")
        self.company.aftersales_compensation_product_id = product
        self.as_user("supervisor", row).action_start()
        move = row.invoice_ids
        self.assertEqual((move.amount_total, move.state), (800.0, "draft"))
        expense = product.product_tmpl_id.get_product_accounts()["expense"]
        self.assertEqual(move.invoice_line_ids.account_id, expense)
        self.assertFalse(row.picking_ids)
        move.action_post()
        self.assertEqual((row.state, self.assets[0].state), ("done", "in_use"))

    # -- nothing twice -----------------------------------------------------------------

    def test_the_same_machine_is_not_on_two_returns(self):
        self._draft()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self._draft(kind="exchange").flush_recordset()

    def test_a_refunded_machine_is_not_refunded_again(self):
        row = self._started(goods_back=False)
        self.assertEqual(row.invoice_ids.amount_total, 1130.0)
        row.invoice_ids.action_post()
        self.assertEqual(row.state, "done")
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self._draft(kind="exchange").flush_recordset()

    def test_double_clicks_change_nothing(self):
        row = self._draft()
        supervisor = self.as_user("supervisor", row)
        supervisor.action_request()
        with self.assertRaises(UserError):
            supervisor.action_request()
        general = self.as_user("general", row)
        general.action_approve()
        with self.assertRaises(UserError):
            general.action_approve()
        supervisor.action_start()
        with self.assertRaises(UserError):
            supervisor.action_start()
        self.assertEqual(len(row.picking_ids), 1)
        supervisor.action_create_documents()
        supervisor.action_create_documents()
        self.assertEqual(len(row.invoice_ids), 1)
        self._receive(row)
        self.assertEqual(len(row.invoice_ids), 1)

    def test_quantities_without_serial_are_counted_on_the_invoice(self):
        order = self._sell(self.disk, 5)
        self._deliver(order)
        invoice = order._create_invoices()
        invoice.action_post()
        line = {
            "product_id": self.disk.id,
            "invoice_line_id": invoice.invoice_line_ids.id,
        }
        first = self._draft(
            self.assets.browse(), line_ids=[Command.create({**line, "quantity": 3})]
        )
        self.as_user("supervisor", first).action_request()
        self.assertEqual(invoice.invoice_line_ids.aftersales_returned_quantity, 3)
        second = self._draft(
            self.assets.browse(), line_ids=[Command.create({**line, "quantity": 3})]
        )
        with self.assertRaises(UserError) as refused:
            self.as_user("supervisor", second).action_request()
        self.assertIn("only 5 can be given back", str(refused.exception))
        self.as_user("supervisor", first).action_cancel("Changed his mind")
        self.as_user("supervisor", second).action_request()
        self.assertEqual(second.state, "requested")

    def test_what_accounting_credited_counts(self):
        order = self._sell(self.disk, 5)
        self._deliver(order)
        invoice = order._create_invoices()
        invoice.action_post()
        refund = invoice._reverse_moves([{"invoice_date": invoice.date}])
        refund.invoice_line_ids.quantity = 4
        refund.action_post()
        row = self._draft(
            self.assets.browse(),
            line_ids=[
                Command.create(
                    {
                        "product_id": self.disk.id,
                        "invoice_line_id": invoice.invoice_line_ids.id,
                        "quantity": 2,
                    }
                )
            ],
        )
        with self.assertRaisesRegex(UserError, "only 1 can be given back"):
            self.as_user("supervisor", row).action_request()

    def test_a_deleted_draft_is_made_again_a_cancelled_one_too(self):
        row = self._started()
        self._receive(row)
        row.invoice_ids.unlink()
        self.assertEqual((row.money_state, row.state), ("none", "in_progress"))
        self.as_user("supervisor", row).action_create_documents()
        self.assertEqual(len(row.invoice_ids), 1)
        row.invoice_ids.button_cancel()
        self.as_user("accountant", row).action_create_documents()
        live = row.invoice_ids.filtered(lambda move: move.state != "cancel")
        self.assertEqual(len(live), 1)
        live.action_post()
        self.assertEqual(row.state, "done")
        live.button_draft()
        self.assertEqual((row.state, row.done_at), ("in_progress", False))

    def test_a_stranger_s_invoice_tells_no_price(self):
        other = self.env["res.partner"].create({"name": "Stranger"})
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": other.id,
                "invoice_date": D("2026-06-15"),
                "invoice_line_ids": [
                    Command.create(
                        {"product_id": self.machine.id, "price_unit": 99999.0}
                    )
                ],
            }
        )
        move.action_post()
        row = self._draft()
        with self.assertRaises(ValidationError):
            row.line_ids.invoice_line_id = move.invoice_line_ids

    # -- decision ------------------------------------------------------------------

    def test_cause_unit_and_rule_are_required(self):
        row = self._draft(cause_id=False, unit_id=False, rule_id=False)
        with self.assertRaisesRegex(UserError, "cause.*unit.*rule"):
            self.as_user("supervisor", row).action_request()
        self.assertEqual(row.state, "draft")

    def test_the_costs_of_a_rejected_return_stay_with_the_customer(self):
        row = self._draft()
        self.as_user("supervisor", row).action_request()
        with self.assertRaises(UserError):
            self.as_user("general", row).action_reject("")
        self.as_user("general", row).action_reject("Opened by others")
        self.assertEqual((row.state, row.costs_payer), ("rejected", "customer"))
        self.assertEqual(row.decision_note, "Opened by others")
        with self.assertRaises(UserError):
            self.as_user("supervisor", row).action_start()
        self.assertTrue(self._draft())

    def test_a_rule_on_a_finding_waits_for_the_engineer(self):
        rule = self.env.ref("aftersales_warranty.entitlement_rule_promise_refund3m")
        order = self._create_order(asset_id=self.assets[0].id)
        row = self._draft(rule_id=rule.id, order_id=order.id)
        self.as_user("supervisor", row).action_request()
        with self.assertRaisesRegex(UserError, "engineer"):
            self.as_user("general", row).action_approve()
        self.assertEqual(row.state, "requested")

    def test_without_need_of_approval_it_goes_on(self):
        self.seven.needs_approval = False
        row = self._draft()
        self.as_user("supervisor", row).action_request()
        self.assertEqual(row.state, "approved")

    def test_cancel_takes_back_what_has_not_happened(self):
        row = self._started()
        self.as_user("supervisor", row).action_cancel("Customer keeps it")
        self.assertEqual((row.state, row.picking_ids.state), ("cancelled", "cancel"))
        again = self._started()
        self._receive(again)
        with self.assertRaisesRegex(UserError, "cannot be cancelled"):
            self.as_user("supervisor", again).action_cancel("Too late")

    def test_drafts_and_cancelled_ones_can_be_deleted(self):
        row = self._draft()
        lines = row.line_ids
        self.as_user("manager", row).unlink()
        self.env.flush_all()
        self.assertFalse(lines.exists())
        requested = self._draft()
        self.as_user("supervisor", requested).action_request()
        with self.assertRaises(UserError):
            self.as_user("manager", requested).unlink()
        self.assertTrue(requested.line_ids.exists())

    def test_a_requested_return_does_not_change(self):
        row = self._draft()
        self.as_user("supervisor", row).action_request()
        operator = self.as_user("operator", row)
        changes = {"kind": "exchange", "rule_id": False, "line_ids": [(5,)]}
        for values in ({name: value} for name, value in changes.items()):
            with self.assertRaises(UserError):
                operator.write(values)
        with self.assertRaises(UserError):
            operator.line_ids.write({"manual_price": 1.0})
        with self.assertRaises(UserError):
            operator.line_ids.unlink()
        operator.note = "Called again"

    # -- 100 serials ---------------------------------------------------------------

    def test_a_hundred_serials_are_one_return(self):
        names = [f"H-{n:03d}" for n in range(100)]
        order, _invoice, assets = self._buy(*names)

        def run(assets):
            row = self._draft(assets)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.as_user("supervisor", row).action_request()
            self.as_user("general", row).action_approve()
            self.as_user("supervisor", row).action_start()
            self._receive(row)
            self.env.flush_all()
            return row, self.env.cr.sql_log_count - before

        small, few = run(assets[:10])
        large, many = run(assets[10:])
        self.assertEqual(len(large.picking_ids), 1)
        self.assertEqual(large.invoice_ids.invoice_line_ids.quantity, 90)
        self.assertEqual(set(assets.mapped("state")), {"returned"})
        # Odoo's own reservation and validation cost some queries per serial.
        self.assertLess((many - few) / 80, 8)

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import WarrantyCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestEntitlement(WarrantyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.promise = cls.env.ref("aftersales_warranty.entitlement_set_promise")
        cls.china = cls.env.ref("aftersales_warranty.entitlement_set_cn_general")
        cls.company.aftersales_entitlement_set_ids = cls.promise
        cls.bought = cls._buy("RE-1")

    @classmethod
    def _buy(cls, serial, price=1000.0):
        order = cls._sell(cls.machine, price_unit=price)
        cls._deliver(order, serial)
        invoice = order._create_invoices()
        invoice.invoice_date = D("2026-06-15")
        invoice.action_post()
        return order.aftersales_warranty_ids.asset_id

    def _names(self, asset, day, states=("open",), order=None):
        found = asset._get_entitlements(D(day), {asset: order} if order else None)
        rules = self.env["aftersales.entitlement.rule"]
        rows = [row for row in found[asset] if row.state in states]
        return {
            (rules.browse(row.rule.key).kind, rules.browse(row.rule.key).condition)
            for row in rows
        }

    def _claim(self, asset, **values):
        return self._create_order(
            asset_id=asset.id, called_at="2026-06-18 02:00:00", **values
        )

    def test_promise_seven_days_then_three_months_then_repair(self):
        seven = {("refund", "no_reason"), ("exchange", "no_reason")}
        fault = {("refund", "quality_fault"), ("exchange", "quality_fault")}
        repair = {("repair", "fault")}
        self.assertEqual(self._names(self.bought, "2026-06-22"), seven | repair)
        self.assertEqual(self._names(self.bought, "2026-06-23"), repair)
        waiting = self._names(self.bought, "2026-09-15", ("confirm",))
        self.assertEqual(waiting, fault)
        self.assertFalse(self._names(self.bought, "2026-09-16", ("confirm",)))
        self.assertEqual(self._names(self.bought, "2027-06-16"), set())

    def test_our_engineer_confirms_the_fault(self):
        order = self._claim(self.bought)
        with self.assertRaises(AccessError):
            self.as_user("operator", order).action_confirm_finding("quality_fault")
        self.as_user("supervisor", order).action_confirm_finding("quality_fault", "ok")
        self.assertEqual(order.finding_by_id, self.users["supervisor"])
        found = self._names(self.bought, "2026-07-01", order=order)
        self.assertIn(("refund", "quality_fault"), found)
        order.misuse = True
        found = self._names(self.bought, "2026-07-01", order=order)
        self.assertEqual(found, set())

    def test_the_finding_cannot_be_written_around_the_action(self):
        order = self._claim(self.bought)
        for role in ("operator", "technician", "supervisor", "manager"):
            with self.assertRaises(AccessError):
                self.as_user(role, order).write({"finding": "quality_fault"})
        with self.assertRaises(UserError):
            self.as_user("supervisor", order).action_confirm_finding("whatever")

    def test_nearest_set_wins(self):
        category = self.env["product.category"].create({"name": "Machines"})
        below = self.env["product.category"].create(
            {"name": "Servers", "parent_id": category.id}
        )
        self.machine.categ_id = below
        sets = self.env["aftersales.entitlement.set"]

        def found():
            return sets._find_sets(self.machine, self.company)[self.machine][:2]

        self.assertEqual(found(), (self.promise, "company"))
        category.aftersales_entitlement_set_ids = self.china
        self.assertEqual(found(), (self.china, "category"))
        self.machine.product_tmpl_id.aftersales_entitlement_set_ids = self.promise
        self.assertEqual(found(), (self.promise, "product"))

    def test_two_failed_repairs_give_an_exchange(self):
        self.company.aftersales_entitlement_set_ids = self.china
        wanted = ("exchange", "failed_repairs")
        for number in (1, 2):
            day = f"2026-07-0{number * 2} 02:00:00"
            order = self._create_order(asset_id=self.bought.id, called_at=day)
            with freeze_time(f"2026-07-0{number * 2 + 1} 02:00:00"):
                order._transition("start")
                order._transition("complete")
        self.assertNotIn(wanted, self._names(self.bought, "2026-07-20"))
        third = self._create_order(
            asset_id=self.bought.id, called_at="2026-07-10 02:00:00"
        )
        third._transition("start")
        found = self._names(self.bought, "2026-07-20", order=third)
        self.assertIn(wanted, found)
        other = self.env["aftersales.symptom"].create({"name": "Noise"})
        third.symptom_id = other
        found = self._names(self.bought, "2026-07-20", order=third)
        self.assertNotIn(wanted, found)

    def test_pauses_by_the_customer_are_no_repair_days(self):
        self.company.aftersales_entitlement_set_ids = self.china
        order = self._create_order(
            asset_id=self.bought.id, called_at="2026-06-16 02:00:00"
        )
        order._transition("start")
        wanted = ("exchange", "repair_days")
        with freeze_time("2026-07-16 03:00:00"):  # 30 days and an hour
            self.assertIn(wanted, self._names(self.bought, "2026-07-16"))
            reason = self.env["aftersales.pause.reason"].search(
                [("kind", "=", "customer")], limit=1
            )
            self.env["aftersales.sla.pause"].create(
                {
                    "order_id": order.id,
                    "reason_id": reason.id,
                    "started_at": "2026-06-20 02:00:00",
                    "ended_at": "2026-06-22 02:00:00",
                }
            )
            order.invalidate_recordset()
            self.assertNotIn(wanted, self._names(self.bought, "2026-07-16"))

    def test_parts_not_supplied_for_ninety_days(self):
        self.company.aftersales_entitlement_set_ids = self.china
        order = self._claim(self.bought)
        order._transition("start")
        reason = self.env["aftersales.pause.reason"].search(
            [("kind", "=", "part")], limit=1
        )
        self.env["aftersales.sla.pause"].create(
            {
                "order_id": order.id,
                "reason_id": reason.id,
                "started_at": "2026-06-18 02:00:00",
            }
        )
        wanted = ("exchange", "parts_wait")
        with freeze_time("2026-09-17 01:00:00"):
            self.assertNotIn(wanted, self._names(self.bought, "2026-09-17"))
        with freeze_time("2026-09-17 02:00:00"):
            order.invalidate_recordset()
            self.assertIn(
                wanted, self._names(self.bought, "2026-09-17", ("open", "not_met"))
            )

    def test_the_price_is_that_of_the_invoice_with_tax(self):
        purchase = self.bought._get_purchases()[self.bought]
        self.assertEqual((purchase.source, purchase.price), ("invoice", 1000.0))
        row = self.bought.get_entitlements()[self.bought.id][0]
        self.assertEqual((row["amount"], row["kind"]), (1000.0, "refund"))
        self.assertEqual(row["price_document"], purchase.invoice_line.move_id.name)
        self.assertEqual(row["last_day"], "2026-06-22")
        imported = self._create_machine("RE-9")
        self.assertEqual(
            imported._get_purchases()[imported].source,
            "manual",
        )

    def test_without_invoice_the_sales_order_tells_the_price(self):
        order = self._sell(self.machine, price_unit=700.0)
        self._deliver(order, "RE-2")
        asset = order.aftersales_warranty_ids.asset_id
        purchase = asset._get_purchases()[asset]
        self.assertEqual((purchase.source, purchase.price), ("sale", 700.0))

    def test_the_assistant_lists_and_starts(self):
        order = self._claim(self.bought)
        action = self.as_user("operator", order).action_entitlements()
        wizard = self.as_user(
            "operator", self.env[action["res_model"]].browse(action["res_id"])
        )
        line = wizard.line_ids[0]
        self.assertEqual((line.kind, line.state), ("refund", "open"))
        opened = line.action_start()
        row = self.env["aftersales.return"].browse(opened["res_id"])
        self.assertEqual(row.line_ids.asset_id, self.bought)
        self.assertEqual(row.rule_id, line.rule_id)
        self.assertEqual(row.freight_payer, "customer")
        self.assertEqual(row.amount_total, 1000.0)
        repair = wizard.line_ids.filtered(lambda ln: ln.kind == "repair")
        self.assertEqual(repair.action_start()["res_id"], order.id)
        self.assertEqual(order.service_type, "free")
        technician = self.as_user("technician", line)
        with self.assertRaises(AccessError):
            technician.with_user(self.users["technician"]).action_start()
        line.sudo().can_start = False  # the day has passed meanwhile
        with self.assertRaises(UserError):
            line.action_start()

    def test_confirming_in_the_assistant_opens_the_rule(self):
        order = self._claim(self.bought)
        action = self.as_user("supervisor", order).action_entitlements()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard = self.as_user("supervisor", wizard)
        wizard.finding = "quality_fault"
        again = wizard.action_confirm_finding()
        lines = self.env[again["res_model"]].browse(again["res_id"]).line_ids
        fault = lines.filtered(lambda ln: ln.rule_id.condition == "quality_fault")
        self.assertEqual(set(fault.mapped("state")), {"open"})

    def test_used_rules_are_archived_not_deleted(self):
        order = self._claim(self.bought)
        self.env["aftersales.return"]._start(
            self.bought, self.promise.rule_ids[0], order=order
        )
        with self.assertRaises(UserError):
            self.promise.rule_ids[0].unlink()
        with self.assertRaises(UserError):
            self.promise.unlink()
        with self.assertRaises(AccessError):
            self.as_user("supervisor", self.promise).write({"name": "x"})

    def test_queries_do_not_grow_with_the_machines(self):
        order = self._sell(self.machine, 40)
        self._deliver(order, *[f"Q-{n}" for n in range(40)])
        order._create_invoices().action_post()
        assets = order.aftersales_warranty_ids.asset_id
        self.assertEqual(len(assets), 40)

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records._get_entitlements(D("2026-06-20"))
            return self.env.cr.sql_log_count - before

        count(assets)
        few, many = count(assets[:4]), count(assets)
        self.assertLessEqual(many, few + 2)
        self.assertLess(many, 60)

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from ..common import WarrantyCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestOrderCover(WarrantyCommon):
    """Who pays each line, and the words for it (WA-05)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boards = cls.env["product.category"].create({"name": "Boards"})
        cls.board = cls._create_product(
            "Main board", categ_id=cls.boards.id, list_price=1000.0
        )
        cls.warranty = cls._create_covered("RS-1", D("2025-07-26"))
        cls.asset = cls.warranty.asset_id

    def _create(self, called_at="2026-06-15 03:00:00", **values):
        lines = values.pop("lines", None) or [
            {"kind": "part", "product_id": self.board.id},
            {"kind": "labour", "product_id": self.labour.id},
            {"kind": "travel", "product_id": self.travel.id},
        ]
        return self.env["aftersales.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "asset_id": self.asset.id,
                "called_at": called_at,
                "line_ids": [(0, 0, line) for line in lines],
                **values,
            }
        )

    def _payers(self, order):
        return order.line_ids.mapped("payer")

    def test_covered_on_the_day_of_the_report(self):
        order = self._create()
        self.assertEqual(self._payers(order), ["warranty"] * 3)
        self.assertEqual(set(order.line_ids.mapped("payer_rule")), {"warranty"})
        self.assertEqual(order.amount_customer, 0.0)
        self.assertEqual(order.line_ids[0].covered_amount, 1000.0)
        self.assertEqual(order.line_ids.warranty_id, self.warranty)
        # The last day, as the customer sees it: 26 July in Shanghai, whole.
        last = self._create("2026-07-26 15:59:00")
        self.assertEqual(self._payers(last), ["warranty"] * 3)
        late = self._create("2026-07-26 16:01:00")
        self.assertEqual(self._payers(late), ["customer"] * 3)
        self.assertEqual(late.line_ids[0].payer_rule, "no_warranty")
        self.assertIn("07/26/2026", late.line_ids[0].payer_text)
        late.called_at = "2026-07-26 15:00:00"
        self.assertEqual(self._payers(late), ["warranty"] * 3)

    def test_a_machine_chosen_later_turns_the_lines(self):
        order = self._create(asset_id=False)
        self.assertEqual(self._payers(order), ["customer"] * 3)
        order.asset_id = self.asset
        self.assertEqual(self._payers(order), ["warranty"] * 3)

    def test_share_splits_the_amounts(self):
        self.machine.aftersales_term_id = self._create_term(
            "half",
            scopes=[
                {"scope": "part", "share": 60},
                {"scope": "labour", "share": 0},
            ],
        )
        self.asset = self._create_covered("RS-2", D("2026-06-01")).asset_id
        tax = self.env["account.tax"].create(
            {
                "name": "13 %",
                "amount": 13.0,
                "company_id": self.company.id,
                "type_tax_use": "sale",
            }
        )
        self.board.taxes_id = tax
        order = self._create()
        part, labour, travel = order.line_ids
        self.assertEqual((part.payer, part.payer_share), ("warranty", 60.0))
        self.assertEqual(part.payer_rule, "warranty_share")
        self.assertEqual(part.customer_amount, 400.0)
        self.assertEqual(part.customer_total, 452.0)
        self.assertEqual(part.covered_amount, 600.0)
        self.assertEqual((labour.payer, travel.payer), ("customer", "customer"))
        self.assertEqual(
            order.amount_customer,
            452.0 + labour.customer_total + travel.customer_total,
        )
        invoice = part._prepare_invoice_line()
        self.assertEqual((invoice["price_unit"], invoice["discount"]), (1000.0, 60.0))
        shown = order._get_portal_lines()[0]
        self.assertEqual((shown["total"], shown["discount"]), (400.0, 60.0))
        # Contract pays all: better for the customer than a share.
        order.service_type = "contract"
        self.assertEqual(self._payers(order), ["contract"] * 3)

    def test_precedence(self):
        for service_type, payer in (
            ("chargeable", "warranty"),
            ("contract", "warranty"),
            ("free", "warranty"),
            ("internal", "goodwill"),
        ):
            order = self._create(service_type=service_type)
            self.assertEqual(self._payers(order), [payer] * 3, service_type)
        self.as_user("supervisor", self.warranty).action_void("Opened by others")
        void = self._create()
        self.assertEqual(self._payers(void), ["customer"] * 3)
        self.assertIn("void", void.line_ids[0].payer_text)
        self.assertEqual(
            self._payers(self._create(service_type="contract"))[0], "contract"
        )

    def test_void_and_restore_turn_running_orders(self):
        order = self._create()
        signed = self._create()
        signed.signed_at = "2026-06-15 03:30:00"
        self.as_user("supervisor", self.warranty).action_void("Opened by others")
        self.assertEqual(self._payers(order), ["customer"] * 3)
        self.assertEqual(self._payers(signed), ["warranty"] * 3)
        self.as_user("manager", self.warranty).action_restore("A mistake")
        self.assertEqual(self._payers(order), ["warranty"] * 3)

    def test_misuse_turns_it_with_photo_and_signature(self):
        self.company.aftersales_require_signature = False
        order = self._create(place="onsite")
        self.assertFalse(order._is_signature_required())
        order.cause_id = self.env["aftersales.cause"].create(
            {"name": "Liquid", "code": "LIQ-T", "is_misuse": True}
        )
        self.assertEqual(self._payers(order), ["customer"] * 3)
        self.assertEqual(order.line_ids[0].payer_rule, "misuse")
        self.assertTrue(order._is_signature_required())
        missing = order._get_missing_for_completion()[order]
        self.assertIn("a photo that shows the misuse", missing)
        order.photo_ids = self.env["ir.attachment"].create(
            {"name": "p.png", "raw": b"x", "res_model": order._name, "res_id": order.id}
        )
        missing = order._get_missing_for_completion()[order]
        self.assertNotIn("a photo that shows the misuse", missing)
        order.misuse = False
        order.cause_id = False
        self.assertEqual(self._payers(order), ["warranty"] * 3)

    def test_a_manager_overrides_with_a_reason(self):
        order = self._create()
        line = order.line_ids[0]
        with self.assertRaises(AccessError):
            self.as_user("technician", line).action_override_payer("customer", "x")
        with self.assertRaises(UserError):
            self.as_user("manager", line).action_override_payer("customer", " ")
        self.as_user("manager", line).action_override_payer("supplier", "Recall 7")
        self.assertEqual((line.payer, line.payer_text), ("supplier", "Recall 7"))
        order._decide_payer_again()
        self.assertEqual(line.payer, "supplier")
        self.as_user("manager", line).action_override_payer(False, False)
        self.assertEqual(line.payer, "warranty")

    def test_nobody_writes_the_decision(self):
        order = self._create()
        line = self.as_user("manager", order.line_ids[0])
        for name, value in (
            ("payer", "customer"),
            ("payer_share", 10.0),
            ("payer_facts", {}),
            ("payer_rule", "x"),
        ):
            with self.assertRaises(AccessError):
                line.write({name: value})

    def test_a_context_from_outside_decides_nothing(self):
        order = self._create("2026-07-30 00:00:00", lines=[{"kind": "labour"}])
        key = order.line_ids._get_cover_key()
        lines = order.line_ids.with_context(aftersales_cover={key: "all"})
        lines._decide_again()
        self.assertEqual(order.line_ids.payer, "customer")
        made = lines.create([{"order_id": order.id, "kind": "labour"}])
        self.assertEqual(made.payer, "customer")

    def test_words_in_the_language_of_the_reader(self):
        order = self._create()
        line = order.line_ids[0]
        self.assertEqual(
            line.payer_text,
            "Warranty: delivered 07/26/2025, 12 months, 41 days left, term T1",
        )
        self.assertEqual(
            order.warranty_text,
            "Parts free, labour free, travel free: delivered 07/26/2025, 12 months, "
            "41 days left, term T1",
        )
        self.assertEqual(
            order.warranty_card["short"],
            "parts free 41 d · labour ✓ · travel ✓",
        )
        self.env["res.lang"]._activate_lang("de_DE")
        german = order.with_context(lang="de_DE")
        self.assertIn("26.07.2025", german.warranty_text)
        self.assertIn("26.07.2025", german.line_ids[0].payer_text)

    def test_the_card_of_the_issue(self):
        """Parts free, labour charged, key part, days left, repair days, term."""
        term = self._create_term(
            "T3",
            code="T3",
            scopes=[
                {"scope": "part"},
                {
                    "scope": "part",
                    "role": "key",
                    "categ_id": self.boards.id,
                    "duration": 24,
                    "sequence": 1,
                },
                {"scope": "labour", "duration": 3},
            ],
        )
        self.machine.aftersales_term_id = term
        warranty = self._create_covered("RS-3", D("2025-07-18"))
        self._register_repair(warranty, "2025-09-01 01:00:00", "2025-09-09 01:00:00")
        card = self.env["aftersales.warranty.card"]._get_cards(warranty.asset_id)
        text = card[warranty.asset_id]["text"]
        self.assertEqual(
            text,
            "Parts free, labour charged, travel charged: delivered 07/18/2025, "
            "12 months, Boards 24 months until 07/26/2027, 41 days left, "
            "8 repair days added, term T3",
        )
        # The general cover is over, the key part's is not.
        late = self.env["aftersales.warranty.card"]._get_cards(
            warranty.asset_id, at=self.env.cr.now().replace(month=12)
        )[warranty.asset_id]
        self.assertEqual(late["state"], "partly")
        self.assertIn("Boards free", late["short"])

    def test_freight_and_other(self):
        self.machine.aftersales_term_id = self._create_term(
            "F", scopes=[{"scope": "freight"}]
        )
        self.asset = self._create_covered("RS-4", D("2026-06-01")).asset_id
        freight = self._create_product("Freight", type="service")
        freight.aftersales_is_freight = True
        other = self._create_product("Inspection", type="service")
        order = self._create(
            lines=[
                {"kind": "other", "product_id": freight.id},
                {"kind": "other", "product_id": other.id},
            ]
        )
        self.assertEqual(self._payers(order), ["warranty", "customer"])

    def test_goods_without_a_serial(self):
        self.disk.aftersales_term_id = self.term
        sale = self._sell(self.disk, 3)
        self._deliver(sale)
        warranty = sale.aftersales_warranty_ids
        order = self._create(asset_id=False, sale_warranty_id=warranty.id)
        self.assertEqual(self._payers(order), ["warranty"] * 3)
        self.assertIn("free", order.warranty_text)
        other = self.env["res.partner"].create({"name": "Somebody else"})
        with self.assertRaises(UserError):
            self._create(
                asset_id=False, sale_warranty_id=warranty.id, partner_id=other.id
            )

    def test_completion_tells_the_warranty(self):
        order = self._create(lines=[{"kind": "part", "product_id": self.board.id}])
        paid = self._create("2026-07-30 01:00:00")
        for each in (order, paid):
            each.state = "done"
            each.done_at = "2026-06-17 03:00:00"
            each._after_complete()
        repair = self.env["aftersales.warranty.repair"].search(
            [("order_id", "in", (order | paid).ids)]
        )
        self.assertEqual((repair.order_id, repair.days), (order, 2))
        self.assertEqual(self.warranty.extended_days, 2)
        part = self.warranty.part_ids
        self.assertEqual(part.order_line_id, order.line_ids)
        self.assertEqual(part.fitted_on, D("2026-06-17"))
        self.as_user("manager", order).action_reopen("Came back")
        self.assertFalse(self.warranty.part_ids)
        self.assertFalse(repair.ended_at)
        order.state = "done"
        order.done_at = "2026-06-16 03:00:00"
        order._after_complete()
        self.assertEqual(repair.days, 1)
        self.assertEqual(len(self.warranty.part_ids), 1)

    def test_decide_again_is_for_open_orders(self):
        order = self._create()
        self.as_user("technician", order)
        order.technician_ids = self.technician
        with self.assertRaises(AccessError):
            self.as_user("parts", order).action_decide_payer()
        self.as_user("supervisor", order).action_decide_payer()
        order.state = "done"
        with self.assertRaisesRegex(UserError, "settled"):
            self.as_user("supervisor", order).action_decide_payer()

    def test_a_form_decides_before_saving(self):
        form = Form(
            self.as_user("supervisor", self._create(lines=[{"kind": "labour"}]))
        )
        self.assertIn("41 days left", form.warranty_text)
        with form.line_ids.new() as line:
            line.kind = "part"
            line.product_id = self.board
            self.assertEqual(line.payer, "warranty")
        order = form.save()
        self.assertEqual(self._payers(order), ["warranty"] * 2)

    def test_a_thousand_orders_with_three_lines(self):
        """At most 30 queries in all, and as many for 10 as for 100."""
        assets = self.env["aftersales.asset"]
        for number in range(100):
            assets |= self._create_machine(f"M-{number}", delivered_on="2026-06-01")
        self.env["aftersales.warranty"]._open_for_assets(assets)
        orders = self.env["aftersales.order"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "asset_id": assets[number % 100].id,
                    "called_at": "2026-06-15 03:00:00",
                }
                for number in range(1000)
            ]
        )
        kinds = ((self.board, "part"), (self.labour, "labour"), (self.travel, "travel"))
        lines = self.env["aftersales.order.line"].create(
            [
                {"order_id": order.id, "kind": kind, "product_id": product.id}
                for order in orders
                for product, kind in kinds
            ]
        )
        self.assertEqual(set(lines.mapped("payer")), {"warranty"})
        reasons = {line.payer_facts["warranty"] for line in lines}
        self.assertEqual(len(reasons), 100, "each line names its own warranty")
        counts = {}
        for size in (30, 300, 3000):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            decisions = lines[:size]._decide_payer()
            counts[size] = self.cr.sql_log_count - before
            self.assertEqual({rule for rule, _d in decisions.values()}, {"warranty"})
        self.assertEqual(counts[30], counts[300])
        self.assertLessEqual(counts[3000], 30)

from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ..common import WarrantyCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 04:00:00")
class TestWarrantyCost(WarrantyCommon):
    """Cost of warranty by product, supplier and month of age (KP-06, KP-08)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create({"name": "Boards Inc"})
        cls.board = cls._create_product(
            "Main board",
            list_price=1000.0,
            standard_price=350.0,
            seller_ids=[(0, 0, {"partner_id": cls.supplier.id})],
        )
        cls.warranty = cls._create_covered("RS-1", D("2026-03-01"))
        cls.order = cls.env["aftersales.order"].create(
            {
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
                "team_id": cls.team.id,
                "asset_id": cls.warranty.asset_id.id,
                "called_at": "2026-06-14 03:00:00",
                "line_ids": [
                    (
                        0,
                        0,
                        {"kind": "part", "product_id": cls.board.id, "quantity": 2},
                    ),
                    (0, 0, {"kind": "labour"}),
                ],
            }
        )

    def _complete(self):
        self.order.state = "done"
        self.order.done_at = "2026-06-15 03:00:00"
        self.order._after_complete()
        self.env.flush_all()

    def test_parts_at_cost_work_at_list(self):
        report = self.env["aftersales.warranty.cost.report"]
        own = [("order_id", "=", self.order.id)]
        self.assertFalse(report.search(own))
        self._complete()
        rows = report.search(own).grouped("kind")
        part, labour = rows["part"], rows["labour"]
        self.assertEqual((part.cost, part.age), (700.0, 3))
        self.assertEqual(part.supplier_id, self.supplier)
        self.assertEqual(part.product_id, self.machine)
        self.assertEqual(part.warranty_id, self.warranty)
        self.assertEqual(labour.cost, self.order.line_ids[1].covered_amount)
        # A later price changes nothing.
        self.board.standard_price = 999.0
        self.assertEqual(report.search(own).grouped("kind")["part"].cost, 700.0)

    def test_rows_are_those_of_readable_orders(self):
        self._complete()
        report = self.env["aftersales.warranty.cost.report"]
        for role in ("manager", "accountant"):
            rows = self.as_user(role, report).search([])
            orders = self.as_user(role, self.env["aftersales.order"]).search([])
            self.assertLessEqual(set(rows.order_id.ids), set(orders.ids))
            self.assertIn(self.order, rows.order_id)
        for role in ("operator", "technician", "parts", "supervisor"):
            with self.assertRaises(AccessError):
                self.as_user(role, report).search([])
            with self.assertRaises(AccessError):
                self.as_user(role, self.order.line_ids).read(["warranty_cost"])

    def test_another_company_sees_nothing(self):
        self._complete()
        other = self.env["res.company"].create({"name": "Other"})
        manager = self.users["manager"]
        manager.write({"company_ids": [(4, other.id)], "company_id": other.id})
        report = self.env["aftersales.warranty.cost.report"].with_user(manager)
        report = report.with_context(allowed_company_ids=other.ids)
        self.assertFalse(report.search([("order_id", "=", self.order.id)]))

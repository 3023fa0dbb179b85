from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .test_return import ReturnCommon

D = date.fromisoformat


@tagged("post_install", "-at_install")
@freeze_time("2026-06-16 04:00:00")
class TestWithoutSerial(ReturnCommon):
    """Goods without a serial number have every right of those that have one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = cls._create_product("Cable", list_price=10.0)
        cls.plain.aftersales_term_id = cls._create_term(
            "12 months, repairs add", code="T2", extension_mode="repair_days"
        )

    def test_a_repair_of_it_extends_its_warranty(self):
        with freeze_time("2026-01-15 04:00:00"):
            order = self._sell(self.plain)
            self._deliver(order)
        warranty = order.aftersales_warranty_ids
        self.assertEqual(
            (warranty.date_start, warranty.date_end), (D("2026-01-15"), D("2027-01-15"))
        )
        repair = self.env["aftersales.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "sale_warranty_id": warranty.id,
                "called_at": "2026-05-01 01:00:00",
                "line_ids": [
                    Command.create({"kind": "part", "product_id": self.plain.id})
                ],
            }
        )
        self.assertEqual(repair.line_ids.payer, "warranty")
        repair.sudo().write(
            {"state": "done", "resolve_at": "2026-05-06 07:00:00"},
        )
        repair._tell_warranties()
        # Six times twenty-four hours have begun, as with a serial number.
        self.assertEqual(warranty.date_end, D("2027-01-21"))
        row = self.env["aftersales.warranty.repair"].search(
            [("warranty_id", "=", warranty.id)]
        )
        self.assertEqual((row.days, row.counted), (6, True))
        repair.sudo().state = "cancelled"
        repair._tell_warranties()
        self.assertEqual(warranty.date_end, D("2027-01-15"))

    def test_the_window_counts_from_the_delivery(self):
        order = self._sell(self.plain, 5, tax_ids=[Command.clear()])
        with freeze_time("2026-06-15 04:00:00"):
            self._deliver(order)
        invoice = order._create_invoices()
        invoice.invoice_date = D("2026-06-10")
        invoice.action_post()

        def draft(day):
            line = {
                "product_id": self.plain.id,
                "quantity": 2,
                "invoice_line_id": invoice.invoice_line_ids.id,
            }
            return self._draft(date=D(day), line_ids=[Command.create(line)])

        for day in ("2026-06-18", "2026-06-22"):
            with freeze_time(f"{day} 04:00:00"):
                self.assertFalse(draft(day).refusal_text, day)
        with freeze_time("2026-06-23 04:00:00"):
            row = draft("2026-06-23")
            with self.assertRaisesRegex(UserError, "Ended on"):
                self.as_user("supervisor", row).action_request()

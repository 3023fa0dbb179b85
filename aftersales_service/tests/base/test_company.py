from odoo import Command
from odoo.tests import tagged

from ..common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestCompany(AftersalesCommon):
    """Money, units and numbers of the record's company, whoever computes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        currencies = cls.env.ref("base.USD") | cls.env.ref("base.CNY")
        currencies.active = True
        companies = cls.env["res.company"].create(
            [
                {"name": "San Francisco", "currency_id": cls.env.ref("base.USD").id},
                {"name": "Hangzhou", "currency_id": cls.env.ref("base.CNY").id},
            ]
        )
        cls.sf, cls.hangzhou = companies
        cls.env["res.currency.rate"].create(
            [
                {
                    "name": "2026-01-01",
                    "currency_id": cls.env.ref(xmlid).id,
                    "company_id": company.id,
                    "rate": rate,
                }
                for company in companies
                for xmlid, rate in (
                    ("base.USD", 1.0 if company == cls.sf else 0.1),
                    ("base.CNY", 8.0 if company == cls.sf else 1.0),
                )
            ]
        )
        cls.env.user.company_ids += companies
        # Both are ticked, San Francisco is the one worked in.
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": companies.ids}
        )
        cls.east = cls.env["aftersales.team"].create(
            {"name": "East", "code": "E", "company_id": cls.hangzhou.id}
        )
        # The same price, once in the list of Hangzhou, once for all companies.
        cls.part, cls.shared = cls.env["product.product"].create(
            [
                {
                    "name": "Fan",
                    "type": "consu",
                    "list_price": 100.0,
                    "taxes_id": False,
                    "company_id": company_id,
                }
                for company_id in (cls.hangzhou.id, False)
            ]
        )

    def _create_eastern_order(self, product=None):
        customer = self.env["res.partner"].create({"name": "Data Centre E"})
        return self.env["aftersales.order"].create(
            {
                "partner_id": customer.id,
                "company_id": self.hangzhou.id,
                "team_id": self.east.id,
                "pricelist_id": False,
                "description": "Fan is loud",
                "line_ids": [
                    Command.create(
                        {"kind": "part", "product_id": (product or self.part).id}
                    )
                ],
            }
        )

    def test_a_part_costs_what_the_list_says(self):
        order = self._create_eastern_order()
        self.assertEqual(self.env.company, self.sf)
        self.assertEqual(order.currency_id.name, "CNY")
        self.assertEqual(order.line_ids.list_price, 100.0)
        self.assertEqual(order.amount_customer, 100.0)

    def test_a_dozen_costs_twelve_times_as_much(self):
        order = self._create_eastern_order()
        order.line_ids.uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(order.line_ids.list_price, 1200.0)

    def test_who_computes_again_changes_nothing(self):
        for product in (self.part, self.shared):
            with self.subTest(product=product):
                self._compute_again(self._create_eastern_order(product).line_ids)

    def _compute_again(self, line):
        names = ("list_price", "price_unit", "customer_amount", "covered_amount")
        before = [line[name] for name in names]
        for company in (self.sf, self.hangzhou):
            again = line.sudo().with_company(company)
            for name in names:
                self.env.add_to_compute(line._fields[name], again)
            again.flush_recordset()
            again.invalidate_recordset()
            self.assertEqual([again[name] for name in names], before)

    def test_numbers_come_from_the_record_s_company(self):
        for code in ("aftersales.free.work", "aftersales.handover", "aftersales.order"):
            self.env["ir.sequence"].create(
                {
                    "name": code,
                    "code": code,
                    "prefix": "HZ/",
                    "company_id": self.hangzhou.id,
                }
            )
        work = self.env["aftersales.free.work"].create({"company_id": self.hangzhou.id})
        self.assertTrue(work.name.startswith("HZ/"), work.name)
        technician = self.env["aftersales.technician"].create(
            {"name": "Eastern", "company_id": self.hangzhou.id, "team_id": self.east.id}
        )
        handover = self.env["aftersales.handover"].create(
            {"company_id": self.hangzhou.id, "technician_id": technician.id}
        )
        self.assertTrue(handover.name.startswith("HZ/"), handover.name)
        self.assertTrue(self._create_eastern_order().name.startswith("HZ/"))

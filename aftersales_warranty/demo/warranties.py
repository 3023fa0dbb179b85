"""Warranties of the demo company's machines, relative to today."""

from datetime import timedelta

from odoo import Command, fields

from odoo.addons.aftersales_service.demo.stage import Stage

SERVICE = "aftersales_service."
OWN = "aftersales_warranty."
# Machines whose warranty ends in so many days, whatever the year of the self.
SOON = {3: 12, 4: 25, 13: 48}


def play(company):
    Warranties(company).play()


class Warranties(Stage):
    QUIET = ("tracking_disable",)

    def play(self):
        """Active, expiring, pending, expired, void and extended ones."""
        servers = self.env.ref(SERVICE + "categ_servers_demo")
        servers.aftersales_term_id = self.env.ref(OWN + "aftersales_warranty_term_demo")
        self._open_soon()
        self._open_waiting(self.company)
        machines = self._get_warranty_machines()
        self.env["aftersales.warranty"]._open_for_assets(machines)
        self._play_warranty_stories()
        self._sell_extensions(self.company)

    def _get_warranty_machines(self):
        return self.env["aftersales.asset"].union(
            *(self._get_warranty_machine(number) for number in range(1, 51))
        )

    def _get_warranty_machine(self, number):
        return self.env.ref(f"{SERVICE}asset_{number:02}_demo")

    def _open_soon(self):
        """Three that end within the next two months."""
        today = fields.Date.today()
        warranties = self.env["aftersales.warranty"]
        for number, days in SOON.items():
            end = today + timedelta(days=days)
            start = fields.Date.add(end, years=-3)
            warranties.create(
                [
                    {
                        "asset_id": self._get_warranty_machine(number).id,
                        "opening_date": start,
                        "opening_reason": "按销售合同验收日起算",
                    }
                ]
            )

    def _open_waiting(self, company):
        """Delivered, not yet accepted: pending."""
        today = fields.Date.today()
        product = self.env.ref(SERVICE + "product_7979q7c_demo")
        assets = self.env["aftersales.asset"]
        for number, partner in enumerate(("bank", "hospital", "school"), 1):
            assets |= assets.create(
                {
                    "company_id": company.id,
                    "partner_id": self.env.ref(f"{SERVICE}partner_{partner}_demo").id,
                    "product_id": product.id,
                    "serial": f"KD9000{number}P",
                    "delivered_on": today - timedelta(days=7 * number),
                }
            )
        self.env["aftersales.warranty"]._open_for_assets(assets)

    def _play_warranty_stories(self):
        """A repair that added days, a part with its own cover, one void."""
        now = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        warranties = self.env["aftersales.warranty"]
        repaired = warranties._find_standard(self._get_warranty_machine(35))
        self.env["aftersales.warranty.repair"]._register_repairs(
            [
                {
                    "asset_id": repaired.asset_id.id,
                    "company_id": repaired.company_id.id,
                    "reported_at": now - timedelta(days=60),
                    "started_at": now - timedelta(days=60),
                    "ended_at": now - timedelta(days=52, hours=5),
                    "covered": True,
                }
            ]
        )
        warranties._register_parts(
            [
                {
                    "warranty_id": repaired.id,
                    "product_id": self.env.ref(SERVICE + "product_psu_demo").id,
                    "fitted_on": fields.Date.today() - timedelta(days=52),
                }
            ]
        )
        opened = warranties._find_standard(self._get_warranty_machine(40))
        opened._void("客户自行拆机, 主板有第三方维修痕迹")

    def _sell_extensions(self, company):
        """Two customers bought another year; one order is not assigned yet."""
        product = self.env.ref(OWN + "product_extension_demo")
        orders = self.env["sale.order"]
        for number in (15, 25, None):
            machine = self._get_warranty_machine(number) if number else None
            partner = machine or self._get_warranty_machine(30)
            orders |= orders.create(
                {
                    "company_id": company.id,
                    "partner_id": partner.partner_id.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_qty": 1,
                                "aftersales_asset_ids": [
                                    Command.set(machine.ids if machine else [])
                                ],
                            }
                        )
                    ],
                }
            )
        orders.action_confirm()

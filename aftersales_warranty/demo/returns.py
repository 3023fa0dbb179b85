"""A sale of a few days ago, and what came back of it."""

from datetime import timedelta

from odoo import Command, fields

from odoo.addons.aftersales_service.demo.stage import Stage

DAYS_AGO = 5
SERIALS = ("KD70001", "KD70002", "KD70003")
NEW = "KD70009"


def play(company):
    Returns(company).play()


class Returns(Stage):
    def play(self):
        """Refund in progress, exchange before the general manager, a draft."""
        company = self.company
        general = self.env.ref(
            "aftersales_warranty.aftersales_warranty_group_general_manager"
        )
        general.user_ids = [Command.link(self._ref("user_manager").id)]
        promise = self.env.ref("aftersales_warranty.entitlement_set_promise")
        company.aftersales_entitlement_set_ids = promise
        self._create_compensation_product(company)
        assets = self._sell_servers(company)
        refund = self._create_demo_return(assets[0], "refund7", "refund")
        refund.action_request()
        refund.action_approve()
        refund.action_start()
        exchange = self._create_demo_return(assets[1], "exchange7", "exchange")
        exchange.replace_first = True
        exchange.action_request()
        self._create_demo_return(assets[2], "refund7", "refund")

    def _create_compensation_product(self, company):
        if not company.aftersales_compensation_product_id:
            company.aftersales_compensation_product_id = self.env[
                "product.product"
            ].create(
                {
                    "name": "Compensation",
                    "type": "service",
                    "taxes_id": False,
                    "company_id": company.id,
                }
            )

    def _sell_servers(self, company):
        """A sale, its delivery and its invoice of a few days ago."""
        product = self.env["product.product"].create(
            {
                "name": "System x3550 M2",
                "default_code": "7946K2C",
                "type": "consu",
                "is_storable": True,
                "tracking": "serial",
                "list_price": 26500.0,
                "categ_id": self._ref("categ_servers").id,
            }
        )
        customer = self._ref("partner_datacentre")
        place = self._get_demo_warehouse(company)
        lots = self.env["stock.lot"].create(
            [
                {"name": name, "product_id": product.id, "company_id": company.id}
                for name in (*SERIALS, NEW)
            ]
        )
        self.env["stock.quant"].with_context(inventory_mode=True).create(
            [self._prepare_quant(product, place.lot_stock_id, 1, lot) for lot in lots]
        ).action_apply_inventory()
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "company_id": company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": len(SERIALS),
                            "price_unit": 26500.0,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        self._deliver_servers(order, lots[: len(SERIALS)])
        invoice = order._create_invoices()
        invoice.invoice_date = fields.Date.today() - timedelta(days=DAYS_AGO)
        invoice.action_post()
        return self.env["aftersales.asset"].search(
            [("lot_id", "in", lots.ids)], order="serial"
        )

    def _get_demo_warehouse(self, company):
        """A company made by a data file has none of its own."""
        warehouses = self.env["stock.warehouse"]
        found = warehouses.search([("company_id", "=", company.id)], limit=1)
        return found or warehouses.create(
            {"name": company.name, "code": "HZ", "company_id": company.id}
        )

    def _deliver_servers(self, order, lots):
        picking = order.picking_ids
        move = picking.move_ids
        move.move_line_ids.unlink()
        move.move_line_ids = [
            Command.create(
                {
                    "product_id": move.product_id.id,
                    "lot_id": lot.id,
                    "quantity": 1,
                    "picking_id": picking.id,
                    "location_id": move.location_id.id,
                    "location_dest_id": move.location_dest_id.id,
                }
            )
            for lot in lots
        ]
        move.picked = True
        picking.button_validate()

    def _create_demo_return(self, asset, rule, kind):
        unit = self.env["aftersales.unit"].search([], limit=1)
        unit = unit or self.env["aftersales.unit"].create({"name": "总装车间"})
        return self.env["aftersales.return"].create(
            {
                "partner_id": asset.partner_id.id,
                "company_id": asset.company_id.id,
                "kind": kind,
                "rule_id": self.env.ref(
                    f"aftersales_warranty.entitlement_rule_promise_{rule}"
                ).id,
                "cause_text": "到货后不满意，七日内退换。",
                "unit_id": unit.id,
                "line_ids": [Command.create({"asset_id": asset.id})],
            }
        )

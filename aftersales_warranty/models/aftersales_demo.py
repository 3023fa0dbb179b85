from datetime import timedelta

from odoo import Command, api, fields, models

DAYS_AGO = 5
SERIALS = ("KD70001", "KD70002", "KD70003")
NEW = "KD70009"
SERVICE = "aftersales_service."
OWN = "aftersales_warranty."
# Machines whose warranty ends in so many days, whatever the year of the demo.
SOON = {3: 12, 4: 25, 13: 48}

# Supplier, required amount, what was paid in.
AGREEMENTS = (
    ("aftersales_service.supplier_demo", 50000, 50000),
    ("aftersales_warranty.supplier_power_demo", 30000, 30000),
    ("aftersales_warranty.supplier_board_demo", 20000, 5000),
)


class AftersalesDemo(models.AbstractModel):
    """Warranties of the demo company's machines, relative to today."""

    _inherit = "aftersales.demo"

    @api.model
    def _play_warranties(self, company):
        """Active, expiring, pending, expired, void and extended ones."""
        demo = self.with_company(company).with_context(tracking_disable=True)
        servers = self.env.ref(SERVICE + "categ_servers_demo")
        servers.aftersales_term_id = self.env.ref(OWN + "aftersales_warranty_term_demo")
        demo._open_soon()
        demo._open_waiting(company)
        machines = demo._get_warranty_machines()
        demo.env["aftersales.warranty"]._open_for_assets(machines)
        demo._play_warranty_stories()
        demo._sell_extensions(company)

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

    @api.model
    def _play_returns(self, company):
        """Refund in progress, exchange before the general manager, a draft."""
        stage = self.with_context(
            allowed_company_ids=company.ids, tz="Asia/Shanghai", mail_notrack=True
        ).with_company(company)
        general = self.env.ref(
            "aftersales_warranty.aftersales_warranty_group_general_manager"
        )
        general.user_ids = [Command.link(stage._ref("user_manager").id)]
        promise = self.env.ref("aftersales_warranty.entitlement_set_promise")
        company.aftersales_entitlement_set_ids = promise
        stage._create_compensation_product(company)
        assets = stage._sell_servers(company)
        refund = stage._create_demo_return(assets[0], "refund7", "refund")
        refund.action_request()
        refund.action_approve()
        refund.action_start()
        exchange = stage._create_demo_return(assets[1], "exchange7", "exchange")
        exchange.replace_first = True
        exchange.action_request()
        stage._create_demo_return(assets[2], "refund7", "refund")

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

    # -- deposits of three suppliers: in order, topping up, owing us money -------

    @api.model
    def _play_deposits(self, company):
        stage = self.with_context(
            allowed_company_ids=company.ids, tz="Asia/Shanghai", mail_notrack=True
        ).with_company(company)
        setup = stage.env["aftersales.deposit.setup"].create({"company_id": company.id})
        setup.action_apply()
        stage._name_treatments(company)
        today = fields.Date.today()
        deposits = [stage._create_agreement(*row, today) for row in AGREEMENTS]
        good, power, board = deposits
        stage._book_entry(
            good,
            "penalty",
            3000,
            today - timedelta(days=40),
            "同批硬盘三次返修超期",
        )
        stage._book_entry(
            power, "penalty", 9000, today - timedelta(days=6), "电源模块未按期更换"
        )
        stage._book_entry(
            board,
            "penalty",
            8000,
            today - timedelta(days=9),
            "主板批次缺陷, 附检测报告",
        )
        stage._propose_entry(
            good, "penalty", 2000, today, "投诉超过 48 小时未处理, 序列号 KD10023"
        )
        stage._play_compensation(good, today)

    def _name_treatments(self, company):
        """The accountant of the demo company names them in Chinese."""
        names = {
            "penalty": "违约金收入",
            "allowance": "质量折让（冲减成本）",
            "service_sale": "向供应商收取维修费",
            "cost_recharge": "代垫费用追偿",
        }
        for row in self.env["aftersales.deposit.treatment"].search(
            [("company_id", "=", company.id)]
        ):
            row.name = names.get(row.kind, row.name)

    def _create_agreement(self, partner, required, paid, today):
        start = today.replace(day=1) - timedelta(days=150)
        deposit = self.env["aftersales.deposit"].create(
            {
                "company_id": self.env.company.id,
                "partner_id": self.env.ref(partner).id,
                "required_amount": required,
                "date_start": start,
            }
        )
        deposit.action_start()
        receipt = self._propose_entry(deposit, "receipt", paid, start, "押金到账")
        receipt.action_post()
        return deposit

    def _propose_entry(self, deposit, kind, amount, day, evidence):
        return self.env["aftersales.deposit.entry"].create(
            {
                "deposit_id": deposit.id,
                "kind": kind,
                "amount": amount,
                "date": day,
                "evidence": evidence,
                "note": evidence,
                "proposed_by_id": self._ref(f"user_{self._get_proposer(kind)}").id,
            }
        )

    def _get_proposer(self, kind):
        """Accounting books what comes in, the supervisor proposes deductions."""
        return "accountant" if kind in ("receipt", "top_up") else "supervisor"

    def _book_entry(self, *args):
        entry = self._propose_entry(*args)
        entry.with_user(self._ref("user_manager")).action_approve()
        entry.with_user(self._ref("user_accountant")).action_post()
        return entry

    def _play_compensation(self, deposit, today):
        """The customer was paid first; the offset waits for its approval."""
        row = self.env["aftersales.compensation"].create(
            {
                "deposit_id": deposit.id,
                "customer_id": self._ref("partner_datacentre").id,
                "amount": 6000,
                "date": today - timedelta(days=3),
                "reason": "供应商拒绝更换阵列卡, 客户停机损失先行赔付",
            }
        )
        row.action_approve()
        row.action_book()
        row.action_offset()

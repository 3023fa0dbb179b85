"""Forty orders in all states, and the shelves their parts come from."""

from datetime import datetime, timedelta

from odoo import Command, fields

from .stage import SHANGHAI, Stage

STOCKED = (
    *("HDD-300", "HDD-146", "RAID-8K", "DIMM-4G"),
    *("MB-3650", "PCI-R", "PSU-835"),
)
SOLD = (*STOCKED, "MB-346", "FAN-1", "LAB", "TRV", "INS")
# One white pixel: the demo customers sign with an empty hand.
SIGNATURE = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQ"
    b"AAAABJRU5ErkJggg=="
)
# (days ago, hour of the call, machine, technician, symptom, cause, part, stage)
STORY = [
    (36, 9, 1, 1, "disk_amber", "disk_damaged", "disk300", "closed"),
    (33, 10, 2, 2, "disk_missing", "disk_damaged", "disk146", "closed"),
    (31, 14, 3, 1, "no_display", "memory_failed", "dimm4", "closed"),
    (29, 9, 4, 2, "no_display", "board_failed", None, "closed"),
    (27, 11, 5, 6, "raid_post", "loose_slot", None, "closed"),
    (25, 15, 6, 1, "no_display", "power", "psu", "closed"),
    (22, 8, 7, 3, "dimm_error", "memory_failed", "dimm4", "closed"),
    (20, 13, 8, 7, "blue_screen", "memory_failed", "dimm4", "closed"),
    (19, 9, 9, 5, "board_error", "pci_failed", "pci", "closed"),
    (17, 16, 10, 2, "disk_amber", "disk_offline", None, "closed"),
    (16, 10, 11, 3, "raid_post", "raid_card", None, "paid"),
    (14, 9, 12, 8, "disk_amber", "disk_damaged", "disk300", "paid"),
    (13, 14, 13, 1, "disk_missing", "disk_offline", None, "paid"),
    (12, 11, 14, 2, "no_display", "loose_slot", None, "paid"),
    (11, 9, 15, 3, "dimm_error", "memory_failed", "dimm4", "invoiced"),
    (10, 15, 16, 2, "blue_screen", "software", None, "invoiced"),
    (9, 10, 17, 5, "raid_post", "loose_slot", None, "invoiced"),
    (8, 9, 18, 1, "disk_amber", "disk_damaged", "disk300", "late"),
    (6, 13, 19, 3, "board_error", "pci_failed", "pci", "booked"),
    (5, 8, 43, 8, "disk_missing", "disk_damaged", "disk146", "collected"),
    (4, 10, 21, 6, "no_display", "power", "psu", "done"),
    (3, 15, 22, 2, "disk_amber", "disk_offline", None, "done"),
    (2, 9, 23, 1, "no_display", "liquid", "psu", "done"),
    (7, 9, 24, 7, "other", None, None, "cancelled"),
    (4, 16, 25, 1, "other", None, None, "cancelled"),
    (3, 9, 26, 2, "raid_post", None, None, "continued"),
    (2, 14, 27, 3, "board_error", None, "board346", "continued"),
    (1, 9, 28, 3, "no_display", None, None, "on_site"),
    (1, 10, 29, 6, "blue_screen", None, None, "on_site"),
    (1, 11, 30, 1, "disk_amber", None, "disk300", "on_site"),
    (1, 13, 31, 2, "dimm_error", None, None, "departed"),
    (1, 14, 32, 7, "disk_missing", None, None, "dispatched"),
    (1, 15, 33, 5, "no_display", None, None, "dispatched"),
    (0, 8, 34, 2, "disk_amber", None, None, "dispatched"),
    (0, 9, 35, 3, "raid_post", None, None, "dispatched"),
    (2, 17, 36, None, "no_display", None, None, "new"),
    (1, 16, 37, None, "disk_amber", None, None, "new"),
    (0, 8, 38, None, "blue_screen", None, None, "new"),
    (0, 9, 39, None, "disk_missing", None, None, "new"),
    (0, 9, 40, None, "other", None, None, "new"),
]
WORDS = {
    "disk_amber": "硬盘黄灯常亮，系统能进，要求当天处理。",
    "disk_missing": "自检界面看不到硬盘。",
    "no_display": "开机加电无显示，风扇在转。",
    "raid_post": "RAID 卡自检不过，业务已中断。",
    "dimm_error": "面板报 DIMM1 错，内存黄灯亮。",
    "blue_screen": "开机即蓝屏。",
    "board_error": "面板 BOARD 灯报错。",
    "other": "要求例行检查。",
}


def play(company):
    Orders(company).play()


class Orders(Stage):
    def _set_taxes(self, company):
        """Products made by data files know only the main company's taxes."""
        products = self.env["product.product"]
        products.search([("default_code", "in", SOLD)]).write(
            {
                "taxes_id": [Command.link(company.account_sale_tax_id.id)],
                "supplier_taxes_id": [Command.link(company.account_purchase_tax_id.id)],
            }
        )

    def _fill_shelves(self, company):
        """Parts at the service points and a few in each van."""
        locations = (
            self.env["aftersales.team"]
            .search([("company_id", "=", company.id)])
            .location_id
        )
        vans = (
            self.env["aftersales.technician"]
            .search([("company_id", "=", company.id)])
            .van_location_id
        )
        parts = self.env["product.product"].search([("default_code", "in", STOCKED)])
        shelves = locations | vans
        # What an earlier installation left is still on its shelf.
        stocked = self.env["stock.quant"].search([("location_id", "in", shelves.ids)])
        quants = []
        for location in shelves - stocked.location_id:
            quantity = 8 if location in locations else 2
            for part in parts:
                if part.tracking == "none":
                    quants.append(self._prepare_quant(part, location, quantity))
                else:
                    lots = self._create_lots(part, location, company, quantity // 2)
                    quants += [self._prepare_quant(part, location, 1, x) for x in lots]
        self.env["stock.quant"].with_context(inventory_mode=True).create(
            quants
        ).action_apply_inventory()

    def _create_lots(self, product, location, company, count):
        return self.env["stock.lot"].create(
            [
                {
                    "name": f"{product.default_code}-{location.id:03d}{number}",
                    "product_id": product.id,
                    "company_id": company.id,
                }
                for number in range(count)
            ]
        )

    # -------------------------------------------------------------------------
    # FORTY ORDERS
    # -------------------------------------------------------------------------

    def play(self):
        """As the people of the desk would make them."""
        company = self.company
        self._set_taxes(company)
        self._fill_shelves(company)
        for chapter in STORY:
            self._play_order(*chapter)
        self._close_days(company)
        # What was left lying in the story is late today.
        orders = self.env["aftersales.order"]
        orders.search([("company_id", "=", company.id)])._sla_refresh(True)

    def _play_order(self, days, hour, machine, person, symptom, cause, part, stage):
        asset = self._ref(f"asset_{machine:02d}")
        technician = (
            self._ref(f"technician{person if person != 1 else ''}")
            if (person)
            else self.env["aftersales.technician"]
        )
        # Installed early in the morning, the calls of today came a moment ago.
        latest = fields.Datetime.now() - timedelta(minutes=20 + machine % 5)
        called = min(self._moment(days, hour), latest)
        with self._clock(called):
            order = self.env["aftersales.order"].create(
                self._prepare_order(asset, symptom, machine, called)
            )
            order.action_register_answer()
        if stage == "new":
            return
        if stage == "cancelled":
            order.action_cancel("客户自行解决")
            return
        order.technician_id = technician
        start = called + timedelta(hours=2) if days else self._moment(0, 14 + person)
        if stage == "dispatched":
            start = max(start, self._moment(0, 13))
        with self._clock(called + timedelta(minutes=15)):
            order.action_dispatch()
            visit = self.env["aftersales.visit"].create(
                {
                    "order_id": order.id,
                    "lead_id": technician.id,
                    "planned_start": start,
                    "planned_end": start + timedelta(hours=2),
                }
            )
        if stage != "dispatched":
            self._play_visit(order, visit, start, cause, part, stage)

    def _prepare_order(self, asset, symptom, number, called):
        return {
            "company_id": asset.company_id.id,
            "partner_id": asset.partner_id.id,
            "asset_id": asset.id,
            "symptom_id": self.env.ref(
                f"aftersales_service.aftersales_symptom_{symptom}"
            ).id,
            "description": WORDS[symptom],
            "contact_name": asset.partner_id.child_ids[:1].name,
            "called_at": called,
            "channel": ("phone", "phone", "email", "phone", "portal")[number % 5],
            "fault_level": "123"[number % 3],
            "service_type": "contract" if number % 4 == 0 else "chargeable",
            "duplicate_confirmed": True,
        }

    def _play_visit(self, order, visit, start, cause, part, stage):
        with self._clock(start - timedelta(minutes=35)):
            visit.action_depart()
        if stage == "departed":
            return
        with self._clock(start):
            visit.action_arrive()
        if part:
            order.add_part(self._ref(f"product_{part}").id)
        if stage == "continued":
            with self._clock(start + timedelta(minutes=70)):
                visit.action_leave("part_missing", "缺少备件，已申请", "visit")
        if stage in ("on_site", "continued"):
            self._play_request(order, stage)
            return
        if part and order.asset_id.id % 3 == 0:
            self._play_discount(order, start + timedelta(minutes=40))
        self._play_report(order, visit, start, cause)
        self._play_money(order, start, stage)

    def _play_discount(self, order, moment):
        """A price off the list, decided on while the technician waits (SV-50)."""
        manager = self._ref("user_manager")
        own = order.with_user(order.technician_id.user_id)
        with self._clock(moment):
            own.line_ids.filtered(lambda line: line.kind == "part").discount = 8
            if own.approval_state != "pending":
                return  # within what technicians may give
            own.action_explain_approval("客户同时报修两台，申请配件优惠。")
            order.approval_ids.with_user(manager).action_approve("同意，下不为例。")

    def _play_request(self, order, stage):
        """What waits for a decision: a price off the list, a part not in the van."""
        own = order.with_user(order.technician_id.user_id)
        part = own.line_ids.filtered(lambda line: line.kind == "part")
        if part and stage == "on_site":
            part.discount = 15
            own.action_explain_approval("老客户，同一机房已有八台设备由我司维保。")
        elif part:
            own.action_request_parts()

    def _play_report(self, order, visit, start, cause):
        cause = self.env.ref(f"aftersales_service.aftersales_cause_{cause}")
        opinion = ("very_satisfied", "satisfied", "very_satisfied", "fair")[
            order.id % 4
        ]
        order.write(
            {
                "cause_id": cause.id,
                "remedy": cause.remedy or cause.name,
                "customer_opinion": opinion,
            }
        )
        if order.misuse:
            order.misuse_evidence = "主板上有液体痕迹，客户在场确认。"
        with self._clock(start + timedelta(minutes=95)):
            visit.action_leave("done")
            order.action_sign(order.contact_name or order.partner_id.name, SIGNATURE)
            order.action_complete()

    def _play_money(self, order, start, stage):
        if stage == "closed" and not order.amount_customer:
            order.action_close()
        if stage == "late" and order.amount_customer:
            self._play_invoice(order, start, late=2)
            return
        if stage in ("collected", "booked") and order.amount_customer:
            self._play_collection(order, start, stage)
        if stage in ("done", "collected", "booked") or not order.amount_customer:
            return
        self._play_invoice(order, start)
        if stage == "invoiced":
            return
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=order.invoice_ids.ids
        ).create({"payment_date": order.fee_day}).action_create_payments()
        if stage == "closed":
            order.action_close()

    def _play_invoice(self, order, start, late=0):
        """Made on the day the work was done, as the company promises (SV-52)."""
        with self._clock(start + timedelta(hours=3)):
            order.action_invoice()
            drafts = order.invoice_ids.filtered(lambda move: move.state == "draft")
            drafts.invoice_date = order.fee_day + timedelta(days=late)
            drafts.action_post()

    def _play_collection(self, order, start, stage):
        taken = start + timedelta(minutes=100)
        with self._clock(taken):
            collection = order.action_collect(
                order.amount_customer, "cash", "收据 0071"
            )
        collection.collected_at = taken  # its default is the time of day itself
        if stage == "booked":
            self._play_invoice(order, start)
            self._play_handover(collection)

    def _play_handover(self, collection):
        """Counted on the evening of that day; 20.00 are missing (SV-52)."""
        accountant = self._ref("user_accountant")
        handovers = self.env["aftersales.handover"].with_user(accountant)
        handover = handovers.create(
            {
                "technician_id": collection.technician_id.id,
                "company_id": collection.company_id.id,
                "date": collection.order_id.fee_day,
                "counted_amount": collection.amount - 20.0,
            }
        )
        handover.action_post()

    def _close_days(self, company):
        """The accountant has signed off what is older than two weeks."""
        until = datetime.now(SHANGHAI).date() - timedelta(days=15)
        accountant = self._ref("user_accountant")
        lines = self.env["aftersales.fee.line"].with_user(accountant)
        domain = [("company_id", "=", company.id), ("day", "<=", until)]
        found = lines.search(domain)
        if left := found.filtered(lambda line: line.state == "exception"):
            left.action_accept("月结前已与技术员核对")
        for team in found.team_id:
            lines.env["aftersales.fee.close"].action_close_period(team.id, until)

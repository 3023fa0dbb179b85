"""Claims on suppliers in every state, relative to today (WA-20)."""

from datetime import timedelta

from odoo import Command, fields

from odoo.addons.aftersales_service.demo.stage import Stage

# Part, days since the repair, how far the claim has come, the supplier's word.
STORIES = [
    ("disk300", 2, "due", ""),
    ("raid", 4, "due", ""),
    ("dimm4", 48, "due", ""),
    ("psu", 6, "draft", ""),
    ("disk300", 20, "claimed", ""),
    ("board", 28, "accepted", ""),
    ("raid", 40, "partly", "检测为过压损坏, 只承担一半"),
    ("dimm4", 66, "disputed", "序列号不在我方出货清单内"),
    ("board", 80, "negotiated", "双方各承担一半"),
    ("disk300", 95, "settled", ""),
    ("psu", 120, "lost", "超过质保期, 不予承担"),
]
FAULT = {
    "disk300": ("硬盘告警灯亮, 阵列降级", "更换硬盘并重建阵列"),
    "raid": ("阵列卡报错, 无法识别磁盘", "更换阵列卡"),
    "dimm4": ("内存校验错误, 系统重启", "更换内存条"),
    "psu": ("电源模块不输出", "更换电源模块"),
    "board": ("主板无法加电", "更换主板"),
}


def play(company):
    Claims(company).play()


class Claims(Stage):
    def play(self):
        self._set_claim_costs()
        asset = self._create_claim_machine(self.company)
        for number, (part, days, stop, word) in enumerate(STORIES):
            order = self._create_claim_order(asset, part, days)
            if stop == "due":
                continue
            claim = self.env["aftersales.supplier.claim"]._create_for_orders(order)
            self._play_claim(claim, stop, word, days, number)

    def _set_claim_costs(self):
        """Cost is kept per company: that of the vendor's price where none is known."""
        for part in FAULT:
            product = self._ref(f"product_{part}")
            if not product.standard_price:
                product.standard_price = product.seller_ids[:1].price

    def _create_claim_machine(self, company):
        """Delivered half a year ago: our warranty and the suppliers' terms hold."""
        asset = self.env["aftersales.asset"].create(
            {
                "company_id": company.id,
                "partner_id": self._ref("partner_datacentre").id,
                "product_id": self._ref("product_7979q7c").id,
                "serial": "KD60001",
                "delivered_on": fields.Date.today() - timedelta(days=185),
                "installed_on": fields.Date.today() - timedelta(days=180),
                "accepted_on": fields.Date.today() - timedelta(days=180),
            }
        )
        self.env["aftersales.warranty"]._open_for_assets(asset)
        return asset

    def _create_claim_order(self, asset, part, days):
        """A repair under warranty that was finished so many days ago."""
        symptom, remedy = FAULT[part]
        order = self.env["aftersales.order"].create(
            {
                "company_id": asset.company_id.id,
                "partner_id": asset.partner_id.id,
                "asset_id": asset.id,
                "description": symptom,
                "remedy": remedy,
                "called_at": self._moment(days + 1, 9),
                "place": "workshop",
                "duplicate_confirmed": True,
                "line_ids": [
                    Command.create(
                        {"kind": "part", "product_id": self._ref(f"product_{part}").id}
                    ),
                    Command.create({"kind": "labour"}),
                ],
            }
        )
        order.write({"state": "done", "done_at": self._moment(days, 16)})
        order.line_ids.filtered(
            lambda line: line.kind == "part"
        ).old_part_state = "received"
        self.env["aftersales.claim.due"]._refresh(order)
        return order

    def _play_claim(self, claim, stop, word, days, number):
        if stop == "draft":
            return
        claim.action_claim()
        day = fields.Date.today() - timedelta(days=max(days - 3, 0))
        claim.write({"claimed_on": day, "answer_due_on": day + timedelta(days=14)})
        claim.reference = f"RMA-{2600 + number}" if stop != "claimed" else False
        if stop == "claimed":
            return
        share = {"partly": 0.5, "disputed": 0.0, "negotiated": 0.0, "lost": 0.0}
        claim.action_answer(self._answers(claim, share.get(stop, 1.0), word))
        if stop == "negotiated":
            claim.action_negotiate(self._answers(claim, 0.5, word), word)
            claim.action_deduct()
        elif stop == "lost":
            claim.action_give_up("金额较小, 不再追索")
        elif stop in ("accepted", "settled"):
            claim.action_credit_note()
        if stop == "settled":
            claim.credit_note_ids.action_post()

    def _answers(self, claim, share, word):
        return {
            line.id: (line.amount * share, word)
            for line in claim.line_ids
            if line.amount
        }

"""Deposits of three suppliers: in order, topping up, owing us money."""

from datetime import timedelta

from odoo import fields

from odoo.addons.aftersales_service.demo.stage import Stage

# Supplier, required amount, what was paid in.
AGREEMENTS = (
    ("aftersales_service.supplier_demo", 50000, 50000),
    ("aftersales_warranty.supplier_power_demo", 30000, 30000),
    ("aftersales_warranty.supplier_board_demo", 20000, 5000),
)


def play(company):
    Deposits(company).play()


class Deposits(Stage):
    def play(self):
        company = self.company
        setup = self.env["aftersales.deposit.setup"].create({"company_id": company.id})
        setup.action_apply()
        self._name_treatments(company)
        today = fields.Date.today()
        deposits = [self._create_agreement(*row, today) for row in AGREEMENTS]
        good, power, board = deposits
        self._book_entry(
            good,
            "penalty",
            3000,
            today - timedelta(days=40),
            "同批硬盘三次返修超期",
        )
        self._book_entry(
            power, "penalty", 9000, today - timedelta(days=6), "电源模块未按期更换"
        )
        self._book_entry(
            board,
            "penalty",
            8000,
            today - timedelta(days=9),
            "主板批次缺陷, 附检测报告",
        )
        self._propose_entry(
            good, "penalty", 2000, today, "投诉超过 48 小时未处理, 序列号 KD10023"
        )
        self._play_compensation(good, today)

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

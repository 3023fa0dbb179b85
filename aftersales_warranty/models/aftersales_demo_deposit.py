from datetime import timedelta

from odoo import api, fields, models

# Supplier, required amount, what was paid in.
AGREEMENTS = (
    ("aftersales_service.supplier_demo", 50000, 50000),
    ("aftersales_warranty.supplier_power_demo", 30000, 30000),
    ("aftersales_warranty.supplier_board_demo", 20000, 5000),
)


class AftersalesDemo(models.AbstractModel):
    """Three suppliers with deposits: in order, topping up, owing us money."""

    _inherit = "aftersales.demo"

    @api.model
    def _play_deposits(self, company):
        stage = self.with_context(
            allowed_company_ids=company.ids, tz="Asia/Shanghai", mail_notrack=True
        ).with_company(company)
        setup = stage.env["aftersales.deposit.setup"].create({"company_id": company.id})
        setup.action_apply()
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
            }
        )

    def _book_entry(self, *args):
        entry = self._propose_entry(*args)
        entry.action_approve()
        entry.action_post()
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

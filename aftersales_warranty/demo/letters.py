"""Letters and notices to the demo company's suppliers, in several states."""

from datetime import timedelta

from odoo import fields

from odoo.addons.aftersales_service.demo.stage import Stage

OWN = "aftersales_warranty."
SERVICE = "aftersales_service."


def play(company):
    Letters(company).play()


class Letters(Stage):
    def play(self):
        """After the deposits: their notices and demands are drafted already."""
        buyer = self.env.ref(OWN + "user_purchaser_demo")
        suppliers = self._prepare_suppliers(buyer)
        letters = self.env["aftersales.letter"].search(
            [("company_id", "=", self.company.id), ("state", "=", "draft")], order="id"
        )
        letters.write({"user_id": buyer.id})
        for letter in letters:
            letter.lang = letter.partner_id.lang
        letters._fill_text()
        own = Letters(self.company.with_user(buyer))
        own._play_sending(letters, *suppliers)
        own._play_notices(suppliers[0])

    def _prepare_suppliers(self, buyer):
        """Two that read Chinese, one that reads English."""
        self._load_chinese()
        names = (
            SERVICE + "supplier_demo",
            OWN + "supplier_power_demo",
            OWN + "supplier_board_demo",
        )
        suppliers = [self.env.ref(name) for name in names]
        for supplier, lang in zip(suppliers, ("zh_CN", "zh_CN", "en_US"), strict=True):
            supplier.write({"lang": lang, "buyer_id": buyer.id})
        return suppliers

    def _load_chinese(self):
        """Our own Chinese words: the letters of the demo company are in Chinese."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(
            ["aftersales_service", "aftersales_warranty"], ["zh_CN"]
        )

    def _play_sending(self, letters, good, power, board):
        """Acknowledged, objected to and answered, waiting, on paper, draft."""
        today = fields.Date.context_today(self.company)
        own = letters.with_user(self.env.user)
        first = own.filtered(lambda row: row.partner_id == good)[:1]
        first._issue("portal")
        # Safe: the demo plays the supplier, who answers in the portal.
        first.sudo()._acknowledge(self.env.ref(OWN + "partner_supplier_demo"))
        for letter in own.filtered(lambda row: row.partner_id == power)[:1]:
            letter._issue("portal")
            # Safe: as above.
            letter.sudo()._object(power, "电源模块已于约定日期发出，物流单号可查。")
        for letter in own.filtered(lambda row: row.partner_id == board)[:1]:
            letter._issue("registered")
            letter._record_delivery(
                {"tracking_number": "XA51230088211", "delivered_on": today}
            )
        warning = own.create(
            {
                "kind": "warning",
                "partner_id": good.id,
                "lang": "zh_CN",
                "reason": "同一批次 300GB 硬盘本月三次返修超期，序列号 KD10023。",
            }
        )
        warning._issue("portal")

    def _play_notices(self, supplier):
        """One the supplier has accepted, one that waits for its answer."""
        now = fields.Datetime.now().replace(minute=0, second=0)
        machines = [self.env.ref(f"{SERVICE}asset_{n:02}_demo") for n in (7, 11)]
        notices = self.env["aftersales.supplier.notice"].create(
            [
                self._prepare_notice(supplier, machine, fault, now + timedelta(days=n))
                for machine, fault, n in zip(
                    machines,
                    (
                        "阵列中两块硬盘告警，需厂家工程师现场更换",
                        "硬盘批次固件需现场升级",
                    ),
                    (3, 6),
                    strict=True,
                )
            ]
        )
        notices._send("portal")
        day = fields.Date.context_today(self.company) + timedelta(days=2)
        contact = self.env.ref(OWN + "partner_supplier_demo")
        # Safe: as above.
        notices[0].sudo()._accept(contact, day, "工程师周工，上午到场")

    def _prepare_notice(self, supplier, machine, fault, due_at):
        machine = machine.sudo()  # Safe: the demo's own data.
        site = machine.site_id or machine.partner_id
        address = site._display_address(without_company=True)
        lines = [machine.partner_id.name, *address.splitlines()]
        contact = machine.partner_id.child_ids[:1]
        return {
            "partner_id": supplier.id,
            "product_id": machine.product_id.id,
            "serials": machine.serial,
            "fault": fault,
            "address": "\n".join(line for line in lines if line.strip()),
            "contact": f"{contact.name or ''} {contact.phone or ''}".strip() or "前台",
            "costs": "配件、人工、差旅和运费",
            "due_at": due_at,
        }

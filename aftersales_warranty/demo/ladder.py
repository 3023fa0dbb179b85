"""One supplier at each step of the ladder, with the complaints that led there."""

from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from pytz import utc

from odoo import Command, fields

from odoo.addons.aftersales_service.demo.stage import SHANGHAI

from .deposits import Deposits

ISSUE = "aftersales_service.aftersales_complaint_category_"
# (supplier, city, contact, required, first month, [(months ago, day, issue, words)])
SUPPLIERS = (
    (
        "东莞精工风扇有限公司",
        "东莞",
        "陈志强",
        20000,
        8,
        [
            (1, 4, "product_part", "风扇轴承异响，换新三周又响。"),
            (1, 11, "product_part", "到货风扇接口松动，机器报转速为零。"),
            (1, 19, "product_part", "同批风扇第二台停转，机箱过热关机。"),
        ],
    ),
    (
        "宁波海川线缆有限公司",
        "宁波",
        "周海",
        15000,
        9,
        [
            (1, 3, "service_late", "约好三天内补发线缆，一周未到。"),
            (1, 9, "service_late", "厂家工程师迟到两天，机房空等。"),
            (1, 15, "service_late", "报修线缆破损，四天无人联系。"),
            (1, 23, "service_late", "补发的线缆规格不对，再次等待。"),
        ],
    ),
    (
        "上海存力硬盘有限公司",
        "上海",
        "钱立",
        40000,
        10,
        [
            (2, 2, "product_part", "硬盘上架十天出现坏道。"),
            (2, 8, "product_part", "阵列重建时第二块硬盘掉线。"),
            (2, 14, "product_part", "替换硬盘序列号与标签不符。"),
            (2, 21, "product_part", "硬盘固件有缺陷，反复重启。"),
            (1, 5, "product_part", "同型号硬盘又报预警灯。"),
            (1, 12, "product_part", "新换硬盘读写极慢，业务卡顿。"),
            (1, 20, "product_part", "硬盘三周内第二次故障。"),
        ],
    ),
)
# One short line each for the supplier with many small matters.
MANY = ("南京讯达交换机有限公司", "南京", "孙悦", 30000, 10)
MANY_WORDS = (
    "端口指示灯不亮。",
    "说明书缺页。",
    "风扇噪音大。",
    "电源线短了一截。",
    "上架耳朵螺丝缺失。",
    "固件升级失败。",
    "外壳有划痕。",
)
MANY_ISSUES = (
    "product_part",
    "service_late",
    "delivery_late_delivery",
    "price_too_high",
)
# The supplier whose contact has a portal login: a verbal warning of last month.
KNOWN = [
    (1, 6, "service_late", "内存更换约定次日，三天后才上门。"),
    (1, 13, "service_late", "返修阵列卡逾期一周未寄回。"),
    (1, 21, "service_late", "报修后两天无人联系客户。"),
]
QUIET = ("杭州安信机柜有限公司", "杭州", "李安", 10000, 26)
LATE_WORDS = "电源模块烧毁，厂家三天未回复，机房降级运行。"


def play(company):
    Ladder(company).play()


class Ladder(Deposits):
    def play(self):
        """Warning, ultimatum, withdrawal, fund, award and a late complaint."""
        for *supplier, story in SUPPLIERS:
            partner = self._create_ladder_supplier(*supplier)
            self._create_ladder_complaints(partner, story)
        self._create_ladder_complaints(
            self._create_ladder_supplier(*MANY), self._get_many_story()
        )
        self._create_ladder_supplier(*QUIET)
        known = self._ref("supplier")
        self._create_ladder_complaints(known, KNOWN)
        self._create_late_complaint()
        self.env["aftersales.penalty.rule"]._run()
        self._decide_ladder(self.company)

    def _create_ladder_supplier(self, name, city, contact, required, months):
        partner = self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "city": city,
                "country_id": self.env.ref("base.cn").id,
                "supplier_rank": 1,
                "lang": "zh_CN" if self._has_chinese() else False,
            }
        )
        self._create_contact(partner, contact, "客服主管")
        start = date.today().replace(day=1) - relativedelta(months=months)
        deposit = self.env["aftersales.deposit"].create(
            {
                "company_id": self.env.company.id,
                "partner_id": partner.id,
                "required_amount": required,
                "date_start": start,
            }
        )
        deposit.action_start()
        receipt = self._propose_entry(deposit, "receipt", required, start, "押金到账")
        receipt.action_post()
        return partner

    def _create_contact(self, partner, name, function):
        return self.env["res.partner"].create(
            {"name": name, "parent_id": partner.id, "function": function}
        )

    def _get_many_story(self):
        """27 small matters of different kinds: the complaint fund (WA-25)."""
        story = []
        for number in range(27):
            month, issue = 9 - number // 3, MANY_ISSUES[number % len(MANY_ISSUES)]
            words = MANY_WORDS[number % len(MANY_WORDS)]
            story.append((max(month, 1), 3 + number % 3 * 8, issue, words))
        return story

    def _create_ladder_complaints(self, partner, story):
        """Confirmed, and settled on the next morning."""
        values = []
        for number, (months, day, issue, words) in enumerate(story):
            first = date.today().replace(day=1) - relativedelta(months=months)
            received = self._at(first.replace(day=day), 9 + number % 7)
            settled = received + timedelta(hours=22)
            values.append(
                self._prepare_ladder_complaint(partner, issue, words, received)
                | {
                    "state": "resolved",
                    "resolve_at": settled,
                    "answer_at": received + timedelta(hours=2),
                    "last_answer_at": received + timedelta(hours=2),
                }
            )
        return self.env["aftersales.complaint"].create(values)

    def _at(self, day, hour):
        local = SHANGHAI.localize(datetime.combine(day, time(hour, 20)))
        return local.astimezone(utc).replace(tzinfo=None)

    def _prepare_ladder_complaint(self, partner, issue, words, received):
        machine = received.day % 20 + 1
        asset = self._ref(f"asset_{machine:02d}")
        return {
            "company_id": asset.company_id.id,
            "partner_id": asset.partner_id.id,
            "asset_id": asset.id,
            "category_id": self.env.ref(f"{ISSUE}{issue}").id,
            "supplier_id": partner.id,
            "description": words,
            "finding": "已查派工单和到货记录，情况属实，责任在供应商。",
            "received_at": received,
            "confirmed_at": received + timedelta(hours=3),
        }

    def _create_late_complaint(self):
        """Nobody has settled it for three days: deduction and two fines (WA-23)."""
        partner = self._ref("supplier_power", "aftersales_warranty")
        contact = self._create_contact(partner, "王建国", "售后经理")
        received = fields.Datetime.now() - timedelta(days=3)
        values = self._prepare_ladder_complaint(
            partner, "product_part", LATE_WORDS, received.replace(microsecond=0)
        )
        self.env["aftersales.complaint"].create(
            {
                **values,
                "state": "confirmed",
                "concerned_partner_ids": [Command.set(contact.ids)],
                "concerned_technician_ids": [Command.set(self._ref("technician").ids)],
            }
        )

    def _decide_ladder(self, company):
        """The manager has decided on the older ones; the newest wait."""
        manager = self._ref("user_manager")
        penalties = self.env["aftersales.penalty"].search(
            [("company_id", "=", company.id), ("state", "=", "proposed")]
        )
        decided = penalties.filtered(lambda p: p.action in ("warning", "award"))
        decided |= penalties.filtered(lambda p: p.action == "ultimatum" and p.built_ids)
        decided.with_user(manager).action_approve("情况属实")

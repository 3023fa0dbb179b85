"""Complaints of the demo company, the way the supervisor handles them."""

from datetime import timedelta

from odoo import Command, fields

from .stage import Stage

# (days ago, hour, machine, person, issue, channel, serious, end)
COMPLAINTS = [
    (62, 9, 1, 1, "service_late", "phone", False, "resolved"),
    (55, 10, 2, 2, "product_part", "email", False, "resolved"),
    (40, 14, 2, 2, "product_part", "phone", True, "resolved"),
    (33, 9, 5, 6, "attitude_rude", "walk_in", False, "resolved"),
    (27, 15, 6, 1, "price_too_high", "letter", False, "rejected"),
    (20, 11, 8, 7, "service_unsolved", "phone", True, "answered"),
    (12, 10, 9, 5, "delivery_late_delivery", "portal", False, "resolved"),
    (6, 9, 11, 3, "service_late", "phone", False, "answered"),
    (4, 16, 12, 8, "attitude_promise", "email", False, "withdrawn"),
    (2, 10, 13, 1, "service_unsolved", "phone", False, "confirmed"),
    (1, 9, 13, 1, "service_unsolved", "email", False, "merged"),
    (1, 15, 21, 6, "service_unreachable", "web", False, "new"),
    (0, 8, 40, None, "product_defect", "phone", True, "new"),
]
COMPLAINT_WORDS = [
    "约好上午到，下午四点才来。",
    "换上的硬盘三天又坏了。",
    "同一块硬盘位第二次换盘又报错。",
    "工程师态度生硬，不听解释。",
    "认为上门费不应收取。",
    "内存换过仍蓝屏，业务停了半天。",
    "备件比承诺晚到五天。",
    "RAID 卡到货后无人联系。",
    "答应回电没有回，后来回了。",
    "硬盘重建后又掉线。",
    "同上，邮件再说一次：硬盘又掉线。",
    "热线打了六次没人接。",
    "新机器开箱就无法启动。",
]
OF_SUPPLIERS = ("product_part", "product_defect")


def play(company):
    Complaints(company).play()


class Complaints(Stage):
    def play(self):
        """A dozen complaints in all states."""
        self.company.aftersales_deputy_manager_id = self._ref("user_manager")
        known = self.env["aftersales.complaint"]
        for chapter, words in zip(COMPLAINTS, COMPLAINT_WORDS, strict=True):
            known |= self._play_complaint(known, words, *chapter)
        # What was left lying in the story is late today.
        known._sla_refresh(look_again=True)

    def _play_complaint(
        self, known, words, days, hour, machine, person, issue, channel, serious, end
    ):
        # Installed before eight in the morning, today's complaint came just now.
        received = min(self._moment(days, hour), fields.Datetime.now())
        with self._clock(received):
            complaint = known.create(
                self._prepare_complaint(machine, person, issue, received)
                | {
                    "channel": channel,
                    "seriousness": "serious" if serious else "normal",
                    "description": words,
                }
            )
        own = complaint.with_user(self._ref("user_supervisor"))
        with self._clock(received + timedelta(hours=2)):
            self._play_complaint_start(own, known, end)
        if end == "resolved":
            with self._clock(received + timedelta(hours=30)):
                self._play_complaint_end(own)
        if end == "answered":
            with self._clock(received + timedelta(hours=40)):
                self._play_complaint_delay(own)
        return complaint

    def _play_complaint_delay(self, own):
        """The solution takes longer: agreed anew with the customer (SV-12)."""
        own.action_agree(
            "resolve",
            self._moment(-2, 17),
            "备件向厂家订购，本周到货",
            own.partner_id.child_ids[:1].name or own.partner_id.name,
        )

    def _prepare_complaint(self, machine, person, issue, received):
        asset = self._ref(f"asset_{machine:02d}")
        category = f"aftersales_service.aftersales_complaint_category_{issue}"
        name = f"technician{person if person != 1 else ''}"
        people = self._ref(name).ids if person else []
        order = self.env["aftersales.order"].search(
            [("asset_id", "=", asset.id)], limit=1
        )
        return {
            "company_id": asset.company_id.id,
            "partner_id": asset.partner_id.id,
            "order_id": order.id,
            "asset_id": asset.id,
            "category_id": self.env.ref(category).id,
            "technician_ids": [Command.set(people)],
            "supplier_id": self._ref("supplier").id if issue in OF_SUPPLIERS else False,
            "received_at": received,
        }

    def _play_complaint_start(self, own, known, end):
        """The first two hours: looked into, called, answered."""
        if end == "new":
            return
        if end == "merged":
            known[-1:].with_env(own.env).action_merge(own.ids)
            return
        if end == "withdrawn":
            own.action_withdraw("客户来电撤回")
            return
        if end == "rejected":
            own.action_register_call("已解释合同条款，客户表示理解。", "call")
            own.action_reject("合同约定收取上门费，已向客户说明")
            return
        unit = own.category_id.unit_id
        own.action_confirm(
            "已查派工单和通话记录，情况属实。", not unit.is_external, unit.id
        )
        if end == "confirmed":
            return
        own.action_register_call("客户同意处理方案，希望不再发生。", "call")
        own.action_answer("非常抱歉给您带来不便，我们已安排主管跟进。", "phone")

    def settle_followups(self):
        """What the dissatisfied said was looked into, and settled."""
        complaints = self.env["aftersales.complaint"].search(
            [("company_id", "=", self.company.id), ("followup_id", "!=", False)],
            order="received_at, id",
        )
        late = self.env.ref(
            "aftersales_service.aftersales_complaint_category_service_late"
        )
        for complaint in complaints:
            complaint.category_id = late
            own = complaint.with_user(self._ref("user_supervisor"))
            with self._clock(complaint.received_at + timedelta(hours=2)):
                self._play_complaint_start(own, complaint.browse(), "resolved")
            with self._clock(complaint.received_at + timedelta(hours=26)):
                self._play_complaint_end(own)

    def _play_complaint_end(self, own):
        if own.deputy_id:
            own.with_user(own.deputy_id).action_register_call(
                "登门致歉，客户满意。", "visit"
            )
        own.write(
            {
                "cause": "派工后没有人确认到场时间。",
                "correction": "当天补派工程师，免收上门费。",
                "prevention": "调度每天 16 点核对次日到场时间。",
            }
        )
        own.action_resolve()

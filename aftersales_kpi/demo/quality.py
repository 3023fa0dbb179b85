"""Alarms, improvement requests and the handbook of the demo company (KP-08)."""

from unittest.mock import patch

from odoo import fields

from odoo.addons.aftersales_service.demo.stage import Stage

# Heads of the units; whom the letters go to.
HEADS = {
    "production": "user_manager",
    "quality": "user_manager",
    "purchasing": "user_parts",
    "logistics": "user_dispatcher",
    "service": "user_supervisor",
    "sales": "user_operator",
}
ANSWERS = [
    "与供应商核实：该批次硬盘固件有缺陷，已要求更换固件并逐台升级，责任人赵工，月底前完成。",
    "装配线增加插槽紧固检查工序，出厂前逐台震动测试，责任人钱班长，已执行。",
    "备件来料检验抽样由 2% 提高到 10%，不合格批次退回供应商。",
    "已修订安装指导书，增加内存插拔步骤图示，并对安装人员培训两次。",
]
# Symptom, cause, how it shows, what helps, how to avoid it.
HANDBOOK = [
    (
        *("raid_post", "loose_slot", "RAID 卡自检不过，重启后偶尔通过。"),
        "断电后重新插拔 RAID 卡及数据线，清洁金手指；仍不过再换卡。",
        "搬运后开机前检查板卡是否松动。",
    ),
    (
        *("no_display", "memory_failed", "加电无显示，风扇转，无报警音。"),
        "单条内存逐槽测试，找出故障内存后成对更换。",
        "巡检时查看内存纠错计数，超过 100 次提前更换。",
    ),
]


def play(company):
    Quality(company).play()


class Quality(Stage):
    QUIET = ("mail_notrack", "tracking_disable")

    def play(self):
        company = self.company
        company.aftersales_quality_manager_id = self._ref("user_manager")
        for unit, user in HEADS.items():
            self._ref_unit(unit).manager_id = self._ref(user)
        self._ref_unit("supplier").partner_id = self._ref("supplier")
        self._play_alarms(company)
        # Letters of the story are not really sent.
        requests = self.env["aftersales.improvement"]
        with patch.object(type(requests), "_mail", lambda *_args: None):
            self._play_requests(company)
        self._play_handbook(company)

    def _ref_unit(self, name):
        return self.env.ref(f"aftersales_service.aftersales_unit_{name}").with_env(
            self.env
        )

    # -- alarms -------------------------------------------------------------------

    def _play_alarms(self, company):
        """What the job would have found: months ago, and last night."""
        rules = self.env["aftersales.alarm.rule"].search([("active", "=", True)])
        for days in (180, 120, 60, 0):
            with self._clock(self._moment(days, 2)):
                facts = self.env["aftersales.score.facts"]
                today = facts._get_local_day(company, fields.Datetime.now())
                for rule in rules:
                    rule._check_company_rates(company, today)
        alarms = self.env["aftersales.alarm"].search(
            [("company_id", "=", company.id)], order="raised_on, id"
        )
        for alarm in alarms[:-1]:
            alarm.write(
                {
                    "finding": "同批硬盘背板接触不良，环境温度偏高时更易出现。",
                    "measures": "更换背板并加固；采购暂停该供应商同型号进货。",
                    "unit_id": self._ref_unit("purchasing").id,
                }
            )
            alarm.action_close()

    # -- improvement requests -------------------------------------------------------

    def _play_requests(self, company):
        """Three months: the first two answered, of the last some are overdue."""
        requests = self.env["aftersales.improvement"]
        today = fields.Date.to_date(self._moment(0, 12))
        for back in (3, 2, 1):
            month = fields.Date.start_of(
                fields.Date.subtract(today, months=back), "month"
            )
            sent = self._at(fields.Date.add(month, months=1))
            with self._clock(sent):
                for _company, _month, unit in requests._get_missing([(company, month)]):
                    requests._make(company, month, unit)
        self._play_answers(requests.search([("company_id", "=", company.id)]))

    def _at(self, day):
        """Eight in the morning of a day, in Hangzhou."""
        return fields.Datetime.to_datetime(day)

    def _play_answers(self, requests):
        requests = requests.with_user(self._ref("user_manager"))
        months = sorted(set(requests.mapped("month")))
        sent = requests.filtered(lambda request: request.state == "sent")
        for number, request in enumerate(sent.sorted(lambda r: (r.month, r.id))):
            latest = request.month == months[-1]
            if latest and number % 2:
                continue
            with self._clock(self._at(fields.Date.subtract(request.due_on, days=3))):
                request.action_answer(ANSWERS[number % len(ANSWERS)])
                if not latest:
                    request.action_accept()
        overdue = requests.filtered(lambda r: r.is_overdue)
        overdue.sudo().write(  # Safe: demo data.
            {"remind_count": 1, "reminded_on": fields.Date.context_today(self.company)}
        )

    # -- handbook --------------------------------------------------------------------

    def _play_handbook(self, company):
        ref = self.env.ref
        entries = self.env["aftersales.handbook"].create(
            [
                {
                    "name": problem.split("，")[0],
                    "company_id": company.id,
                    "symptom_id": ref(f"aftersales_service.aftersales_symptom_{s}").id,
                    "cause_id": ref(f"aftersales_service.aftersales_cause_{c}").id,
                    "problem": problem,
                    "remedy": remedy,
                    "avoid": avoid,
                    "source": "整改通知",
                }
                for s, c, problem, remedy, avoid in HANDBOOK
            ]
        )
        entries[:1].action_publish()

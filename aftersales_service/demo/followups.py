"""The customers of the forty orders are asked, and their files are kept."""

from datetime import timedelta

from .complaints import Complaints
from .stage import Stage

PRAISE = "师傅技术好，态度也好，讲解清楚。"
# What the customers say in turn: marks, opinion and words.
ANSWERS = [
    ("4444", "very_satisfied", {"praise": PRAISE}),
    ("4434", "satisfied", {}),
    ("4443", "very_satisfied", {}),
    ("3333", "satisfied", {"suggestion": "希望上门前先打电话。"}),
    ("4444", "very_satisfied", {"praise": "到得很快，当天就修好了。"}),
    ("3222", "fair", {"suggestion": "备件等了两天，希望备件再充足一些。"}),
    ("4333", "satisfied", {}),
    (
        "2311",
        "dissatisfied",
        {"complaint_text": "约好上午到，下午四点才来，也没有人打电话说明。"},
    ),
    ("4444", "very_satisfied", {}),
    ("3434", "satisfied", {}),
]
WISHES = [
    "上门前一天电话确认，机房需登记身份证。",
    "周末不安排上门。",
    "备件更换后留旧件。",
]
VIPS = 3
DUE = 2


def play(company):
    followups = Followups(company)
    followups.keep_files()
    followups.play()
    Complaints(company).settle_followups()


class Followups(Stage):
    def play(self):
        """The demo orders are asked: answers, silence, refusals, open questions."""
        company = self.company
        self._set_followup_callers(company)
        self._plan_demo_followups(company)
        today = self.env["aftersales.followup"]._get_local_day(company)
        number = 0
        while followup := self._get_next_followup(company, today):
            self._play_followup(followup, number)
            number += 1
        self._play_question(company)

    def _set_followup_callers(self, company):
        """The operators call, the dispatcher stands in."""
        operator = self._ref("user_operator")
        dispatcher = self._ref("user_dispatcher")
        teams = self.env["aftersales.team"].search([("company_id", "=", company.id)])
        for team in teams:
            team.followup_user_ids = team.user_ids & operator
            team.followup_stand_in_id = team.user_ids & dispatcher

    def _plan_demo_followups(self, company):
        """As the orders would have got them, had the callers been known then."""
        followups = self.env["aftersales.followup"]
        planned = followups.search([("company_id", "=", company.id)])
        for followup in planned:
            followup.write(
                {
                    "call_on": followup.planned_on,
                    "link_state": "none",
                    "agent_id": followup.team_id._get_followup_agents()[:1].id,
                }
            )

    def _get_next_followup(self, company, today):
        return self.env["aftersales.followup"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "planned"),
                ("planned_on", "<", today - timedelta(days=3)),
                ("next_try_at", "=", False),
            ],
            order="planned_on, id",
            limit=1,
        )

    def _play_followup(self, followup, number):
        followup = followup.with_user(followup.agent_id or self.env.user)
        days = (self._moment(0, 0).date() - followup.planned_on).days
        with self._clock(self._moment(days, 9 + number % 8)):
            if number % 13 == 6:
                for _try in range(followup.company_id.aftersales_followup_tries):
                    followup.action_not_reached()
            elif number % 29 == 21:
                followup.action_refuse("客户表示不需要回访")
            elif followup.kind == "regular":
                followup.action_answer({"note": "设备运行正常。"})
            else:
                followup.action_answer(self._prepare_demo_answer(number))

    def _play_question(self, company):
        """Asked yesterday, to be decided by tomorrow."""
        followup = self.env["aftersales.followup"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "planned"),
                ("kind", "=", "card"),
                ("agent_id", "!=", False),
            ],
            order="planned_on, id",
            limit=1,
        )
        if not followup:
            return
        with self._clock(self._moment(1, 10)):
            followup.with_user(followup.agent_id).action_answer(
                {
                    **self._prepare_demo_answer(0),
                    "question": "这台服务器过保后续保怎么收费？",
                }
            )

    def _prepare_demo_answer(self, number):
        marks, overall, words = ANSWERS[number % len(ANSWERS)]
        names = ("attitude", "skill", "punctuality", "promises")
        return {"overall": overall, **dict(zip(names, marks, strict=True)), **words}

    def keep_files(self):
        """The files of the customers are made, but for those served last (SV-83)."""
        partners = self.env["res.partner"]
        customers = partners.search(partners._aftersales_file_due_domain())
        customers = customers.sorted("aftersales_file_due_on")
        customers[:VIPS].aftersales_vip = True
        for number, customer in enumerate(customers[:-DUE]):
            customer.write(
                {
                    "aftersales_service_months": (3, 6, 12)[number % 3],
                    "aftersales_next_service_on": self._moment(-10 * number - 5, 9),
                    "aftersales_wishes": WISHES[number % len(WISHES)],
                }
            )
            customer.action_aftersales_confirm_file()
            customer.aftersales_file_created_on = customer.aftersales_file_due_on
        for number, customer in enumerate(customers[-DUE:]):
            due = self._moment(-number, 9).date()
            customer.aftersales_file_due_on = due
            customer.activity_ids.filtered("automated").date_deadline = due

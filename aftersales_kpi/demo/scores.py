"""Scores of the last half year: the old months closed, last month checked."""

from odoo import fields

from odoo.addons.aftersales_service.demo.stage import Stage

# Months with score sheets; the older ones are closed, last month's are checked.
SHEETS = 6
OBJECTION = "客户当天改约到下午，已电话确认，不是迟到。"
EXCUSED = "路况和备件到货原因，不扣分。"
REJECTED = "通话记录显示改约是我方提出的，扣分维持。"
# Months back, technician, kind, evidence.
INCIDENTS = [
    (1, 1, "incomplete_report", "报告缺少更换部件的序列号, 补写后归档。"),
    (1, 2, "hotline_missed", "晚间热线 20:15 无人接听, 客户改打主管电话。"),
    (0, 1, "dispatch_refused", "未按派工单先去一级故障客户处。"),
]


def play(company):
    Scores(company).play()


class Scores(Stage):
    QUIET = ("tracking_disable",)

    def play(self):
        company = self.company
        technicians = self.env["aftersales.technician"].search(
            [("company_id", "=", company.id)], order="id"
        )
        facts = self.env["aftersales.score.facts"]
        today = facts._get_local_day(company, fields.Datetime.now())
        months = [
            fields.Date.start_of(fields.Date.subtract(today, months=n), "month")
            for n in range(SHEETS)
        ]
        self._set_bonus_accounts(company)
        self._record_incidents(technicians, months)
        sheets = self.env["aftersales.score.sheet"]
        for month in reversed(months):
            sheets |= sheets._compute_month(company, month, technicians)
        self._play_objections(sheets.filtered(lambda s: s.month == months[1]))
        self._close_sheets(sheets.filtered(lambda s: s.month < months[1]))

    def _set_bonus_accounts(self, company):
        """So that the bonus of a closed month can be accrued (KP-02)."""
        accounts = self.env["account.account"].search(
            [("company_ids", "in", company.ids)], order="code"
        )
        by_type = accounts.grouped("account_type")
        wages = accounts.filtered(lambda account: account.code == "221100")
        journal = self.env["account.journal"].search(
            [("company_id", "=", company.id), ("type", "=", "general")], limit=1
        )
        company.write(
            {
                "aftersales_bonus_journal_id": journal.id,
                "aftersales_bonus_expense_id": accounts.filtered(
                    lambda account: account.code == "560100"
                ).id
                or by_type["expense"][:1].id,
                "aftersales_bonus_payable_id": wages.id
                or by_type["liability_current"][:1].id,
            }
        )

    def _play_objections(self, sheets):
        """One waits for the supervisor, one was decided."""
        lines = sheets.line_ids.filtered(
            lambda line: line.rule_points < 0 and not line.origin_id
        ).sorted("id")
        supervisor = self._ref("user_supervisor")
        found = lines.filtered(lambda line: line.technician_id.user_id)[:1]
        others = (lines - found).filtered(lambda line: line.approval_state == "none")
        found |= others[:1]
        found.write(
            {
                "objection": OBJECTION,
                "objection_state": "open",
                "objected_at": fields.Datetime.now(),
            }
        )
        found[1:].write(
            {
                "objection_state": "rejected",
                "decision": REJECTED,
                "decided_by_id": supervisor.id,
                "decided_at": fields.Datetime.now(),
            }
        )
        found._refresh()

    def _close_sheets(self, sheets):
        """As the supervisor and the manager did it at the time."""
        lines = sheets.line_ids.filtered(lambda line: line.approval_state == "pending")
        approvals = self.env["aftersales.approval"].search(
            [("score_line_id", "in", lines.ids), ("state", "=", "pending")]
        )
        queue = approvals.with_user(self._ref("user_manager"))
        agreed = queue.filtered(lambda approval: approval.id % 4 == 0)
        agreed.action_approve()
        (queue - agreed).action_reject(EXCUSED)
        sheets.with_user(self._ref("user_supervisor"))._transition("check")
        # Safe: invented sheets, closed as the manager would.
        sheets.with_user(self._ref("user_manager")).sudo()._do_close()

    def _record_incidents(self, technicians, months):
        self.env["aftersales.score.incident"].create(
            [
                {
                    "technician_id": technicians[number].id,
                    "kind": kind,
                    "date": months[back],
                    "description": text,
                }
                for back, number, kind, text in INCIDENTS
            ]
        )

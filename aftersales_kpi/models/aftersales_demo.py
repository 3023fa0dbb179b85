from odoo import api, fields, models

from .aftersales_history_cast import PARTS

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


class AftersalesDemo(models.AbstractModel):
    """The demo company's history, and scores of its last half year."""

    _inherit = "aftersales.demo"

    @api.model
    def _play_history(self, company):
        """Three years up to the day before the story of the forty orders (KP-12)."""
        company = company[:1]
        today = self.env["aftersales.score.facts"]._get_local_day(
            company, fields.Datetime.now()
        )
        yesterday = fields.Date.subtract(today, days=1)
        self._set_costs(company)
        self.env["aftersales.history"]._generate(company, yesterday, 36, 12000)

    @api.model
    def _set_costs(self, company):
        """Data files know the cost of parts for the main company only."""
        for name in (*PARTS, "labour", "travel"):
            product = self._ref(f"product_{name}").with_company(company)
            share = 0.55 if name in ("labour", "travel") else 0.6
            if not product.standard_price:
                product.standard_price = round(product.list_price * share, 2)

    @api.model
    def _play_scores(self, company):
        company = company[:1]
        demo = self.with_company(company).with_context(tracking_disable=True)
        technicians = demo.env["aftersales.technician"].search(
            [("company_id", "=", company.id)], order="id"
        )
        facts = demo.env["aftersales.score.facts"]
        today = facts._get_local_day(company, fields.Datetime.now())
        months = [
            fields.Date.start_of(fields.Date.subtract(today, months=n), "month")
            for n in range(SHEETS)
        ]
        demo._set_bonus_accounts(company)
        demo._record_incidents(technicians, months)
        sheets = demo.env["aftersales.score.sheet"]
        for month in reversed(months):
            sheets |= sheets._compute_month(company, month, technicians)
        demo._play_objections(sheets.filtered(lambda s: s.month == months[1]))
        demo._close_sheets(sheets.filtered(lambda s: s.month < months[1]))

    @api.model
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

    @api.model
    def _play_figures(self, company):
        """Figures of all months, plans of a year; only two months are still open."""
        company = company[:1]
        demo = self.with_company(company).with_context(tracking_disable=True)
        facts = demo.env["aftersales.kpi.facts"]
        first = demo.env["aftersales.order"].search(
            [("company_id", "=", company.id)], order="called_at", limit=1
        )
        last = facts._get_today(company).replace(day=1)
        months = [first.called_at.date().replace(day=1)]
        while months[-1] < last:
            months.append(fields.Date.add(months[-1], months=1))
        periods = demo.env["aftersales.kpi.period"]
        for month in months:
            periods |= periods._get_or_create(company, month)
            periods[-1]._compute_all()
        demo._plan_months(company, months[-13:])
        periods[:-2]._transition("close")

    def _plan_months(self, company, months):
        """A plan near what was done, so that all lights are seen."""
        teams = self.env["aftersales.team"].search([("company_id", "=", company.id)])
        plans = self.env["aftersales.kpi.plan"].create(
            [{"team_id": team.id, "month": month} for team in teams for month in months]
        )
        for number, plan in enumerate(plans):
            factor = (1.0, 1.06, 1.4)[number % 3]
            plan.orders_plan = round((plan.orders_actual or 8) * factor)
            plan.revenue_plan = round((plan.revenue_actual or 6000) * factor, -2)

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

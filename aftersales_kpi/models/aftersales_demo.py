from odoo import api, fields, models

from .aftersales_history_cast import PARTS

# Months back, technician, kind, evidence.
INCIDENTS = [
    (1, 1, "incomplete_report", "报告缺少更换部件的序列号, 补写后归档。"),
    (1, 2, "hotline_missed", "晚间热线 20:15 无人接听, 客户改打主管电话。"),
    (0, 1, "dispatch_refused", "未按派工单先去一级故障客户处。"),
]


class AftersalesDemo(models.AbstractModel):
    """The demo company's history, and scores of its last two months."""

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
            for n in (0, 1)
        ]
        demo._record_incidents(technicians, months)
        sheets = demo.env["aftersales.score.sheet"]
        for month in reversed(months):
            sheets._compute_month(company, month, technicians)
        # pylint: disable-next=no-search-all
        demo.env["aftersales.score.dirty"].search([]).unlink()

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

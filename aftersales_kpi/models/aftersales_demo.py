from odoo import api, fields, models

# Months back, technician, kind, evidence.
INCIDENTS = [
    (1, 1, "incomplete_report", "报告缺少更换部件的序列号, 补写后归档。"),
    (1, 2, "hotline_missed", "晚间热线 20:15 无人接听, 客户改打主管电话。"),
    (0, 1, "dispatch_refused", "未按派工单先去一级故障客户处。"),
]


class AftersalesDemo(models.AbstractModel):
    """Scores of the demo company's last two months."""

    _inherit = "aftersales.demo"

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

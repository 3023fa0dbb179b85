from odoo import http
from odoo.http import content_disposition, request


class ScoreController(http.Controller):
    @http.route("/aftersales/scores.xlsx", type="http", auth="user", readonly=True)
    def scores(self, ids="", **_other):
        """Score, bonus and fine list; whoever may read the sheets, no attachment."""
        numbers = [int(n) for n in ids.split(",")[:5000] if n.isdecimal()][:5000]
        numbers = [number for number in numbers if number < 2**31]
        sheets = request.env["aftersales.score.sheet"].search([("id", "in", numbers)])
        if not sheets:
            raise request.not_found()
        content = request.env["report.aftersales_kpi.report_score_list"]._make_workbook(
            sheets
        )
        mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return request.make_response(
            content,
            [
                ("Content-Type", mime),
                ("Content-Disposition", content_disposition("scores.xlsx")),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

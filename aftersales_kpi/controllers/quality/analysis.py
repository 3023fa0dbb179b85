import json

from odoo import http
from odoo.http import content_disposition, request

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MODELS = {"pareto": "aftersales.pareto", "age": "aftersales.failure.curve"}


class AnalysisController(http.Controller):
    @http.route(
        "/aftersales/analysis/<string:name>.xlsx",
        type="http",
        auth="user",
        readonly=True,
    )
    def workbook(self, name, options="", **_other):
        """Pareto and failures by age, as the reader sees them; no attachment."""
        if name not in MODELS:
            raise request.not_found()
        try:
            options = json.loads(options or "{}")
        except ValueError as error:
            raise request.not_found() from error
        request.env["aftersales.fault.report"].check_access("read")
        content = request.env[MODELS[name]]._make_workbook(options)
        return request.make_response(
            content,
            [
                ("Content-Type", MIME),
                ("Content-Disposition", content_disposition(f"{name}.xlsx")),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

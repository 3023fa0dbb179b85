from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import format_date


class ReportPareto(models.AbstractModel):
    """The Pareto on paper: whatever the reader sees on the screen, as he sees it."""

    _name = "report.aftersales_kpi.report_pareto"
    _description = "Pareto on Paper"
    _inherit = ["aftersales.paper.mixin"]

    @api.model
    def _get_report_values(self, docids, data=None):
        if not self.env.user.has_group(self._paper_group):
            raise AccessError(
                self.env._("Only the service department prints this paper.")
            )
        pareto = self.env["aftersales.pareto"]
        options = pareto._read_options((data or {}).get("pareto"))
        company = self.env.company
        paper = self._prepare_paper(company, {})
        result = pareto.get_pareto(options)
        return {
            "papers": [
                {
                    **paper,
                    **result,
                    "title": pareto._get_title(options),
                    "headers": pareto._get_headers(),
                    "dimension": dict(result["dimensions"])[options["dimension"]],
                    "number": " – ".join(
                        format_date(self.env, options[name])
                        for name in ("date_from", "date_to")
                    ),
                    "barcode": False,
                    "team": self.env["aftersales.team"].browse(options["team_id"]),
                    "product": self.env["product.product"].browse(
                        options["product_id"]
                    ),
                }
            ],
            "report_type": (data or {}).get("report_type", "html"),
        }

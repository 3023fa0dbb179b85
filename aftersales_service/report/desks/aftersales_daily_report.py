from odoo import api, models


class ReportDaily(models.AbstractModel):
    """Daily report: a page for each technician, or for each service point (SV-25)."""

    _name = "report.aftersales_service.report_daily"
    _description = "Daily Report"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.daily.report.wizard"

    @api.model
    def _get_paper_tz(self, doc):
        return doc.company_id._aftersales_zone().zone

    @api.model
    def _prepare_papers(self, doc, data):
        # As the user: a wizard must not widen what its user may read.
        wizard = self.env[self._paper_model].browse(doc.id)
        paper = self._prepare_paper(wizard, data)
        paper.update(number=False, barcode=False)
        sheets = paper["doc"]._get_sheets()
        if wizard.kind == "technician":
            return [{**paper, "sheet": sheet} for sheet in sheets]
        teams = self.env["aftersales.team"].browse()
        for sheet in sheets:
            teams |= sheet["technician"].team_id
        return [
            {
                **paper,
                "team": team,
                **self._prepare_team(
                    [s for s in sheets if s["technician"].team_id == team]
                ),
            }
            for team in [*teams.sorted("name"), teams.browse()]
            if any(s["technician"].team_id == team for s in sheets)
        ]

    @api.model
    def _prepare_team(self, sheets):
        visits = self.env["aftersales.visit"].browse()
        orders = self.env["aftersales.order"].browse()
        hours = {}
        for sheet in sheets:
            visits |= sheet["visits"]
            orders |= sheet["orders"]
            for category, amount in sheet["hours"].items():
                hours[category] = hours.get(category, 0.0) + amount
        return {
            "sheets": sheets,
            "visits": visits.sorted("planned_start"),
            "orders": orders,
            "hours": hours,
            "total": sum(hours.values()),
        }

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        worklogs = self.env["aftersales.worklog"].with_context(lang=paper["lang"])
        selection = worklogs._fields["category"]._description_selection(worklogs.env)
        return {**paper, "categories": selection}

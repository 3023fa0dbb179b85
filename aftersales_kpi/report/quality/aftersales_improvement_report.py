from odoo import api, models


class ReportImprovement(models.AbstractModel):
    """Improvement request on paper, in the language of the head of the unit."""

    _name = "report.aftersales_kpi.report_improvement"
    _description = "Improvement Request"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.improvement"

    @api.model
    def _get_paper_lang(self, doc):
        head = doc.unit_id.manager_id.lang or doc.unit_id.partner_id.lang
        return head or super()._get_paper_lang(doc)

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        kinds = paper["doc"].line_ids.grouped("kind")
        return {
            **paper,
            "barcode": False,
            "kinds": [
                (label, kinds[kind])
                for kind, label in paper["doc"]
                .line_ids._fields["kind"]
                ._description_selection(paper["doc"].env)
                if kind in kinds
            ],
        }

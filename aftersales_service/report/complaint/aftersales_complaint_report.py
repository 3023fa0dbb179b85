from odoo import api, models
from odoo.exceptions import UserError


class ReportComplaint(models.AbstractModel):
    """Complaint form: what was said, found, answered and done (SV-60, SV-61)."""

    _name = "report.aftersales_service.report_complaint"
    _description = "Complaint Form"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.complaint"

    @api.model
    def _get_paper_lang(self, doc):
        return doc.partner_id.lang or super()._get_paper_lang(doc)

    @api.model
    def _get_paper_tz(self, doc):
        return (
            doc.partner_id.tz
            or doc.team_id.resource_calendar_id.tz
            or super()._get_paper_tz(doc)
        )

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        return {
            **paper,
            "customer_address": self._get_address(paper["doc"].partner_id),
        }


class ReportComplaintAnswer(models.AbstractModel):
    """Letter with the answer; nothing of the investigation is in it (SV-61)."""

    _name = "report.aftersales_service.report_complaint_answer"
    _description = "Answer to a Complaint"
    _inherit = ["report.aftersales_service.report_complaint"]

    _paper_group = "aftersales_service.aftersales_service_group_operator"

    @api.model
    def _get_paper_documents(self, docids):
        docs = super()._get_paper_documents(docids)
        if waiting := docs.filtered(lambda complaint: not complaint.answer_text):
            raise UserError(
                self.env._(
                    "%(names)s has no answer yet: answer the customer first.",
                    names=", ".join(waiting[:5].mapped("name")),
                )
            )
        return docs


class ReportComplaintAnalysis(models.AbstractModel):
    """The complaints of a month with the measures proposed (SV-62)."""

    _name = "report.aftersales_service.report_complaint_analysis"
    _description = "Monthly Complaint Analysis"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.complaint.analysis"
    _paper_group = "aftersales_service.aftersales_service_group_supervisor"

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        return {
            **paper,
            "number": paper["doc"].display_name,
            "barcode": False,
            "figures": paper["doc"]._get_figures(),
        }

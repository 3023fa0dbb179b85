from odoo import api, models


class ReportSupplierClaim(models.AbstractModel):
    """Supplier claim: what failed, what it cost, what is asked for (WA-20)."""

    _name = "report.aftersales_warranty.report_supplier_claim"
    _description = "Supplier Claim"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.supplier.claim"

    @api.model
    def _get_paper_lang(self, doc):
        return doc.partner_id.lang or super()._get_paper_lang(doc)

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        return {
            **paper,
            "partner_address": self._get_address(doc.partner_id),
            "lines": doc.line_ids.filtered("amount"),
        }

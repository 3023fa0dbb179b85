from odoo import api, models

from odoo.addons.aftersales_service.tools.records import labels


class ReportLetter(models.AbstractModel):
    """A letter to a supplier, in its language, with a receipt to sign (WA-29)."""

    _name = "report.aftersales_warranty.report_letter"
    _description = "Letter to a Supplier"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.letter"

    @api.model
    def _get_paper_lang(self, doc):
        return doc.lang or super()._get_paper_lang(doc)

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        issued = doc.name != "/"
        return {
            **paper,
            "title": labels(doc, "kind")[doc.kind],
            "number": doc.name if issued else "",
            "barcode": issued and self._barcode_uri(doc.name),
            "partner_address": self._get_address(doc.partner_id),
            "portal": f"{doc.get_base_url()}/my/supplier/letters/{doc.id}",
        }

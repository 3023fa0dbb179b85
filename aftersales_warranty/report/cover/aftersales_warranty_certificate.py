from odoo import api, models


class ReportCertificate(models.AbstractModel):
    """Warranty certificate in the customer's language, with a QR code (WA-02)."""

    _name = "report.aftersales_warranty.report_certificate"
    _description = "Warranty Certificate"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.warranty"

    @api.model
    def _get_paper_documents(self, docids):
        docs = super()._get_paper_documents(docids)
        docs._check_certificates()
        return docs

    @api.model
    def _get_paper_lang(self, doc):
        return doc.partner_id.lang or super()._get_paper_lang(doc)

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        link = doc._get_certificate_url()
        return {
            **paper,
            "number": doc.name,
            "barcode": self._barcode_uri(doc.name),
            "values": doc._get_certificate_values(),
            "link": link,
            "qr": self._qr_uri(link),
        }

from odoo import api, models


class ReportReturn(models.AbstractModel):
    """Return slip: goes into the parcel, tells the customer what he gets (WA-11)."""

    _name = "report.aftersales_warranty.report_return"
    _description = "Return Slip"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.return"

    @api.model
    def _get_paper_lang(self, doc):
        return doc.partner_id.lang or super()._get_paper_lang(doc)

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        warehouse = doc._get_warehouse()
        place = warehouse.partner_id or doc.company_id.partner_id
        return {
            **paper,
            "values": doc._get_portal_values(),
            "to_name": place.display_name,
            "to_address": self._get_address(place),
            "partner_address": self._get_address(doc.partner_id),
        }

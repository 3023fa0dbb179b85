from odoo import api, models


class ReportFollowupCard(models.AbstractModel):
    """Follow-up card on paper, with the customer's link as a code to scan (SV-81)."""

    _name = "report.aftersales_service.report_followup_card"
    _description = "Follow-up Card"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.followup"
    # The card carries the customer's link: not for the technician it is about.
    _paper_group = "aftersales_service.aftersales_service_group_operator"

    @api.model
    def _get_paper_lang(self, doc):
        return doc.partner_id.lang or super()._get_paper_lang(doc)

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        number = doc.order_id.name or doc.display_name
        link = doc._get_link_url() if doc._get_link_page() == "card" else False
        return {
            **paper,
            "number": number,
            "barcode": self._barcode_uri(number),
            "qr": link and self._qr_uri(link),
            "marks": [
                (name, doc._fields[name]._description_string(doc.env))
                for name in ("attitude", "skill", "punctuality", "promises")
            ],
            "mark_labels": doc._fields["attitude"]._description_selection(doc.env),
            "opinions": doc._fields["overall"]._description_selection(doc.env),
        }

from odoo import api, models
from odoo.tools import format_amount


class ReportFeeClose(models.AbstractModel):
    """Close of a day or month, as it was frozen (SV-54)."""

    _name = "report.aftersales_service.report_fee_close"
    _description = "Close of Service Fees"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.fee.close"
    _paper_group = "aftersales_service.aftersales_service_group_accountant"

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        tie = self.env["aftersales.fee.tie_out"].with_context(lang=paper["lang"])
        collection = self.env["aftersales.collection"].with_context(lang=paper["lang"])
        methods = collection._fields["method"]._description_selection(collection.env)
        currency = doc.currency_id
        return {
            **paper,
            "figures": doc.figures,
            "labels": tie._get_labels(),
            "methods": dict(methods),
            "barcode": False,
            "money": lambda amount: format_amount(
                doc.env, amount, currency, lang_code=paper["lang"]
            ),
        }


class ReportCollection(models.AbstractModel):
    """Receipt for the customer: what was taken, by whom, for what (SV-52)."""

    _name = "report.aftersales_service.report_collection"
    _description = "Receipt"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.collection"

    @api.model
    def _get_paper_lang(self, doc):
        return doc.partner_id.lang or super()._get_paper_lang(doc)


class ReportHandover(models.AbstractModel):
    """Slip of a handover: what was taken, what was counted, both names (SV-52)."""

    _name = "report.aftersales_service.report_handover"
    _description = "Handover Slip"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.handover"

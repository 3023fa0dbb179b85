from odoo import api, fields, models


class ReportDepositStatement(models.AbstractModel):
    """Deposit statement of a supplier for a period, from posted items (WA-29)."""

    _name = "report.aftersales_warranty.report_deposit_statement"
    _description = "Deposit Statement"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.deposit"

    @api.model
    def _get_report_values(self, docids, data=None):
        data = data or {}
        chosen = [data["deposit_id"]] if data.get("deposit_id") else []
        return super()._get_report_values(docids or chosen, data)

    @api.model
    def _get_paper_lang(self, doc):
        return doc.partner_id.lang or super()._get_paper_lang(doc)

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        today = doc.company_id._aftersales_today()
        start = fields.Date.to_date(data.get("date_from"))
        start = start or fields.Date.start_of(today, "year")
        end = fields.Date.to_date(data.get("date_to")) or today
        return {
            **paper,
            "partner_address": self._get_address(doc.partner_id),
            "statement": doc._get_statement(start, end),
        }

from odoo import api, models
from odoo.tools import html2plaintext

COPIES = ("company", "customer", "archive")


class ReportAftersalesOrder(models.AbstractModel):
    """Common to the papers of a service order: customer's language and clock."""

    _name = "aftersales.order.paper.mixin"
    _description = "After-sales: paper of a service order"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.order"

    @api.model
    def _get_paper_lang(self, doc):
        return doc.partner_id.lang or super()._get_paper_lang(doc)

    @api.model
    def _get_paper_tz(self, doc):
        """Clock of the place of the machine, else of the service point."""
        return (
            doc.site_id.tz
            or doc.partner_id.tz
            or doc.team_id.resource_calendar_id.tz
            or super()._get_paper_tz(doc)
        )

    @api.model
    def _get_paper_copies(self):
        """Which copies the paper has; only the customer's leaves the house."""
        return ("customer",)

    @api.model
    def _get_paper_documents(self, docids):
        docs = super()._get_paper_documents(docids)
        if "customer" in self._get_paper_copies():
            # The customer reads no price that waits for the manager.
            docs._check_approved()
        return docs

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        lines = doc.line_ids
        customer_lines = lines.filtered(lambda line: line._is_charged())
        return {
            **paper,
            "copies": self._get_paper_copies(),
            "signature": self._image_uri(doc.signature),
            "note": html2plaintext(doc.note or "").strip(),
            "lines": lines,
            "has_discount": any(
                line._get_charged_discount() for line in customer_lines
            ),
            "has_tax": bool(customer_lines.tax_ids),
            "hours": self._get_labour_hours(doc),
            "precision": doc.currency_id.decimal_places,
            "site_address": self._get_address(doc.site_id),
        }

    @api.model
    def _get_labour_hours(self, doc):
        """Hours of work from the work logs, else from the labour lines."""
        logged = doc.worklog_ids.filtered(lambda log: log.category == "work")
        if logged:
            return sum(logged.mapped("hours"))
        hour = self.env.ref("uom.product_uom_hour")
        return sum(
            line.uom_id._compute_quantity(line.quantity, hour)
            for line in doc.line_ids
            if line.kind == "labour" and line.uom_id._has_common_reference(hour)
        )


class ReportVoucher(models.AbstractModel):
    _name = "report.aftersales_service.report_voucher"
    _description = "Service Voucher: customer's copy"
    _inherit = ["aftersales.order.paper.mixin"]


class ReportVoucherCopies(models.AbstractModel):
    _name = "report.aftersales_service.report_voucher_copies"
    _description = "Service Voucher: three copies"
    _inherit = ["aftersales.order.paper.mixin"]

    @api.model
    def _get_paper_copies(self):
        return COPIES


class ReportVoucherArchive(models.AbstractModel):
    _name = "report.aftersales_service.report_voucher_archive"
    _description = "Service Voucher: archive copy"
    _inherit = ["aftersales.order.paper.mixin"]

    @api.model
    def _get_paper_copies(self):
        return ("archive",)


class ReportQuotation(models.AbstractModel):
    _name = "report.aftersales_service.report_quotation"
    _description = "Service Quotation"
    _inherit = ["aftersales.order.paper.mixin"]

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        signature = self._image_uri(paper["doc"].quote_signature)
        return {**paper, "quote_signature": signature}

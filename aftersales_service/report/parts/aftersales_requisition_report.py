from odoo import api, models
from odoo.exceptions import UserError


class ReportRequisition(models.AbstractModel):
    """Parts requisition: asked for, approved, given out, received (SV-40)."""

    _name = "report.aftersales_service.report_requisition"
    _description = "Parts Requisition"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "aftersales.requisition"

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        return {
            **paper,
            "lines": [self._prepare_line(doc, line) for line in doc.line_ids],
            "site_address": self._get_address(doc.order_id.site_id),
        }

    @api.model
    def _prepare_line(self, requisition, line):
        """A part, as many as leave the shelf, with the numbers reserved or taken."""
        kind = "transfer" if requisition.method == "van" else "issue"
        moves = line.move_ids.filtered(
            lambda move: move.state != "cancel" and move.aftersales_kind == kind
        )
        lots = moves.move_line_ids.lot_id or line.lot_id
        return {
            "line": line,
            "product": line.product_id,
            "quantity": sum(moves.mapped("product_uom_qty")) or line.quantity,
            "uom": moves.product_uom[:1] or line.uom_id,
            "lots": ", ".join(lots.mapped("name")),
        }


class ReportGatePass(models.AbstractModel):
    """Gate pass: what leaves the house, with whom and where to (SV-42)."""

    _name = "report.aftersales_service.report_gate_pass"
    _description = "Gate Pass"
    _inherit = ["report.aftersales_service.report_requisition"]

    @api.model
    def _get_paper_documents(self, docids):
        docs = super()._get_paper_documents(docids)
        if waiting := docs.filtered(lambda requisition: not requisition.gate_pass):
            raise UserError(
                self.env._(
                    "%(names)s has no gate pass yet: it gets its number when the "
                    "parts are issued.",
                    names=", ".join(waiting[:5].mapped("name")),
                )
            )
        return docs

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        number = doc.gate_pass
        return {**paper, "number": number, "barcode": self._barcode_uri(number)}

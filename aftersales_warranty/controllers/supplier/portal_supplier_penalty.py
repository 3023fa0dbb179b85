from odoo import http
from odoo.http import request

from .portal_supplier import AftersalesSupplierPortal

MODEL = "aftersales.penalty"
# What was decided: proposals stay inside, and what was taken back is told.
SHOWN_PENALTIES = [
    "|",
    ("state", "=", "approved"),
    "&",
    ("state", "in", ("exempted", "revoked")),
    ("letter_ids.issued_on", "!=", False),
]


class AftersalesSupplierPenaltyPortal(AftersalesSupplierPortal):
    """Penalties of the supplier, each with its letter to answer (WA-29)."""

    def _get_supplier_counters(self):
        return {
            **super()._get_supplier_counters(),
            "supplier_penalty_count": (MODEL, SHOWN_PENALTIES, "partner_id"),
        }

    @http.route(
        ["/my/supplier/penalties", "/my/supplier/penalties/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_penalties(self, page=1, **kwargs):
        return self._render_supplier_list(
            "aftersales_warranty.portal_supplier_penalties",
            "/my/supplier/penalties",
            *self._get_supplier_records(MODEL, SHOWN_PENALTIES),
            page,
            page_name="supplier_penalty",
        )

    @http.route(
        ["/my/supplier/penalties/<int:penalty_id>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_penalty(self, penalty_id, message=None, **kwargs):
        penalty = self._find_supplier_record(MODEL, penalty_id, SHOWN_PENALTIES)
        if not penalty:
            return request.redirect("/my")
        return self._render_supplier_page(
            "aftersales_warranty.portal_supplier_penalty",
            message,
            supplier_penalty=penalty._get_supplier_values(),
            page_name="supplier_penalty",
        )

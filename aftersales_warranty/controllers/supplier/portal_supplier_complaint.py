from odoo import SUPERUSER_ID, http
from odoo.http import request

from ...models.supplier.aftersales_complaint_supplier import OPEN, SHOWN
from .portal_supplier import AftersalesSupplierPortal

MODEL = "aftersales.complaint"
SHOWN_COMPLAINTS = [("state", "in", SHOWN)]


class AftersalesSupplierComplaintPortal(AftersalesSupplierPortal):
    """Complaints about the supplier's goods: list, page and answer box (WA-29)."""

    def _get_supplier_counters(self):
        waiting = [("state", "in", OPEN), ("supplier_answer", "=", False)]
        return {
            **super()._get_supplier_counters(),
            "supplier_complaint_count": (MODEL, SHOWN_COMPLAINTS, "supplier_id"),
            "supplier_complaint_open_count": (MODEL, waiting, "supplier_id"),
        }

    def _get_supplier_complaint_filters(self):
        return {
            "all": {"label": request.env._("All"), "domain": []},
            "open": {
                "label": request.env._("Open"),
                "domain": [("state", "in", OPEN)],
            },
            "unanswered": {
                "label": request.env._("To answer"),
                "domain": [("state", "in", OPEN), ("supplier_answer", "=", False)],
            },
        }

    @http.route(
        ["/my/supplier/complaints", "/my/supplier/complaints/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_complaints(self, page=1, filterby=None, **kwargs):
        return self._render_supplier_list(
            "aftersales_warranty.portal_supplier_complaints",
            "/my/supplier/complaints",
            *self._get_supplier_records(MODEL, SHOWN_COMPLAINTS, "supplier_id"),
            page,
            filters=self._get_supplier_complaint_filters(),
            filterby=filterby,
            page_name="supplier_complaint",
        )

    def _find_supplier_complaint(self, complaint_id):
        return self._find_supplier_record(
            MODEL, complaint_id, SHOWN_COMPLAINTS, "supplier_id"
        )

    @http.route(
        ["/my/supplier/complaints/<int:complaint_id>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_complaint(self, complaint_id, message=None, **kwargs):
        complaint = self._find_supplier_complaint(complaint_id)
        if not complaint:
            return request.redirect("/my")
        return self._render_supplier_page(
            "aftersales_warranty.portal_supplier_complaint",
            message,
            supplier_complaint=complaint._get_supplier_values(),
            page_name="supplier_complaint",
        )

    @http.route(
        ["/my/supplier/complaints/<int:complaint_id>/answer"],
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        max_content_length=1024 * 1024,
    )
    def portal_supplier_complaint_answer(
        self, complaint_id, answer=None, settled=None, **kwargs
    ):
        """Take the answer, and whether the customer is content; nothing else."""
        complaint = self._find_supplier_complaint(complaint_id)
        if not complaint:
            return request.redirect("/my")
        text = self._clean_supplier_text(answer)
        url = f"/my/supplier/complaints/{complaint.id}"
        if not text:
            return request.redirect(f"{url}?message=empty")
        partner = request.env.user.partner_id
        # Safe: the complaint is about the visitor's own goods, see above.
        done = self._try(
            lambda: complaint.with_user(SUPERUSER_ID)._answer_by_supplier(
                partner, text, settled=bool(settled)
            )
        )
        return request.redirect(f"{url}?message={'answered' if done else 'late'}")

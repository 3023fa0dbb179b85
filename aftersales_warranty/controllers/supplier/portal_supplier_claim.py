import math

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from odoo.addons.aftersales_service.controllers.order.portal import (
    MAX_FILE_BYTES,
    MAX_FILES,
    AftersalesPortal,
)

from ...const import AGREED, SENT
from .portal_supplier import AftersalesSupplierPortal

CLAIM = "aftersales.supplier.claim"
# What the supplier sees: claims that have gone out, drafts and mistakes never.
SHOWN_CLAIMS = [("state", "in", (*SENT, "settled", "lost"))]
TO_ANSWER = [("state", "=", "claimed")]
TO_SETTLE = [("state", "in", AGREED)]


class AftersalesSupplierClaimPortal(AftersalesSupplierPortal, AftersalesPortal):
    """Claims of the supplier: list, page, paper, answer line by line (WA-20)."""

    def _get_supplier_counters(self):
        return {
            **super()._get_supplier_counters(),
            "aftersales_claim_count": (CLAIM, SHOWN_CLAIMS, "partner_id"),
            "aftersales_claim_open_count": (CLAIM, TO_ANSWER, "partner_id"),
        }

    def _get_claim_filters(self):
        return {
            "all": {"label": request.env._("All"), "domain": []},
            "unanswered": {"label": request.env._("To answer"), "domain": TO_ANSWER},
            "agreed": {
                "label": request.env._("To settle"),
                "domain": TO_SETTLE,
            },
        }

    def _find_claim(self, claim_id):
        return self._find_supplier_record(CLAIM, claim_id, SHOWN_CLAIMS)

    # -- list and page --------------------------------------------------------------

    @http.route(
        ["/my/supplier/claims", "/my/supplier/claims/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_claims(self, page=1, filterby=None, **kwargs):
        claims, domain = self._get_supplier_records(CLAIM, SHOWN_CLAIMS)
        return self._render_supplier_list(
            "aftersales_warranty.portal_supplier_claims",
            "/my/supplier/claims",
            claims,
            domain,
            page,
            filters=self._get_claim_filters(),
            filterby=filterby,
            page_name="aftersales_claim",
        )

    @http.route(
        ["/my/supplier/claims/<int:claim_id>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_claim(self, claim_id, **kwargs):
        claim = self._find_claim(claim_id)
        if not claim:
            return request.redirect("/my")
        return self._render_claim(claim)

    def _render_claim(self, claim, errors=(), given=None):
        values = self._prepare_portal_layout_values()
        values.update(
            claim=claim._get_supplier_values(),
            errors=errors,
            given=given or {},
            max_files=MAX_FILES,
            max_mb=MAX_FILE_BYTES // 1024 // 1024,
            page_name="aftersales_claim",
        )
        return request.render("aftersales_warranty.portal_supplier_claim", values)

    @http.route(
        ["/my/supplier/claims/<int:claim_id>/pdf"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_supplier_claim_pdf(self, claim_id, **kwargs):
        claim = self._find_claim(claim_id)
        if not claim:
            return request.redirect("/my")
        # Safe: the claim is the visitor's own.
        reports = request.env["ir.actions.report"].sudo()
        content, _kind = reports._render_qweb_pdf(
            "aftersales_warranty.action_report_supplier_claim", claim.ids
        )
        name = f"{claim.name.replace('/', '-')}.pdf"
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Disposition", content_disposition(name)),
        ]
        return request.make_response(content, headers)

    @http.route(
        ["/my/supplier/claims/<int:claim_id>/file/<int:file_id>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_claim_file(self, claim_id, file_id, **kwargs):
        """A photo or paper of the visitor's own claim, no other attachment."""
        claim = self._find_claim(claim_id)
        known = dict(claim._get_supplier_files()) if claim else {}
        if file_id not in known:
            return request.redirect("/my")
        # Safe: the attachment belongs to the visitor's own claim.
        attachment = request.env["ir.attachment"].sudo().browse(file_id)
        stream = request.env["ir.binary"]._get_stream_from(attachment)
        return stream.get_response(as_attachment=True)

    # -- answer ---------------------------------------------------------------------

    @http.route(
        ["/my/supplier/claims/<int:claim_id>/answer"],
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        max_content_length=(MAX_FILES * MAX_FILE_BYTES) + 1024 * 1024,
    )
    def portal_supplier_claim_answer(self, claim_id, **form):
        claim = self._find_claim(claim_id)
        if not claim:
            return request.redirect("/my")
        url = f"/my/supplier/claims/{claim.id}"
        if claim.state != "claimed":
            return request.redirect(url)
        answers, errors = self._read_answers(claim, form)
        files, wrong = self._read_files()
        errors += wrong
        if errors:
            return self._render_claim(claim, errors, form)
        try:
            with request.env.cr.savepoint():
                claim._answer_by_supplier(
                    answers,
                    self._clean_supplier_text(form.get("note")),
                    self._clean_supplier_text(form.get("reference"), 60),
                    files,
                    request.env.user.partner_id,
                )
        except UserError as error:
            return self._render_claim(claim, [str(error)], form)
        return request.redirect(url)

    def _read_answers(self, claim, form):
        """``{line id: (amount, reason)}`` of the claim's own lines, and errors."""
        answers, errors = {}, []
        for line in claim.line_ids.filtered("amount"):
            amount = self._read_amount(form.get(f"accept_{line.id}"))
            reason = self._clean_supplier_text(form.get(f"reason_{line.id}"), 1000)
            if amount is None:
                errors.append(
                    request.env._("%s: enter the amount you accept.", line.name)
                )
            else:
                answers[line.id] = (amount, reason)
        return answers, errors

    def _read_amount(self, text):
        """A number as people type it; None for anything else."""
        text = str(text or "").replace(",", "").replace(" ", "")
        try:
            amount = float(text)
        except ValueError:
            return None
        return amount if math.isfinite(amount) and abs(amount) < 1e12 else None

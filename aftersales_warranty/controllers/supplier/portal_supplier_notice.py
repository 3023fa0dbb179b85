from odoo import SUPERUSER_ID, http
from odoo.http import request

from .portal_supplier import AftersalesSupplierPortal

MODEL = "aftersales.supplier.notice"
SHOWN_NOTICES = [("sent_at", "!=", False)]


class AftersalesSupplierNoticePortal(AftersalesSupplierPortal):
    """Notices to serve on site: list, page, accepting and refusing (WA-21)."""

    def _get_supplier_counters(self):
        return {
            **super()._get_supplier_counters(),
            "supplier_notice_count": (MODEL, SHOWN_NOTICES, "partner_id"),
            "supplier_notice_open_count": (
                MODEL,
                [("state", "=", "sent")],
                "partner_id",
            ),
        }

    @http.route(
        ["/my/supplier/notices", "/my/supplier/notices/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_notices(self, page=1, **kwargs):
        return self._render_supplier_list(
            "aftersales_warranty.portal_supplier_notices",
            "/my/supplier/notices",
            *self._get_supplier_records(MODEL, SHOWN_NOTICES),
            page,
            page_name="supplier_notice",
        )

    @http.route(
        ["/my/supplier/notices/<int:notice_id>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_notice(self, notice_id, message=None, **kwargs):
        notice = self._find_supplier_record(MODEL, notice_id, SHOWN_NOTICES)
        if not notice:
            return request.redirect("/my")
        return self._render_supplier_page(
            "aftersales_warranty.portal_supplier_notice",
            message,
            supplier_notice=notice._get_supplier_values(),
            today=notice.company_id._aftersales_today(),
            page_name="supplier_notice",
        )

    @http.route(
        ["/my/supplier/notices/<int:notice_id>/accept"],
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        max_content_length=1024 * 1024,
    )
    def portal_supplier_notice_accept(
        self, notice_id, planned_on=None, note=None, **kwargs
    ):
        day = self._read_day(planned_on)
        text = self._clean_supplier_text(note, 1000)
        return self._answer_notice(
            notice_id, day, lambda notice, me: notice._accept(me, day, text)
        )

    @http.route(
        ["/my/supplier/notices/<int:notice_id>/refuse"],
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        max_content_length=1024 * 1024,
    )
    def portal_supplier_notice_refuse(self, notice_id, reason=None, **kwargs):
        text = self._clean_supplier_text(reason, 2000)
        return self._answer_notice(
            notice_id, text, lambda notice, me: notice._refuse(me, text)
        )

    def _answer_notice(self, notice_id, given, answer):
        """Take the answer to an own notice; without day or reason ask for it."""
        notice = self._find_supplier_record(MODEL, notice_id, SHOWN_NOTICES)
        if not notice:
            return request.redirect("/my")
        url = f"/my/supplier/notices/{notice.id}"
        if not given:
            return request.redirect(f"{url}?message=empty")
        me = request.env.user.partner_id
        # Safe: the notice is the visitor's own, see above.
        done = self._try(lambda: answer(notice.with_user(SUPERUSER_ID), me))
        return request.redirect(f"{url}?message={'answered' if done else 'late'}")

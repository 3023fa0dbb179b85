from odoo import http
from odoo.http import request

from odoo.addons.aftersales_service.controllers.followup.followup import (
    HEADERS,
    TOKEN,
    _Misses,
)

STATUS = {"unknown": 404, "locked": 429}
MISSES = _Misses()


class AftersalesCertificate(http.Controller):
    """Page behind the QR code of a certificate: product and cover, nothing else.

    No login and nothing to write. Junk, forged and withdrawn tokens look the same;
    who tries many is told to wait.
    """

    @http.route(
        "/warranty/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
        readonly=True,
        save_session=False,
    )
    def certificate(self, token, **kwargs):
        warranty, page = self._find(token)
        lang = self._get_lang(warranty)
        request.update_context(lang=lang)
        warranty = warranty.with_env(request.env)
        # Safe: the fixed values of the page, see `_get_certificate_values`.
        values = warranty.sudo()._get_certificate_values() if warranty else {}
        response = request.render(
            "aftersales_warranty.certificate_page",
            {
                "page": page,
                "lang": lang,
                "values": values,
                # Safe: the name of the company that gave the warranty.
                "company_name": warranty.sudo().company_id.name,
            },
            status=STATUS.get(page, 200),
        )
        response.headers.update(HEADERS)
        return response

    def _find(self, token):
        """:return: the warranty, or an empty record, and the page to show"""
        warranties = request.env["aftersales.warranty"]
        address = request.httprequest.remote_addr
        if MISSES.is_locked(address):
            return warranties, "locked"
        found = warranties
        if TOKEN.fullmatch(token):
            found = warranties._find_by_certificate(token)
        if not found:
            MISSES.add(address)
            return warranties, "unknown"
        return found, "certificate"

    def _get_lang(self, warranty):
        """The customer's language, as far as active."""
        # Safe: only the language the page is written in.
        wanted = warranty.sudo().partner_id.lang or request.env.context.get("lang")
        return request.env["res.lang"]._get_data(code=wanted).code or "en_US"

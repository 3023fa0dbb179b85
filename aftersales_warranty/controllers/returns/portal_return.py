from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

MAX_ID = 2**31 - 1


class AftersalesReturnPortal(CustomerPortal):
    """Refunds and exchanges of the customer: list and page, nothing to write.

    A wrong number, a draft and somebody else's return all lead to /my, so that nobody
    learns whether it exists.
    """

    def _get_own_returns(self):
        # Safe: every search uses the domain of the visitor's own company.
        returns = request.env["aftersales.return"].sudo()
        return returns, returns._get_portal_domain(request.env.user)

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "aftersales_return_count" in counters:
            returns, domain = self._get_own_returns()
            values["aftersales_return_count"] = returns.search_count(domain)
        return values

    @http.route(
        ["/my/returns", "/my/returns/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_my_returns(self, page=1, **kwargs):
        returns, domain = self._get_own_returns()
        pager = portal_pager(
            url="/my/returns",
            total=returns.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = returns.search(
            domain, limit=self._items_per_page, offset=pager["offset"]
        )
        values = self._prepare_portal_layout_values()
        values.update(
            returns=[row._get_portal_values() for row in found],
            page_name="aftersales_return",
            pager=pager,
            default_url="/my/returns",
        )
        return request.render("aftersales_warranty.portal_my_returns", values)

    @http.route(
        ["/my/returns/<int:return_id>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_return(self, return_id, **kwargs):
        returns, domain = self._get_own_returns()
        found = returns.browse()
        if 0 < return_id <= MAX_ID:
            found = returns.search([*domain, ("id", "=", return_id)])
        if not found:
            return request.redirect("/my")
        values = self._prepare_portal_layout_values()
        values.update(
            return_row=found._get_portal_values(), page_name="aftersales_return"
        )
        return request.render("aftersales_warranty.portal_return_page", values)

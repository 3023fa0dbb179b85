from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

MAX_ID = 2**31 - 1


class AftersalesMachinePortal(CustomerPortal):
    """The customer's machines with their cover and certificate; nothing to write.

    Somebody else's machine, a wrong number and a machine without a certificate all
    lead to /my, so that nobody learns what exists.
    """

    def _get_own_machines(self):
        user = request.env.user
        # Safe: every search uses the domain of the visitor's own company.
        machines = request.env["aftersales.asset"].sudo()
        partner = user.partner_id.commercial_partner_id
        return machines, [
            ("partner_id", "child_of", partner.id),
            ("company_id", "in", user.company_ids.ids),
        ]

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "aftersales_machine_count" in counters:
            machines, domain = self._get_own_machines()
            values["aftersales_machine_count"] = machines.search_count(domain)
        return values

    @http.route(
        ["/my/machines", "/my/machines/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_my_machines(self, page=1, **kwargs):
        machines, domain = self._get_own_machines()
        pager = portal_pager(
            url="/my/machines",
            total=machines.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = machines.search(
            domain, limit=self._items_per_page, offset=pager["offset"]
        )
        values = self._prepare_portal_layout_values()
        values.update(
            machines=found._get_portal_machines(),
            page_name="aftersales_machine",
            pager=pager,
            default_url="/my/machines",
        )
        return request.render("aftersales_warranty.portal_my_machines", values)

    def _find_machine(self, machine_id):
        machines, domain = self._get_own_machines()
        if not 0 < machine_id <= MAX_ID:
            return machines
        return machines.search([*domain, ("id", "=", machine_id)])

    @http.route(
        ["/my/machines/<int:machine_id>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_machine(self, machine_id, **kwargs):
        found = self._find_machine(machine_id)
        if not found:
            return request.redirect("/my")
        values = self._prepare_portal_layout_values()
        values.update(
            machine=found._get_portal_machines()[0],
            warranties=[w._get_certificate_values() for w in found.warranty_ids],
            page_name="aftersales_machine",
        )
        return request.render("aftersales_warranty.portal_machine_page", values)

    @http.route(
        ["/my/machines/<int:machine_id>/certificate"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_certificate(self, machine_id, **kwargs):
        warranty = self._find_machine(machine_id).warranty_id
        if not warranty:
            return request.redirect("/my")
        try:
            return self._show_report(
                model=warranty,
                report_type="pdf",
                report_ref="aftersales_warranty.action_report_certificate",
                download=True,
            )
        except UserError:
            return request.redirect(f"/my/machines/{machine_id}")

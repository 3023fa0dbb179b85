from odoo import http
from odoo.http import request

from odoo.addons.aftersales_service.tools.text import clean_text
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

MAX_ID = 2**31 - 1
# What the supplier sees of letters: those that have gone out.
SHOWN_LETTERS = [("state", "in", ("sent", "acknowledged", "objected"))]


class AftersalesSupplierPortal(CustomerPortal):
    """What a supplier sees and answers; base of all its pages (WA-29).

    Portal users have no right on our models. Every page finds its records as
    superuser with the one domain of `_get_supplier_domain` and renders only what the
    model hands out by `_get_supplier_values`. A wrong number, somebody else's record
    and one not meant for suppliers all lead to /my. GET never writes.
    """

    # -- access -------------------------------------------------------------------

    def _get_supplier_domain(self, partner_field="partner_id"):
        """Records of the supplier the visitor works for; for lists, ids, counters.

        :param partner_field: field of the model that holds the supplier
        """
        user = request.env.user
        partner = user.partner_id.commercial_partner_id
        return [
            (f"{partner_field}.commercial_partner_id", "=", partner.id),
            ("company_id", "in", user.company_ids.ids),
        ]

    def _get_supplier_records(self, model, extra=(), partner_field="partner_id"):
        """:return: model as superuser, and the domain to search it with"""
        # Safe: every search uses the domain of the visitor's own company.
        records = request.env[model].sudo()
        return records, [*self._get_supplier_domain(partner_field), *extra]

    def _find_supplier_record(
        self, model, record_id, extra=(), partner_field="partner_id"
    ):
        """The record when it is the visitor's own, else an empty one."""
        records, domain = self._get_supplier_records(model, extra, partner_field)
        if not 0 < record_id <= MAX_ID:
            return records
        return records.search([*domain, ("id", "=", record_id)])

    def _clean_supplier_text(self, value, length=5000):
        """Text of a form: storable, trimmed, not endless."""
        return clean_text(str(value or "")).strip()[:length]

    # -- home and lists -----------------------------------------------------------

    def _get_supplier_counters(self):
        """``{counter: (model, extra domain, partner field)}``; add-ons add theirs."""
        return {
            "aftersales_letter_count": (
                "aftersales.letter",
                SHOWN_LETTERS,
                "partner_id",
            ),
        }

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        for name, args in self._get_supplier_counters().items():
            if name in counters:
                records, domain = self._get_supplier_records(*args)
                values[name] = records.search_count(domain)
        return values

    def _render_supplier_list(self, template, url, records, domain, page=1, **values):
        """One page of a list; the template gets ``rows`` of plain values."""
        pager = portal_pager(
            url=url,
            total=records.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = records.search(
            domain, limit=self._items_per_page, offset=pager["offset"]
        )
        layout = self._prepare_portal_layout_values()
        layout.update(
            rows=[row._get_supplier_values() for row in found],
            pager=pager,
            default_url=url,
            **values,
        )
        return request.render(template, layout)

    # -- letters ------------------------------------------------------------------

    @http.route(
        ["/my/supplier/letters", "/my/supplier/letters/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_letters(self, page=1, **kwargs):
        letters, domain = self._get_supplier_records("aftersales.letter", SHOWN_LETTERS)
        return self._render_supplier_list(
            "aftersales_warranty.portal_supplier_letters",
            "/my/supplier/letters",
            letters,
            domain,
            page,
            page_name="aftersales_letter",
        )

    @http.route(
        ["/my/supplier/letters/<int:letter_id>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_letter(self, letter_id, **kwargs):
        letter = self._find_supplier_record(
            "aftersales.letter", letter_id, SHOWN_LETTERS
        )
        if not letter:
            return request.redirect("/my")
        values = self._prepare_portal_layout_values()
        values.update(
            letter=letter._get_supplier_values(), page_name="aftersales_letter"
        )
        return request.render("aftersales_warranty.portal_supplier_letter", values)

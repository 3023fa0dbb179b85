from odoo import SUPERUSER_ID, fields, http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from odoo.addons.aftersales_service.tools.text import clean_text
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

MAX_ID = 2**31 - 1
LETTER = "aftersales.letter"
# What the supplier sees of letters: those that have gone out.
SHOWN_LETTERS = [("state", "in", ("sent", "acknowledged", "objected"))]
REPORT = "aftersales_warranty.action_report_letter"


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

    # -- what forms bring ---------------------------------------------------------

    def _clean_supplier_text(self, value, length=5000):
        """Text of a form: storable, trimmed, not endless."""
        return clean_text(str(value or "")).strip()[:length]

    def _read_day(self, value):
        """A day of a form, or False for everything else."""
        try:
            day = fields.Date.to_date(str(value or "")[:10])
        except ValueError:
            return False
        return day if day and 1990 <= day.year <= 2100 else False

    def _try(self, action):
        """Do it whole or not at all; False when it is not possible (any more)."""
        try:
            with request.env.cr.savepoint():
                return action()
        except UserError:
            return False

    # -- home, lists and pages ----------------------------------------------------

    def _get_supplier_counters(self):
        """``{counter: (model, extra domain, partner field)}``; add-ons add theirs."""
        waiting = [("state", "=", "sent")]
        return {
            "aftersales_letter_count": (LETTER, SHOWN_LETTERS, "partner_id"),
            "aftersales_letter_open_count": (LETTER, waiting, "partner_id"),
        }

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        for name, args in self._get_supplier_counters().items():
            if name in counters:
                records, domain = self._get_supplier_records(*args)
                values[name] = records.search_count(domain)
        return values

    def _render_supplier_list(
        self,
        template,
        url,
        records,
        domain,
        page=1,
        filters=None,
        filterby=None,
        **values,
    ):
        """One page of a list; the template gets ``rows`` of plain values."""
        if filters:
            filterby = filterby if filterby in filters else "all"
            domain = domain + filters[filterby]["domain"]
            values.update(searchbar_filters=filters, filterby=filterby)
        pager = portal_pager(
            url=url,
            url_args={"filterby": filterby} if filters else {},
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

    def _get_supplier_messages(self):
        """Whitelisted notices: (class, text)."""
        return {
            "answered": ("success", request.env._("Thank you, we have your answer.")),
            "acknowledged": (
                "success",
                request.env._("Thank you for acknowledging the letter."),
            ),
            "objected": (
                "success",
                request.env._("We have your objection and will answer it."),
            ),
            "empty": ("warning", request.env._("Please fill in the form.")),
            "late": (
                "warning",
                request.env._("This was not possible any more. Please read it again."),
            ),
            "no_paper": (
                "warning",
                request.env._("This paper is not available at the moment."),
            ),
        }

    def _render_supplier_page(self, template, message=None, **values):
        """One record's page with a whitelisted notice."""
        layout = self._prepare_portal_layout_values()
        layout.update(
            message=self._get_supplier_messages().get(message)
            if isinstance(message, str)
            else None,
            **values,
        )
        return request.render(template, layout)

    # -- letters ------------------------------------------------------------------

    def _get_letter_filters(self):
        return {
            "all": {"label": request.env._("All"), "domain": []},
            "open": {
                "label": request.env._("To acknowledge"),
                "domain": [("state", "=", "sent")],
            },
        }

    @http.route(
        ["/my/supplier/letters", "/my/supplier/letters/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_letters(self, page=1, filterby=None, **kwargs):
        return self._render_supplier_list(
            "aftersales_warranty.portal_supplier_letters",
            "/my/supplier/letters",
            *self._get_supplier_records(LETTER, SHOWN_LETTERS),
            page,
            filters=self._get_letter_filters(),
            filterby=filterby,
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
    def portal_supplier_letter(self, letter_id, message=None, **kwargs):
        letter = self._find_supplier_record(LETTER, letter_id, SHOWN_LETTERS)
        if not letter:
            return request.redirect("/my")
        return self._render_supplier_page(
            "aftersales_warranty.portal_supplier_letter",
            message,
            letter=letter._get_supplier_values(),
            page_name="aftersales_letter",
        )

    @http.route(
        ["/my/supplier/letters/<int:letter_id>/pdf"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_supplier_letter_pdf(self, letter_id, **kwargs):
        """The paper as it was sent; printed anew as long as there is none."""
        letter = self._find_supplier_record(LETTER, letter_id, SHOWN_LETTERS)
        if not letter:
            return request.redirect("/my")
        content = letter.with_context(bin_size=False)._get_document()
        if not content:
            try:
                return self._show_report(
                    model=letter, report_type="pdf", report_ref=REPORT, download=True
                )
            except UserError:
                return request.redirect(
                    f"/my/supplier/letters/{letter.id}?message=no_paper"
                )
        return request.make_response(
            content,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(content)),
                (
                    "Content-Disposition",
                    content_disposition(letter._get_document_name()),
                ),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

    @http.route(
        ["/my/supplier/letters/<int:letter_id>/acknowledge"],
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        max_content_length=1024 * 1024,
    )
    def portal_supplier_letter_acknowledge(self, letter_id, **kwargs):
        return self._answer_letter(
            letter_id, "acknowledged", lambda letter, me: letter._acknowledge(me)
        )

    @http.route(
        ["/my/supplier/letters/<int:letter_id>/object"],
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        max_content_length=1024 * 1024,
    )
    def portal_supplier_letter_object(self, letter_id, objection=None, **kwargs):
        text = self._clean_supplier_text(objection)
        return self._answer_letter(
            letter_id,
            "objected" if text else "empty",
            lambda letter, me: bool(text) and letter._object(me, text),
        )

    def _answer_letter(self, letter_id, message, answer):
        """Take the answer to an own letter; too late says so."""
        letter = self._find_supplier_record(LETTER, letter_id, SHOWN_LETTERS)
        if not letter:
            return request.redirect("/my")
        me = request.env.user.partner_id
        # Safe: the letter is the visitor's own, see above.
        done = self._try(lambda: answer(letter.with_user(SUPERUSER_ID), me))
        if not done and message != "empty":
            message = "late"
        return request.redirect(f"/my/supplier/letters/{letter.id}?message={message}")

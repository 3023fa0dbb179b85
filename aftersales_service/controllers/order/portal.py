import base64
import binascii

from odoo import SUPERUSER_ID, http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools.mimetypes import guess_mimetype

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ...const import OPEN_STATES
from ...models.order.aftersales_order_portal import PAPERS

MAX_ID = 2**31 - 1
MAX_FILES = 5
MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_SIGNATURE_BYTES = 500 * 1024
FILE_TYPES = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
}


class AftersalesPortal(CustomerPortal):
    """Service orders of the customer: list, page, quotation, new request.

    GET never writes; what changes something is a POST with Odoo's CSRF token. Whatever
    is wrong with the address, the token or the rights leads to /my, so that nobody
    learns whether an order exists.
    """

    # -- access -------------------------------------------------------------------

    def _get_service_order(self, order_id, access_token=None):
        """The order as superuser when the visitor may see it, else an empty record."""
        # Safe: the record leaves this method only after the check of user or token.
        orders = request.env["aftersales.order"].sudo()
        if not 0 < order_id <= MAX_ID:
            return orders
        order = orders.browse(order_id).exists()
        if order and order._is_shown_to(request.env.user, access_token):
            return order
        return orders

    def _clean_text(self, value, length):
        """Text of a form: no NUL, no half characters, not endless."""
        text = str(value or "").replace("\x00", "")
        return text.encode("utf-8", "ignore").decode("utf-8").strip()[:length]

    def _redirect_order(self, order, access_token, message):
        return request.redirect(
            order.get_portal_url(query_string=f"&message={message}")
            if access_token
            else f"/my/service/{order.id}?message={message}"
        )

    # -- home ---------------------------------------------------------------------

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        orders, domain = self._get_own_orders()
        if "service_count" in counters:
            values["service_count"] = orders.search_count(domain)
        if "service_quote_count" in counters:
            values["service_quote_count"] = orders.search_count(
                domain + [("quote_state", "=", "sent")]
            )
        return values

    def _get_own_orders(self):
        # Safe: every search uses the domain of the visitor's own company.
        orders = request.env["aftersales.order"].sudo()
        return orders, orders._get_portal_domain(request.env.user)

    # -- list ---------------------------------------------------------------------

    def _get_service_sortings(self):
        return {
            "date": {"label": request.env._("Newest"), "order": "called_at desc, id"},
            "name": {"label": request.env._("Number"), "order": "name desc, id"},
            "state": {"label": request.env._("State"), "order": "state, id desc"},
        }

    def _get_service_filters(self):
        return {
            "all": {"label": request.env._("All"), "domain": []},
            "open": {
                "label": request.env._("Running"),
                "domain": [("state", "in", OPEN_STATES)],
            },
            "quote": {
                "label": request.env._("Quotation to decide"),
                "domain": [("quote_state", "=", "sent")],
            },
            "done": {
                "label": request.env._("Done"),
                "domain": [("state", "in", ("done", "closed"))],
            },
        }

    @http.route(
        ["/my/service", "/my/service/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_service(self, page=1, sortby=None, filterby=None, **kwargs):
        sortings, filters = self._get_service_sortings(), self._get_service_filters()
        sortby = sortby if sortby in sortings else "date"
        filterby = filterby if filterby in filters else "all"
        orders, domain = self._get_own_orders()
        domain = domain + filters[filterby]["domain"]
        pager = portal_pager(
            url="/my/service",
            url_args={"sortby": sortby, "filterby": filterby},
            total=orders.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = orders.search(
            domain,
            order=sortings[sortby]["order"],
            limit=self._items_per_page,
            offset=pager["offset"],
        )
        values = self._prepare_portal_layout_values()
        values.update(
            {
                "orders": found,
                "page_name": "service",
                "pager": pager,
                "default_url": "/my/service",
                "searchbar_sortings": sortings,
                "sortby": sortby,
                "searchbar_filters": filters,
                "filterby": filterby,
            }
        )
        return request.render("aftersales_service.portal_my_service", values)

    # -- one order ----------------------------------------------------------------

    @http.route(
        ["/my/service/<int:order_id>"],
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def portal_service_order(
        self, order_id, access_token=None, paper=None, message=None, **kwargs
    ):
        order = self._get_service_order(order_id, access_token)
        if not order:
            return request.redirect("/my")
        if request.env.user._is_public() and order.partner_id.lang:
            request.update_context(lang=order.partner_id.lang)
            order = order.with_context(lang=order.partner_id.lang)
        if paper:
            return self._download_paper(order, access_token, paper)
        values = self._prepare_service_values(order, access_token, message)
        return request.render("aftersales_service.portal_service_page", values)

    def _download_paper(self, order, access_token, paper):
        if paper not in order._get_portal_papers():
            return self._redirect_order(order, access_token, "no_paper")
        try:
            return self._show_report(
                model=order, report_type="pdf", report_ref=PAPERS[paper], download=True
            )
        except UserError:
            return self._redirect_order(order, access_token, "no_paper")

    def _prepare_service_values(self, order, access_token, message):
        values = {
            "service_order": order,
            "page_name": "service",
            "visitor_name": self._get_visitor(order).name,
            "steps": order._get_portal_steps(),
            "lines": order._get_portal_lines(),
            "visits": order._get_portal_visits(),
            "papers": order._get_portal_papers(),
            "invoices": order._get_portal_invoices(),
            "message": message if message in self._get_messages() else None,
            "messages": self._get_messages(),
            "res_company": order.company_id,
            # The chatter asks for the token, as portal users have no other right.
            "token": order.access_token,
        }
        return self._get_page_view_values(
            order, access_token, values, "my_service_history", False
        )

    def _get_messages(self):
        """Whitelisted notices: (class, text)."""
        return {
            "accepted": ("success", request.env._("Thank you, we go ahead.")),
            "refused": (
                "info",
                request.env._("You have refused. Only the inspection is charged."),
            ),
            "changed": (
                "warning",
                request.env._(
                    "The quotation has changed or was decided meanwhile. Please read "
                    "it again."
                ),
            ),
            "incomplete": (
                "warning",
                request.env._("Please give your name and sign, then accept."),
            ),
            "busy": (
                "warning",
                request.env._(
                    "This was not possible now. Please try again or call us."
                ),
            ),
            "no_paper": (
                "warning",
                request.env._("This paper is not available at the moment."),
            ),
            "created": (
                "success",
                request.env._("We have received your request and will call you."),
            ),
        }

    # -- quotation ----------------------------------------------------------------

    @http.route(
        ["/my/service/<int:order_id>/accept"],
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        max_content_length=2 * 1024 * 1024,
    )
    def portal_service_accept(
        self,
        order_id,
        access_token=None,
        signed_by=None,
        signature=None,
        quote_key=None,
        **kwargs,
    ):
        order = self._get_service_order(order_id, access_token)
        if not order:
            return request.redirect("/my")
        name = self._clean_text(signed_by, 100)
        image = self._check_signature(signature)
        if not name or not image:
            return self._redirect_order(order, access_token, "incomplete")
        return self._decide(
            order,
            access_token,
            quote_key,
            "accepted",
            lambda quoted: quoted._accept_quote(name, image),
        )

    @http.route(
        ["/my/service/<int:order_id>/refuse"],
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        max_content_length=1024 * 1024,
    )
    def portal_service_refuse(
        self, order_id, access_token=None, reason=None, quote_key=None, **kwargs
    ):
        order = self._get_service_order(order_id, access_token)
        if not order:
            return request.redirect("/my")
        text = self._clean_text(reason, 1000)
        name = self._get_visitor(order).name
        return self._decide(
            order,
            access_token,
            quote_key,
            "refused",
            lambda quoted: quoted._refuse_quote(text, name),
        )

    def _get_visitor(self, order):
        """Who acts: the user, or with the link alone the customer."""
        user = request.env.user
        # Safe: the visitor's own contact.
        return order.partner_id if user._is_public() else user.partner_id.sudo()

    def _decide(self, order, access_token, quote_key, result, decide):
        """Take the customer's decision on the quotation that was on the page."""
        if not order._is_quote_open() or quote_key != order._get_quote_key():
            return self._redirect_order(order, access_token, "changed")
        # Safe: the visitor may see this order, and its customer may decide.
        quoted = order.with_user(SUPERUSER_ID)
        try:
            with request.env.cr.savepoint():
                decide(quoted)
        except UserError:
            return self._redirect_order(order, access_token, "busy")
        quoted.message_post(
            body=self._get_messages()[result][1]
            if result == "refused"
            else request.env._("Quotation accepted by %s", quoted.quote_decided_by),
            author_id=self._get_visitor(order).id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        return self._redirect_order(order, access_token, result)

    def _check_signature(self, signature):
        """Base64 of a small image, or nothing."""
        if not isinstance(signature, str) or len(signature) > 2 * MAX_SIGNATURE_BYTES:
            return False
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        if len(raw) > MAX_SIGNATURE_BYTES:
            return False
        allowed = ("image/png", "image/jpeg")
        return signature if guess_mimetype(raw) in allowed else False

    # -- new request --------------------------------------------------------------

    def _get_own_assets(self):
        user = request.env.user
        # Safe: only machines of the visitor's own company.
        return (
            request.env["aftersales.asset"]
            .sudo()
            .search(
                [
                    (
                        "partner_id",
                        "child_of",
                        user.partner_id.commercial_partner_id.id,
                    ),
                    ("company_id", "in", user.company_ids.ids),
                ]
            )
        )

    @http.route(
        ["/my/service/new"], type="http", auth="user", website=True, methods=["GET"]
    )
    def portal_service_new(self, **kwargs):
        return self._render_request_form({}, [])

    def _render_request_form(self, form, errors):
        values = self._prepare_portal_layout_values()
        symptoms = request.env["aftersales.symptom"].sudo()  # Safe: a public catalogue.
        values.update(
            {
                "page_name": "service_new",
                "assets": self._get_own_assets(),
                "symptoms": symptoms.search([]),
                "form": form,
                "errors": errors,
                "max_files": MAX_FILES,
                "max_mb": MAX_FILE_BYTES // 1024 // 1024,
            }
        )
        return request.render("aftersales_service.portal_service_new", values)

    @http.route(
        ["/my/service/new"],
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        max_content_length=(MAX_FILES * MAX_FILE_BYTES) + 1024 * 1024,
    )
    def portal_service_create(
        self,
        asset_id=None,
        symptom_id=None,
        description=None,
        contact_name=None,
        phone=None,
        duplicate_confirmed=None,
        **kwargs,
    ):
        """Register the request; every other field of the form is ignored."""
        form = {
            "asset_id": self._pick(self._get_own_assets(), asset_id),
            "symptom_id": self._pick(
                request.env["aftersales.symptom"].sudo().search([]),  # Safe: see above.
                symptom_id,
            ),
            "description": self._clean_text(description, 5000),
            "contact_name": self._clean_text(contact_name, 100),
            "phone": self._clean_text(phone, 40),
            "duplicate_confirmed": bool(duplicate_confirmed),
        }
        files, errors = self._read_files()
        if not form["description"]:
            errors.append(request.env._("Please say what is wrong."))
        if errors:
            return self._render_request_form(form, errors)
        try:
            with request.env.cr.savepoint():
                order = self._create_request(form, files)
        except UserError as error:
            form["ask_duplicate"] = True
            return self._render_request_form(form, [str(error)])
        return self._redirect_order(order, None, "created")

    def _pick(self, records, value):
        """The record with this id among those offered, else an empty one."""
        number = int(value) if str(value or "").isdecimal() else 0
        return records.filtered(lambda record: record.id == number)

    def _create_request(self, form, files):
        asset = form["asset_id"]
        partner = request.env.user.partner_id
        company = asset.company_id or request.env.user.company_id
        # Safe: the values are built here from a whitelist; the machine is the
        # visitor's own.
        orders = request.env["aftersales.order"].sudo().with_company(company)
        order = orders.create(
            {
                "company_id": company.id,
                "partner_id": (asset.partner_id or partner).id,
                "asset_id": asset.id,
                "symptom_id": form["symptom_id"].id,
                "description": form["description"],
                "contact_name": form["contact_name"] or partner.name,
                "phone": form["phone"] or partner.phone,
                "duplicate_confirmed": form["duplicate_confirmed"],
                "channel": "portal",
            }
        )
        order.message_subscribe(partner.ids)
        if files:
            order.message_post(
                body=request.env._("Sent with the request"),
                attachments=files,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                author_id=partner.id,
            )
        return order

    def _read_files(self):
        """Uploaded files as ``[(name, bytes)]`` and what is wrong with them."""
        files, errors = [], []
        uploads = [
            upload
            for upload in request.httprequest.files.getlist("attachments")
            if upload.filename
        ]
        if len(uploads) > MAX_FILES:
            return [], [request.env._("At most %s files, please.", MAX_FILES)]
        for upload in uploads:
            content = upload.read(MAX_FILE_BYTES + 1)
            name = self._clean_text(upload.filename, 100).replace("/", "_")
            name = name.replace("\\", "_")
            endings = FILE_TYPES.get(guess_mimetype(content), ())
            if len(content) > MAX_FILE_BYTES or not name.lower().endswith(
                endings or "?"
            ):
                errors.append(
                    request.env._(
                        "%(name)s: only PDF, JPG and PNG up to %(size)s MB, please.",
                        name=name,
                        size=MAX_FILE_BYTES // 1024 // 1024,
                    )
                )
            else:
                files.append((name, content))
        return files, errors

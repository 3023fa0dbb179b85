from odoo import SUPERUSER_ID, http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import pager as portal_pager

from ...const import COMPLAINT_OPEN
from ..order.portal import MAX_FILE_BYTES, MAX_FILES, MAX_ID, AftersalesPortal


class AftersalesComplaintPortal(AftersalesPortal):
    """Complaints of the customer: list, page, new complaint, taking it back.

    The same rules as for service orders: GET never writes, whatever is wrong leads to
    /my, and only whitelisted values leave the model.
    """

    def _get_complaint(self, complaint_id, access_token=None):
        """The complaint as superuser when the visitor may see it, else empty."""
        # Safe: the record leaves this method only after the check of user or token.
        complaints = request.env["aftersales.complaint"].sudo()
        if not 0 < complaint_id <= MAX_ID:
            return complaints
        complaint = complaints.browse(complaint_id).exists()
        if complaint and complaint._is_shown_to(request.env.user, access_token):
            return complaint
        return complaints

    def _get_own_complaints(self):
        # Safe: every search uses the domain of the visitor's own company.
        complaints = request.env["aftersales.complaint"].sudo()
        return complaints, complaints._get_portal_domain(request.env.user)

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "complaint_count" in counters:
            complaints, domain = self._get_own_complaints()
            values["complaint_count"] = complaints.search_count(domain)
        return values

    # -- list ---------------------------------------------------------------------

    def _get_complaint_filters(self):
        return {
            "all": {"label": request.env._("All"), "domain": []},
            "open": {
                "label": request.env._("Open"),
                "domain": [("state", "in", COMPLAINT_OPEN)],
            },
            "settled": {
                "label": request.env._("Settled"),
                "domain": [("state", "=", "resolved")],
            },
        }

    @http.route(
        ["/my/complaints", "/my/complaints/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_complaints(self, page=1, filterby=None, **kwargs):
        filters = self._get_complaint_filters()
        filterby = filterby if filterby in filters else "all"
        complaints, domain = self._get_own_complaints()
        domain = domain + filters[filterby]["domain"]
        pager = portal_pager(
            url="/my/complaints",
            url_args={"filterby": filterby},
            total=complaints.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = complaints.search(
            domain, limit=self._items_per_page, offset=pager["offset"]
        )
        values = self._prepare_portal_layout_values()
        values.update(
            {
                "complaints": [
                    (complaint.id, complaint._get_portal_values())
                    for complaint in found
                ],
                "page_name": "complaint",
                "pager": pager,
                "default_url": "/my/complaints",
                "searchbar_filters": filters,
                "filterby": filterby,
            }
        )
        return request.render("aftersales_service.portal_my_complaints", values)

    # -- one complaint --------------------------------------------------------------

    @http.route(
        ["/my/complaints/<int:complaint_id>"],
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def portal_complaint(self, complaint_id, access_token=None, message=None, **kwargs):
        complaint = self._get_complaint(complaint_id, access_token)
        if not complaint:
            return request.redirect("/my")
        if request.env.user._is_public() and complaint.partner_id.lang:
            request.update_context(lang=complaint.partner_id.lang)
            complaint = complaint.with_context(lang=complaint.partner_id.lang)
        messages = self._get_complaint_messages()
        values = {
            "complaint": complaint._get_portal_values(),
            # For the chatter alone, which shows nothing but public messages.
            "complaint_record": complaint,
            "page_name": "complaint",
            "message": messages.get(message),
            "withdraw_url": f"/my/complaints/{complaint.id}/withdraw",
            "res_company": complaint.company_id,
            # The chatter asks for the token, as portal users have no other right.
            "token": complaint.access_token,
        }
        values = self._get_page_view_values(
            complaint, access_token, values, "my_complaints_history", False
        )
        return request.render("aftersales_service.portal_complaint_page", values)

    def _get_complaint_messages(self):
        """Whitelisted notices: (class, text)."""
        return {
            "created": (
                "success",
                request.env._(
                    "We have received your complaint. You will be called or visited."
                ),
            ),
            "withdrawn": ("info", request.env._("You have withdrawn the complaint.")),
            "busy": (
                "warning",
                request.env._(
                    "This was not possible now. Please try again or call us."
                ),
            ),
        }

    def _redirect_complaint(self, complaint, access_token, message):
        return request.redirect(
            complaint.get_portal_url(query_string=f"&message={message}")
            if access_token
            else f"/my/complaints/{complaint.id}?message={message}"
        )

    @http.route(
        ["/my/complaints/<int:complaint_id>/withdraw"],
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        max_content_length=1024 * 1024,
    )
    def portal_complaint_withdraw(
        self, complaint_id, access_token=None, reason=None, **kwargs
    ):
        complaint = self._get_complaint(complaint_id, access_token)
        if not complaint:
            return request.redirect("/my")
        text = self._clean_text(reason, 1000)
        # Safe: the visitor may see this complaint, and it is the customer's own.
        own = complaint.with_user(SUPERUSER_ID)
        try:
            with request.env.cr.savepoint():
                done = own._withdraw_by_customer(text)
        except UserError:
            done = False
        return self._redirect_complaint(
            complaint, access_token, "withdrawn" if done else "busy"
        )

    # -- new complaint --------------------------------------------------------------

    def _get_complaint_categories(self):
        """Issues a customer chooses from: the groups of the tree."""
        categories = request.env["aftersales.complaint.category"].sudo()
        # Safe: a catalogue of words.
        return categories.search([])

    @http.route(
        ["/my/complaints/new"], type="http", auth="user", website=True, methods=["GET"]
    )
    def portal_complaint_new(self, **kwargs):
        orders, domain = self._get_own_orders()
        chosen = {
            "order_id": self._pick(orders.search(domain), kwargs.get("order_id")),
        }
        return self._render_complaint_form(chosen, [])

    def _render_complaint_form(self, form, errors):
        values = self._prepare_portal_layout_values()
        orders, domain = self._get_own_orders()
        values.update(
            {
                "page_name": "complaint_new",
                "assets": self._get_own_assets(),
                "orders": orders.search(domain, limit=100),
                "categories": self._get_complaint_categories(),
                "form": form,
                "errors": errors,
                "max_files": MAX_FILES,
                "max_mb": MAX_FILE_BYTES // 1024 // 1024,
            }
        )
        return request.render("aftersales_service.portal_complaint_new", values)

    @http.route(
        ["/my/complaints/new"],
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        max_content_length=(MAX_FILES * MAX_FILE_BYTES) + 1024 * 1024,
    )
    def portal_complaint_create(
        self,
        asset_id=None,
        order_id=None,
        category_id=None,
        description=None,
        contact_name=None,
        phone=None,
        **kwargs,
    ):
        """Register the complaint; every other field of the form is ignored."""
        orders, domain = self._get_own_orders()
        form = {
            "asset_id": self._pick(self._get_own_assets(), asset_id),
            "order_id": self._pick(orders.search(domain), order_id),
            "category_id": self._pick(self._get_complaint_categories(), category_id),
            "description": self._clean_text(description, 5000),
            "contact_name": self._clean_text(contact_name, 100),
            "phone": self._clean_text(phone, 40),
        }
        files, errors = self._read_files()
        if not form["description"]:
            errors.append(request.env._("Please say what went wrong."))
        if errors:
            return self._render_complaint_form(form, errors)
        try:
            with request.env.cr.savepoint():
                complaint = self._create_complaint(form, files)
        except UserError as error:
            return self._render_complaint_form(form, [str(error)])
        return self._redirect_complaint(complaint, None, "created")

    def _create_complaint(self, form, files):
        asset, order = form["asset_id"], form["order_id"]
        partner = request.env.user.partner_id
        company = order.company_id or asset.company_id or request.env.user.company_id
        # Safe: the values are built here from a whitelist; machine and order are the
        # visitor's own.
        complaints = request.env["aftersales.complaint"].sudo().with_company(company)
        values = {
            "company_id": company.id,
            "partner_id": partner.id,
            "order_id": order.id,
            "category_id": form["category_id"].id,
            "description": form["description"],
            "contact_name": form["contact_name"] or partner.name,
            "phone": form["phone"] or partner.phone,
            "channel": "portal",
        }
        if asset:
            values["asset_id"] = asset.id
        complaint = complaints.create(values)
        complaint.message_subscribe(partner.ids)
        if files:
            complaint.message_post(
                body=request.env._("Sent with the complaint"),
                attachments=files,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                author_id=partner.id,
            )
        return complaint

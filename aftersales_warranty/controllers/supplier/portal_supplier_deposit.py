from odoo import SUPERUSER_ID, fields, http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from .portal_supplier import AftersalesSupplierPortal

MODEL = "aftersales.deposit"
SHOWN_DEPOSITS = [("state", "!=", "draft")]
REPORT = "aftersales_warranty.action_report_deposit_statement"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class AftersalesSupplierDepositPortal(AftersalesSupplierPortal):
    """The statement of the supplier's deposit: page, PDF, XLSX (WA-29)."""

    def _get_supplier_counters(self):
        return {
            **super()._get_supplier_counters(),
            "supplier_deposit_count": (MODEL, SHOWN_DEPOSITS, "partner_id"),
        }

    @http.route(
        ["/my/supplier/deposits", "/my/supplier/deposits/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_supplier_deposits(self, page=1, **kwargs):
        """The agreements; who has one only sees its statement at once."""
        deposits, domain = self._get_supplier_records(MODEL, SHOWN_DEPOSITS)
        found = deposits.search(domain, limit=2)
        if len(found) == 1:
            return request.redirect(f"/my/supplier/deposits/{found.id}")
        return self._render_supplier_list(
            "aftersales_warranty.portal_supplier_deposits",
            "/my/supplier/deposits",
            deposits,
            domain,
            page,
            page_name="supplier_deposit",
        )

    def _get_period(self, deposit, date_from, date_to):
        """The period asked for; junk and reversed days give this year."""
        today = deposit.company_id._aftersales_today()
        start = self._read_day(date_from) or fields.Date.start_of(today, "year")
        end = self._read_day(date_to) or today
        return (start, end) if start <= end else (end, start)

    @http.route(
        [
            "/my/supplier/deposits/<int:deposit_id>",
            "/my/supplier/deposits/<int:deposit_id>/<string:kind>",
        ],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_supplier_statement(
        self, deposit_id, kind=None, date_from=None, date_to=None, message=None, **kw
    ):
        deposit = self._find_supplier_record(MODEL, deposit_id, SHOWN_DEPOSITS)
        if not deposit or kind not in (None, "pdf", "xlsx"):
            return request.redirect("/my")
        period = self._get_period(deposit, date_from, date_to)
        if kind:
            make = self._make_pdf if kind == "pdf" else self._make_xlsx
            return make(deposit, *period)
        return self._render_supplier_page(
            "aftersales_warranty.portal_supplier_statement",
            message,
            deposit=deposit._get_supplier_values(),
            statement=deposit._get_statement(*period),
            page_name="supplier_deposit",
        )

    def _make_xlsx(self, deposit, start, end):
        return self._send_file(
            deposit._make_statement(start, end), XLSX, deposit, "xlsx"
        )

    def _make_pdf(self, deposit, start, end):
        # Safe: the agreement is the visitor's own; the paper shows its statement only.
        reports = request.env["ir.actions.report"].with_user(SUPERUSER_ID)
        data = {"date_from": str(start), "date_to": str(end)}
        try:
            content, kind = reports.with_company(deposit.company_id)._render_qweb_pdf(
                REPORT, deposit.ids, data=data
            )
        except UserError:
            return request.redirect(
                f"/my/supplier/deposits/{deposit.id}?message=no_paper"
            )
        if kind != "pdf":
            return request.make_response(content, [("Content-Type", "text/html")])
        return self._send_file(content, "application/pdf", deposit, "pdf")

    def _send_file(self, content, mimetype, deposit, ending):
        name = f"{deposit.name.replace('/', '-')}.{ending}"
        return request.make_response(
            content,
            [
                ("Content-Type", mimetype),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

MAX_HISTORY = 25
OPEN_COMPLAINTS = ("new", "confirmed", "answered")


class ReportCustomerFile(models.AbstractModel):
    """Customer file: what we know of a customer, in the customer's language (SV-83).

    Orders, complaints and answers are those the reader may see: the paper widens
    nobody's rights.
    """

    _name = "report.aftersales_service.report_customer_file"
    _description = "Customer File"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "res.partner"

    @api.model
    def _get_paper_documents(self, docids):
        # The file of an address or a contact is the customer's.
        return super()._get_paper_documents(docids).commercial_partner_id

    @api.model
    def _get_paper_lang(self, doc):
        return doc.lang or super()._get_paper_lang(doc)

    @api.model
    def _get_paper_tz(self, doc):
        return doc.tz or super()._get_paper_tz(doc)

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        doc = paper["doc"]
        family = Domain("partner_id", "child_of", doc.id)
        company = Domain("company_id", "=", self.env.company.id)
        orders = self._search_as_reader(
            "aftersales.order", family & company, paper["lang"], limit=MAX_HISTORY
        )
        complaints = self._search_as_reader(
            "aftersales.complaint", family & company, paper["lang"], limit=MAX_HISTORY
        )
        answers = self._search_as_reader(
            "aftersales.followup",
            family & company & Domain("state", "=", "answered"),
            paper["lang"],
            order="answered_at desc, id desc",
            limit=MAX_HISTORY,
        )
        return {
            **paper,
            "number": doc.ref or False,
            "barcode": self._barcode_uri(doc.ref) if doc.ref else False,
            "customer_address": self._get_address(doc),
            "contacts": doc.child_ids.filtered(lambda p: p.type == "contact"),
            "machines": self._search_as_reader(
                "aftersales.asset",
                family & company,
                paper["lang"],
                order="state, serial, id",
            ),
            "orders": orders,
            "complaints": complaints,
            "answers": answers,
            "grade": doc.aftersales_grade_id,
        }

    @api.model
    def _search_as_reader(self, model, domain, lang, **options):
        """Records by the rights of who prints; nothing without any."""
        records = self.env[model].with_context(lang=lang)
        if not records.has_access("read"):
            return records
        return records.search(domain, **options)


class ReportVipList(models.AbstractModel):
    """All VIP customers with what matters before calling or visiting them (SV-83)."""

    _name = "report.aftersales_service.report_vip_list"
    _description = "VIP List"
    _inherit = ["aftersales.paper.mixin"]

    _paper_model = "res.company"

    @api.model
    def _prepare_paper(self, doc, data):
        paper = super()._prepare_paper(doc, data)
        return {
            **paper,
            "number": fields.Date.to_string(doc._aftersales_today()),
            "barcode": False,
            "rows": self._get_rows(doc, paper["lang"]),
        }

    @api.model
    def _get_rows(self, company, lang):
        """One row per VIP customer; queries do not depend on how many."""
        partners = (
            self.env["res.partner"]
            .with_context(lang=lang)
            .with_company(company)
            .search(
                [
                    ("aftersales_vip", "=", True),
                    ("parent_id", "=", False),
                    ("company_id", "in", [company.id, False]),
                ],
                order="name, id",
            )
        )
        of_company = Domain("company_id", "=", company.id)
        customers = Domain("commercial_partner_id", "in", partners.ids)
        year_ago = fields.Datetime.now() - relativedelta(months=12)
        last = self._group("aftersales.order", of_company & customers, "called_at:max")
        orders = self._group(
            "aftersales.order",
            of_company & customers & Domain("called_at", ">=", year_ago),
            "__count",
        )
        complaints = self._group(
            "aftersales.complaint",
            of_company & customers & Domain("state", "in", OPEN_COMPLAINTS),
            "__count",
        )
        opinions = self._get_opinions(of_company & customers)
        return [
            {
                "partner": partner,
                "last": last.get(partner.id),
                "orders": orders.get(partner.id, 0),
                "complaints": complaints.get(partner.id, 0),
                "opinion": opinions.get(partner.id, ""),
            }
            for partner in partners
        ]

    @api.model
    def _group(self, model, domain, aggregate):
        records = self.env[model]
        if not records.has_access("read"):
            return {}
        groups = records._read_group(domain, ["commercial_partner_id"], [aggregate])
        return {partner.id: value for partner, value in groups}

    @api.model
    def _get_opinions(self, domain):
        """Latest overall opinion per customer."""
        followups = self.env["aftersales.followup"]
        if not followups.has_access("read"):
            return {}
        groups = followups._read_group(
            domain & Domain("state", "=", "answered"),
            ["commercial_partner_id", "overall"],
            ["answered_at:max"],
        )
        labels = dict(followups._fields["overall"]._description_selection(self.env))
        latest = {}
        for partner, overall, _day in sorted(groups, key=lambda group: group[2]):
            latest[partner.id] = labels.get(overall, "")
        return latest

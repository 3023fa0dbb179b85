from odoo import api, fields, models
from odoo.tools import SQL

from .aftersales_complaint_category import ABOUT


class AftersalesComplaintReport(models.Model):
    """Complaints in figures, each matter counted once (SV-62).

    Days and months are those of the company's clock at the receipt. Withdrawn and
    rejected complaints are shown apart; duplicates are not there at all.
    """

    _name = "aftersales.complaint.report"
    _description = "Complaint Analysis"
    _auto = False
    _order = "received_on desc, id desc"
    _rec_name = "complaint_id"
    _depends = {
        "aftersales.complaint": [
            "about",
            "answer_at",
            "answer_deadline",
            "asset_id",
            "at_fault",
            "category_id",
            "commercial_partner_id",
            "company_id",
            "confirmed_at",
            "is_repeat",
            "product_id",
            "received_at",
            "resolve_at",
            "resolve_deadline",
            "responsible_unit",
            "seriousness",
            "state",
            "supplier_id",
            "team_id",
        ],
        "res.company": ["aftersales_tz"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id"],
    }

    complaint_id = fields.Many2one("aftersales.complaint", readonly=True)
    received_on = fields.Date("Received", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    about = fields.Selection(ABOUT, readonly=True)
    category_id = fields.Many2one(
        "aftersales.complaint.category", "Issue", readonly=True
    )
    product_id = fields.Many2one("product.product", readonly=True)
    product_categ_id = fields.Many2one(
        "product.category", "Product category", readonly=True
    )
    supplier_id = fields.Many2one("res.partner", readonly=True)
    responsible_unit = fields.Many2one("aftersales.unit", readonly=True)
    seriousness = fields.Selection(
        [("normal", "Normal"), ("serious", "Serious")], readonly=True
    )
    state = fields.Selection(selection=lambda self: self._get_states(), readonly=True)
    complaint_count = fields.Integer("Complaints", readonly=True)
    valid_count = fields.Integer(
        "Confirmed",
        readonly=True,
        help="Found justified and neither withdrawn nor rejected.",
    )
    fault_count = fields.Integer("Our fault", readonly=True)
    serious_count = fields.Integer("Serious", readonly=True)
    repeat_count = fields.Integer("Repeats", readonly=True)
    dropped_count = fields.Integer("Withdrawn or rejected", readonly=True)
    late_count = fields.Integer(
        "Late", readonly=True, help="Answered or settled after the promised time."
    )
    hours_to_answer = fields.Float(readonly=True, aggregator="avg")
    hours_to_settle = fields.Float(readonly=True, aggregator="avg")

    @api.model
    def _get_states(self):
        return self.env["aftersales.complaint"]._fields["state"].selection

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT %(columns)s
              FROM aftersales_complaint complaint
              JOIN res_company company ON company.id = complaint.company_id
         LEFT JOIN product_product product ON product.id = complaint.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE complaint.state <> 'merged'
            """,
            columns=SQL(", ").join(self._get_columns()),
        )

    @api.model
    def _get_columns(self):
        """Columns of a row; an add-on adds its own."""
        return [SQL(text) for text in (*_FACTS, *_FIGURES)]


_FACTS = (
    "complaint.id",
    "complaint.id AS complaint_id",
    "(complaint.received_at AT TIME ZONE 'UTC' AT TIME ZONE "
    "COALESCE(company.aftersales_tz, 'UTC'))::date AS received_on",
    "complaint.company_id",
    "complaint.team_id",
    "complaint.commercial_partner_id AS partner_id",
    "complaint.about",
    "complaint.category_id",
    "complaint.product_id",
    "template.categ_id AS product_categ_id",
    "complaint.supplier_id",
    "complaint.responsible_unit",
    "complaint.seriousness",
    "complaint.state",
)
_VALID = (
    "complaint.confirmed_at IS NOT NULL "
    "AND complaint.state NOT IN ('withdrawn', 'rejected')"
)
_FIGURES = (
    "1 AS complaint_count",
    f"({_VALID})::int AS valid_count",
    f"({_VALID} AND complaint.at_fault IS TRUE)::int AS fault_count",
    "(complaint.seriousness = 'serious')::int AS serious_count",
    "(complaint.is_repeat IS TRUE)::int AS repeat_count",
    "(complaint.state IN ('withdrawn', 'rejected'))::int AS dropped_count",
    "(COALESCE(complaint.answer_at, now() AT TIME ZONE 'UTC') "
    "> complaint.answer_deadline IS TRUE "
    "OR COALESCE(complaint.resolve_at, now() AT TIME ZONE 'UTC') "
    "> complaint.resolve_deadline IS TRUE)::int AS late_count",
    "EXTRACT(EPOCH FROM complaint.answer_at - complaint.received_at) / 3600 "
    "AS hours_to_answer",
    "EXTRACT(EPOCH FROM complaint.resolve_at - complaint.received_at) / 3600 "
    "AS hours_to_settle",
)

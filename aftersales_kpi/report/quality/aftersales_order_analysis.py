from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.sql import CLOCK_DEPENDS, clock, in_company_currency, local_day, select


class AftersalesOrderAnalysis(models.Model):
    """Service orders in figures: who, where, how fast, for how much (KP-06).

    One row per order. Money in the currency of the order's company, at the rate of the
    day it was done.
    """

    _name = "aftersales.order.analysis"
    _description = "Order Analysis"
    _auto = False
    _order = "called_at desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "aftersales.order": [
            *(
                "amount_covered",
                "amount_untaxed",
                "answer_at",
                "arrive_at",
                "called_at",
            ),
            *("channel", "charge_state", "commercial_partner_id", "company_id"),
            *("currency_id", "done_at", "fault_level", "grade_id", "opinion"),
            *("parent_id", "place", "product_id", "resolve_deadline", "service_type"),
            *("state", "team_id", "technician_id", "zone_id", "resolve_at"),
        ],
        "aftersales.visit": ["left_at", "order_id", "state"],
        "aftersales.worklog": ["hours", "order_id"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id"],
        "res.currency": ["decimal_places"],
        **CLOCK_DEPENDS,
    }

    order_id = fields.Many2one("aftersales.order", "Service order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    zone_id = fields.Many2one("aftersales.zone", readonly=True)
    grade_id = fields.Many2one("aftersales.grade", "Service grade", readonly=True)
    technician_id = fields.Many2one(
        "aftersales.technician", "Technician in charge", readonly=True
    )
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    product_categ_id = fields.Many2one(
        "product.category", "Product category", readonly=True
    )
    state = fields.Selection(
        selection=lambda self: self._get_selection("state"), readonly=True
    )
    service_type = fields.Selection(
        selection=lambda self: self._get_selection("service_type"), readonly=True
    )
    place = fields.Selection(
        selection=lambda self: self._get_selection("place"), readonly=True
    )
    channel = fields.Selection(
        selection=lambda self: self._get_selection("channel"), readonly=True
    )
    fault_level = fields.Selection(
        selection=lambda self: self._get_selection("fault_level"), readonly=True
    )
    opinion = fields.Selection(
        selection=lambda self: self._get_selection("opinion"), readonly=True
    )
    called_at = fields.Datetime("Called on", readonly=True)
    called_on = fields.Date("Day of the call", readonly=True)
    done_on = fields.Date("Day done", readonly=True)
    order_count = fields.Integer("Orders", readonly=True)
    done_count = fields.Integer("Done", readonly=True)
    cancelled_count = fields.Integer("Cancelled", readonly=True)
    repeat_count = fields.Integer("Repeats", readonly=True)
    late_count = fields.Integer(
        "Solved late", readonly=True, help="Solved, or still open, after the promise."
    )
    visit_count = fields.Integer("Visits", readonly=True)
    hours = fields.Float("Hours of work", readonly=True)
    hours_to_answer = fields.Float(readonly=True, aggregator="avg")
    hours_to_arrive = fields.Float(readonly=True, aggregator="avg")
    hours_to_solve = fields.Float(readonly=True, aggregator="avg")
    revenue = fields.Monetary(
        "Order value",
        readonly=True,
        help="What the customer pays, before tax, of orders done.",
    )
    covered = fields.Monetary(
        readonly=True, help="Value at list price of what the customer does not pay."
    )

    @api.model
    def _get_selection(self, name):
        return (
            self.env["aftersales.order"]._fields[name]._description_selection(self.env)
        )

    @property
    def _table_query(self):
        return select(self._get_columns(), SQL(_SOURCE, clock=clock("o")))

    @api.model
    def _get_columns(self):
        """``{column: SQL}``; an add-on adds its own."""
        done = SQL("o.state IN ('done', 'closed')")
        return {
            **_COLUMNS,
            "called_on": local_day("o.called_at"),
            "done_on": local_day("o.done_at"),
            "done_count": SQL("(%s)::int", done),
            "revenue": SQL(
                "CASE WHEN %s THEN %s ELSE 0 END", done, _money("o.amount_untaxed")
            ),
            "covered": SQL(
                "CASE WHEN %s THEN %s ELSE 0 END", done, _money("o.amount_covered")
            ),
        }


def _money(column):
    return in_company_currency(column, "o", "COALESCE(o.done_at, o.called_at)::date")


_COLUMNS = {
    "id": "o.id",
    "order_id": "o.id",
    "partner_id": "o.commercial_partner_id",
    "product_categ_id": "template.categ_id",
    "order_count": "1",
    "cancelled_count": "(o.state = 'cancelled')::int",
    "repeat_count": "(o.parent_id IS NOT NULL AND o.state <> 'cancelled')::int",
    "late_count": """(o.state <> 'cancelled'
        AND COALESCE(o.resolve_at, now() AT TIME ZONE 'UTC') > o.resolve_deadline)::int
    """,
    "visit_count": """(SELECT count(*) FROM aftersales_visit visit
        WHERE visit.order_id = o.id AND visit.state = 'left')::int""",
    "hours": """(SELECT sum(log.hours) FROM aftersales_worklog log
        WHERE log.order_id = o.id)""",
    "hours_to_answer": "EXTRACT(EPOCH FROM o.answer_at - o.called_at) / 3600",
    "hours_to_arrive": "EXTRACT(EPOCH FROM o.arrive_at - o.called_at) / 3600",
    "hours_to_solve": "EXTRACT(EPOCH FROM o.done_at - o.called_at) / 3600",
    **{
        name: f"o.{name}"
        for name in (
            *("company_id", "team_id", "zone_id", "grade_id", "technician_id"),
            *("product_id", "state", "service_type", "place", "channel"),
            *("fault_level", "opinion", "called_at"),
        )
    },
}
_SOURCE = """
    FROM aftersales_order o
    %(clock)s
    JOIN res_currency own ON own.id = company.currency_id
    LEFT JOIN product_product product ON product.id = o.product_id
    LEFT JOIN product_template template ON template.id = product.product_tmpl_id
"""

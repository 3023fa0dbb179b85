from odoo import fields, models
from odoo.tools import SQL

from ...const import MARK_FIELDS
from .aftersales_followup_plan import get_selection


class AftersalesFollowupReport(models.Model):
    """Follow-ups for pivot and graph (SV-81, KP-04).

    One row per follow-up and technician of its order, because an opinion counts for
    every technician of the order. Numbers are counts of different follow-ups, so
    a follow-up of two technicians counts once in every total.
    """

    _name = "aftersales.followup.report"
    _description = "Follow-up Analysis"
    _auto = False
    _order = "planned_on desc, id desc"
    _rec_name = "followup_id"
    _depends = {
        "aftersales.followup": [
            "agent_id",
            "answered_at",
            "channel",
            "commercial_partner_id",
            "company_id",
            "due_on",
            "kind",
            "order_id",
            "overall",
            "planned_on",
            "praise",
            "state",
            "team_id",
            *MARK_FIELDS,
        ],
        "aftersales.order": ["technician_ids", "product_id"],
        "res.company": ["aftersales_tz"],
    }

    followup_id = fields.Many2one("aftersales.followup", readonly=True)
    order_id = fields.Many2one("aftersales.order", readonly=True)
    technician_id = fields.Many2one("aftersales.technician", readonly=True)
    agent_id = fields.Many2one("res.users", "Caller", readonly=True)
    commercial_partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    kind = fields.Selection(
        lambda self: get_selection(self, "aftersales.followup", "kind"),
        readonly=True,
    )
    state = fields.Selection(
        lambda self: get_selection(self, "aftersales.followup", "state"),
        readonly=True,
    )
    overall = fields.Selection(
        lambda self: get_selection(self, "aftersales.followup", "overall"),
        "Opinion",
        readonly=True,
    )
    channel = fields.Selection(
        lambda self: get_selection(self, "aftersales.followup", "channel"),
        readonly=True,
    )
    planned_on = fields.Date(readonly=True)
    answered_at = fields.Datetime("Answered on", readonly=True)
    number = fields.Integer("Follow-ups", readonly=True, aggregator="count_distinct")
    answered = fields.Integer(
        readonly=True,
        aggregator="count_distinct",
        help="With an overall opinion; regular contacts often have none.",
    )
    satisfied = fields.Integer(
        readonly=True,
        aggregator="count_distinct",
        help="Answered “very satisfied” or “satisfied”.",
    )
    dissatisfied = fields.Integer(readonly=True, aggregator="count_distinct")
    unreachable = fields.Integer(
        "Not reached", readonly=True, aggregator="count_distinct"
    )
    late = fields.Integer(
        readonly=True,
        aggregator="count_distinct",
        help="Answered after the last day, or still open after it.",
    )
    praised = fields.Integer("Praise", readonly=True, aggregator="count_distinct")
    satisfaction = fields.Float(
        "Satisfaction (%)",
        readonly=True,
        aggregator="avg",
        help="(Very satisfied + satisfied) ÷ answered. Silence does not count.",
    )
    attitude = fields.Float(readonly=True, aggregator="avg")
    skill = fields.Float(readonly=True, aggregator="avg")
    punctuality = fields.Float("Arrival time", readonly=True, aggregator="avg")
    promises = fields.Float("Promises kept", readonly=True, aggregator="avg")

    @property
    def _table_query(self):
        return SQL("%s %s %s", self._select(), self._from(), self._where())

    def _select(self):
        """Columns; add-ons append theirs in ``_select_additional``."""
        return SQL(
            """
            SELECT ROW_NUMBER() OVER (ORDER BY f.id, rel.%(technician)s) AS id,
                   f.id AS followup_id, f.order_id, f.agent_id, f.company_id, f.team_id,
                   f.commercial_partner_id, f.kind, f.state, f.overall, f.channel,
                   f.planned_on, f.answered_at, o.product_id,
                   rel.%(technician)s AS technician_id,
                   f.id AS number,
                   CASE WHEN f.overall IS NOT NULL THEN f.id END AS answered,
                   CASE WHEN f.overall IN ('very_satisfied', 'satisfied')
                        THEN f.id END AS satisfied,
                   CASE WHEN f.overall = 'dissatisfied' THEN f.id END AS dissatisfied,
                   CASE WHEN f.state = 'unreachable' THEN f.id END AS unreachable,
                   CASE WHEN f.state IN ('planned', 'answered') AND timezone(
                            COALESCE(company.aftersales_tz, 'UTC'),
                            timezone('UTC', COALESCE(
                                f.answered_at, timezone('UTC', now())))
                        )::date > f.due_on THEN f.id END AS late,
                   CASE WHEN f.praise IS NOT NULL THEN f.id END AS praised,
                   CASE WHEN f.overall IN ('very_satisfied', 'satisfied') THEN 100.0
                        WHEN f.overall IS NOT NULL THEN 0.0 END AS satisfaction,
                   %(marks)s
                   %(additional)s
            """,
            technician=SQL.identifier(self._get_technician_column()),
            marks=SQL(", ").join(
                SQL("%s::float AS %s", SQL.identifier("f", n), SQL.identifier(n))
                for n in MARK_FIELDS
            ),
            additional=self._select_additional(),
        )

    def _select_additional(self):
        return SQL("")

    def _read_group_select(self, aggregate_spec, query):
        """Averages over different follow-ups, not over rows.

        A follow-up of two technicians has two rows; in every total it weighs once.
        ``id * scale + value`` is different for each follow-up, so that ``DISTINCT``
        drops the second row and keeps equal marks of different follow-ups.
        """
        name, _colon, function = aggregate_spec.partition(":")
        if function != "avg" or name not in {"satisfaction", *MARK_FIELDS}:
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            """(SUM(DISTINCT %(id)s::numeric * 1000 + %(value)s::numeric)
                - SUM(DISTINCT %(id)s::numeric * 1000)
                  FILTER (WHERE %(value)s IS NOT NULL))::float
               / NULLIF(COUNT(DISTINCT %(id)s)
                        FILTER (WHERE %(value)s IS NOT NULL), 0)""",
            id=self._field_to_sql(self._table, "number", query),
            value=self._field_to_sql(self._table, name, query),
        )

    def _get_technician_column(self):
        return self.env["aftersales.order"]._fields["technician_ids"].column2

    def _from(self):
        field = self.env["aftersales.order"]._fields["technician_ids"]
        return SQL(
            """
            FROM aftersales_followup f
            LEFT JOIN aftersales_order o ON o.id = f.order_id
            LEFT JOIN %s rel ON rel.%s = o.id
            JOIN res_company company ON company.id = f.company_id
            """,
            SQL.identifier(field.relation),
            SQL.identifier(field.column1),
        )

    def _where(self):
        return SQL("WHERE f.state != 'cancelled'")

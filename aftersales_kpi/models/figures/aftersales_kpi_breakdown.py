from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.aftersales_service.const import OPINIONS

from ...const import DONE_STATES
from ...tools.figures import ALL, NOBODY

# Kind: the column it counts by, and what has to change to make it due again.
KINDS = {
    "product": ("product_id", {"done", "line"}),
    "symptom": ("symptom_id", {"done"}),
    "cause": ("cause_id", {"done"}),
    "answer": ("overall", {"followup"}),
}
TOPICS = set().union(*(topics for _column, topics in KINDS.values()))
COLUMNS = tuple(column for column, _topics in KINDS.values())


class AftersalesKpiBreakdown(models.Model):
    """What happened how often in a month: products, faults, answers (KP-08, KP-12).

    Dashboards over a million orders add up these few rows instead of the orders. They
    are brought in line together with the figures of their month; unlike these they
    follow the facts of a closed month without a mark. Nobody else writes them.
    """

    _name = "aftersales.kpi.breakdown"
    _description = "Faults and Answers of a Month"
    _inherit = ["aftersales.guard.mixin"]
    _order = "month desc, kind, fact_count desc, id"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    month = fields.Date(required=True, readonly=True)
    team_id = fields.Many2one(
        "aftersales.team", "Service point", readonly=True, ondelete="cascade"
    )
    technician_id = fields.Many2one(
        "aftersales.technician",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="In charge of the order.",
    )
    kind = fields.Selection(
        [
            ("product", "Product"),
            ("symptom", "Symptom"),
            ("cause", "Cause"),
            ("answer", "Answer of the customer"),
        ],
        "Breakdown by",
        required=True,
        readonly=True,
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    symptom_id = fields.Many2one(
        "aftersales.symptom", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    cause_id = fields.Many2one(
        "aftersales.cause", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    overall = fields.Selection(OPINIONS, "Overall opinion", readonly=True)
    fact_count = fields.Integer(
        "Count",
        readonly=True,
        help="Orders done in the month, or answers given in it.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id", guarded=True)
    amount_customer = fields.Monetary("To pay by the customer", readonly=True)
    amount_covered = fields.Monetary(
        "Covered",
        readonly=True,
        help="Before tax, at list price, of what the customer does not pay.",
    )

    _once = models.UniqueIndex(
        "(company_id, month, kind, COALESCE(team_id, 0), COALESCE(technician_id, 0), "
        "COALESCE(product_id, 0), COALESCE(symptom_id, 0), COALESCE(cause_id, 0), "
        "COALESCE(overall, ''))",
        "This is counted already.",
    )
    _kind_idx = models.Index("(kind, month)")
    _team_idx = models.Index("(team_id) WHERE team_id IS NOT NULL")

    # -- storing --------------------------------------------------------------

    @api.model
    def _refresh(self, slice, topics=None):
        """Bring a slice of a month in line with its facts, one query for each kind.

        The caller holds the lock of the month.

        :param slice: tools.figures.Slice
        :param topics: what has changed; None: everything
        """
        due = [
            kind
            for kind, (_column, of) in KINDS.items()
            if topics is None or of & topics
        ]
        if not due:
            return
        facts = self.env["aftersales.kpi.facts"]
        facts._flush()
        for kind in due:
            select = self._select_answers if kind == "answer" else self._select_orders
            self._replace(facts, slice, kind, select(facts, slice, KINDS[kind][0]))
        self.invalidate_model()

    @api.model
    def _refresh_changes(self, period, changes):
        """The same for what has changed in the month: its people only."""
        topics = changes.keys() & TOPICS
        people = set().union(*(changes[topic] for topic in topics))
        if not people:
            return
        slice = self.env["aftersales.kpi.facts"]._get_slice(
            period.company_id,
            period.month,
            sorted(map(int, people - {ALL, NOBODY})),
            NOBODY in people,
            ALL in people,
        )
        self._refresh(slice, topics)

    def _select_orders(self, facts, slice, column):
        """Orders done in the month, money in the company's currency."""
        rate = facts._get_rate(slice, SQL("currency_id"))
        return SQL(
            """
            SELECT team_id, technician_id, %(column)s, COUNT(*) AS fact_count,
                   ROUND(SUM(amount_customer * %(rate)s), %(digits)s) AS customer,
                   ROUND(SUM(amount_covered * %(rate)s), %(digits)s) AS covered
              FROM aftersales_order
             WHERE company_id = %(company)s AND %(column)s IS NOT NULL
               AND state IN %(done)s AND %(month)s AND %(who)s
             GROUP BY team_id, technician_id, %(column)s
            """,
            column=SQL.identifier(column),
            rate=rate,
            digits=facts._get_digits(slice),
            company=slice.company_id,
            done=DONE_STATES,
            month=facts._within(slice, SQL("done_at")),
            who=facts._who(slice, SQL("technician_id")),
        )

    def _select_answers(self, facts, slice, column):
        return SQL(
            """
            SELECT f.team_id, o.technician_id, f.%(column)s, COUNT(*) AS fact_count,
                   0::numeric AS customer, 0::numeric AS covered
              FROM aftersales_followup f
              LEFT JOIN aftersales_order o ON o.id = f.order_id
             WHERE f.company_id = %(company)s AND f.%(column)s IS NOT NULL
               AND f.state = 'answered' AND %(month)s AND %(who)s
             GROUP BY f.team_id, o.technician_id, f.%(column)s
            """,
            column=SQL.identifier(column),
            company=slice.company_id,
            month=facts._within(slice, SQL("f.answered_at")),
            who=facts._who(slice, SQL("o.technician_id")),
        )

    def _replace(self, facts, slice, kind, select):
        """Only rows that differ are written."""
        column = SQL.identifier(KINDS[kind][0])
        self.env.cr.execute(
            SQL(
                """
                WITH fresh AS (%(select)s), lost AS (
                    DELETE FROM aftersales_kpi_breakdown old
                     WHERE company_id = %(company)s AND month = %(month)s
                       AND kind = %(kind)s AND %(who)s AND NOT EXISTS (
                           SELECT FROM fresh WHERE fresh.%(column)s = old.%(column)s
                              AND fresh.team_id IS NOT DISTINCT FROM old.team_id
                              AND fresh.technician_id
                                  IS NOT DISTINCT FROM old.technician_id)
                )
                INSERT INTO aftersales_kpi_breakdown AS old (
                    company_id, month, kind, team_id, technician_id, %(column)s,
                    fact_count, amount_customer, amount_covered)
                SELECT %(company)s, %(month)s, %(kind)s, fresh.* FROM fresh
                    ON CONFLICT (company_id, month, kind, COALESCE(team_id, 0),
                       COALESCE(technician_id, 0), COALESCE(product_id, 0),
                       COALESCE(symptom_id, 0), COALESCE(cause_id, 0),
                       COALESCE(overall, ''))
                    DO UPDATE SET fact_count = EXCLUDED.fact_count,
                       amount_customer = EXCLUDED.amount_customer,
                       amount_covered = EXCLUDED.amount_covered
                 WHERE (old.fact_count, old.amount_customer, old.amount_covered)
                       IS DISTINCT FROM (EXCLUDED.fact_count,
                       EXCLUDED.amount_customer, EXCLUDED.amount_covered)
                """,
                select=select,
                column=column,
                company=slice.company_id,
                month=slice.first,
                kind=kind,
                who=facts._who(slice, SQL("technician_id")),
            )
        )

    # -- records behind -------------------------------------------------------

    def action_open_records(self):
        """Open the orders or follow-ups counted, as far as the reader may see them.

        :raise UserError: rows of both, which no list can show together
        """
        self.check_access("read")
        answers = self.filtered(lambda row: row.kind == "answer")
        if answers and answers != self:
            raise UserError(
                self.env._("Choose either rows of answers or rows of orders.")
            )
        domain = Domain.OR(row._get_record_domain() for row in self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answers") if answers else self.env._("Service orders"),
            "res_model": "aftersales.followup" if answers else "aftersales.order",
            "views": [(False, "list"), (False, "form")],
            "domain": list(domain),
            "context": {"create": False, "active_test": False},
        }

    def _get_record_domain(self):
        slice = self.env["aftersales.kpi.facts"]._get_slice(self.company_id, self.month)
        column = KINDS[self.kind][0]
        value = self[column] if self.kind == "answer" else self[column].id
        day, states, who = "done_at", DONE_STATES, "technician_id"
        if self.kind == "answer":
            day, states = "answered_at", ("answered",)
            who = "order_id.technician_id"
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("team_id", "=", self.team_id.id)
            & Domain(who, "=", self.technician_id.id)
            & Domain("state", "in", states)
            & Domain(column, "=", value)
            & Domain(day, ">=", slice.start)
            & Domain(day, "<", slice.end)
        )

from hashlib import sha1

from odoo import api, models
from odoo.tools import SQL

from ...const import DONE_STATES

SALES = ("out_invoice", "out_refund", "out_receipt")
# What figures count of an order, besides whose it is.
ORDER = (
    *("id", "state", "service_type", "place", "team_id", "product_id", "asset_id"),
    *("symptom_id", "cause_id", "misuse", "currency_id", "called_at", "started_at"),
    *("answer_at", "arrive_at", "resolve_at", "done_at", "cancelled_at"),
    *("answer_deadline", "arrive_deadline", "resolve_deadline"),
)
ORDER_MONEY = ("id", "amount_untaxed", "amount_customer", "amount_covered")
LINE = (
    *("id", "kind", "product_id", "uom_id", "quantity", "returned_quantity"),
    *("list_price", "price_unit", "discount", "payer", "warranty_cost"),
)
VISIT = ("id", "order_id", "team_id", "state", "outcome", "arrived_at")
CARD = ("id", "order_id", "team_id", "state", "overall", "answered_at", "due_on")
LOG = ("id", "order_id", "team_id", "category", "hours", "date")
COMPLAINT = (
    *("id", "state", "at_fault", "supplier_id", "product_id", "team_id", "order_id"),
    *("received_at", "confirmed_at"),
)
ENTRY = (
    *("id", "state", "kind", "date", "partner_id", "claim_id"),
    *("deposit_amount", "receivable_amount", "given_back"),
)
LEAVE = ("id", "date_from", "date_to", "calendar_id", "resource_id", "time_type")


class AftersalesKpiFacts(models.AbstractModel):
    """The trace of a month: one number for the facts of each topic and person (KP-06).

    The month keeps the trace it was counted from. Where today's differs, a fact has
    come, gone or changed, however it was written, and only its topic and person are
    counted again. What is no fact of the month leaves no trace: cost prices,
    timetables, definitions. So they do not move what is closed.
    """

    _inherit = "aftersales.kpi.facts"

    @api.model
    def _read_trace(self, slice):
        """``{topic: {technician id, "0" of nobody, "all" of everybody: number}}``

        One query. Keys and numbers are text, as they come back from JSON.
        """
        self._flush()
        rows = self.env.execute_query(
            SQL(
                """
                WITH month AS MATERIALIZED (%s)
                SELECT topic, who, SUM(fact)::text FROM (%s) facts GROUP BY topic, who
                """,
                self._trace_orders(slice),
                self._union(*self._get_traces(slice)),
            )
        )
        trace = {}
        for topic, who, number in rows:
            trace.setdefault(topic, {})[who] = number
        return trace

    @api.model
    def _trace_kpis(self, company):
        """What the figures of a company mean today, in the same form."""
        kpis = self.env["aftersales.kpi"]._get_for_company(company)
        return {
            str(kpi.id): sha1(
                repr(kpi._get_meaning()).encode(), usedforsecurity=False
            ).hexdigest()
            for kpi in kpis
        }

    @api.model
    def _get_traces(self, slice):
        """SELECTs of ``topic, who, fact``; a later add-on adds those of its own facts.

        They may join ``month``: the orders of the month with ``id``, ``who`` and the
        conditions ``done``, ``due``, ``reached``, ``open``.
        """
        return [
            SQL(
                """
                SELECT topic, who, fact FROM month
                 CROSS JOIN LATERAL (VALUES ('done', done), ('due', due),
                       ('reached', reached), ('backlog', open)) AS t (topic, counts)
                 WHERE counts
                """
            ),
            SQL(
                "SELECT 'machine', '0', fact FROM month"
                " WHERE open AND asset_id IS NOT NULL"
            ),
            SQL("SELECT 'line', who, money FROM month WHERE done"),
            self._trace_of_done(
                "done",
                "aftersales_order",
                "parent_id",
                ("id", "state", "misuse", "called_at"),
            ),
            self._trace_of_done("done", "aftersales_visit", "order_id", VISIT),
            self._trace_of_done("asked", "aftersales_followup", "order_id", CARD),
            self._trace_of_done("line", "aftersales_order_line", "order_id", LINE),
            self._trace_purchases(),
            self._trace_moves(),
            self._trace_visits(slice),
            self._trace_followups(slice),
            self._trace_complaints(slice),
            self._trace_worklogs(slice),
            self._trace_roster(slice),
            *self._trace_money(slice),
        ]

    def _hash(self, alias, names):
        """A number for these columns of a row."""
        columns = SQL(", ").join(SQL.identifier(alias, name) for name in names)
        return SQL("hashtextextended(ROW(%s)::text, 0)", columns)

    def _who_is(self, column):
        return SQL("COALESCE(%s, 0)::text", column)

    def _trace_orders(self, slice):
        """Orders that count in the month in any way; by the indexes of their dates."""
        promises = SQL(" OR ").join(
            self._within(slice, SQL.identifier("o", f"{name}_deadline"))
            for name in ("answer", "arrive", "resolve")
        )
        reached = SQL(" OR ").join(
            self._within(slice, SQL.identifier("o", f"{name}_at"))
            for name in ("answer", "arrive")
        )
        done = self._within(slice, SQL("o.done_at"))
        is_open = SQL(
            """
            o.called_at < %(end)s
            AND (o.done_at >= %(start)s OR o.done_at IS NULL
                 AND (o.cancelled_at >= %(start)s OR o.cancelled_at IS NULL))
            """,
            start=slice.start,
            end=slice.end,
        )
        return SQL(
            """
            SELECT o.id, o.asset_id, %(who)s AS who, %(fact)s AS fact,
                   %(money)s AS money, %(done)s AND o.state IN %(states)s AS done,
                   %(due)s AS due, %(reached)s AS reached, %(open)s AS open
              FROM aftersales_order o
             WHERE o.company_id = %(company)s
               AND (%(done)s OR %(due)s OR %(reached)s OR %(open)s)
            """,
            who=self._who_is(SQL("o.technician_id")),
            fact=self._hash("o", ORDER),
            money=self._hash("o", ORDER_MONEY),
            states=DONE_STATES,
            done=done,
            due=promises,
            reached=reached,
            open=is_open,
            company=slice.company_id,
        )

    def _trace_of_done(self, topic, table, column, names):
        """Rows that hang on the orders done in the month."""
        return SQL(
            "SELECT %s, month.who, %s FROM month JOIN %s x ON %s = month.id"
            " WHERE month.done",
            topic,
            self._hash("x", names),
            SQL.identifier(table),
            SQL.identifier("x", column),
        )

    def _trace_purchases(self):
        return SQL(
            """
            SELECT 'line', month.who,
                   hashtextextended(ROW(b.id, p.state = 'cancel')::text, 0)
              FROM month
              JOIN aftersales_order_line l ON l.order_id = month.id
              JOIN purchase_order_line b ON b.aftersales_order_line_id = l.id
              JOIN purchase_order p ON p.id = b.order_id
             WHERE month.done
            """
        )

    def _trace_moves(self):
        return SQL(
            """
            SELECT 'line', month.who, %s
              FROM month
              JOIN aftersales_order_line l ON l.order_id = month.id
              JOIN stock_move m ON m.aftersales_order_line_id = l.id
             WHERE month.done AND m.state = 'done'
            """,
            self._hash("m", ("id", "aftersales_kind", "quantity", "value")),
        )

    def _trace_visits(self, slice):
        return SQL(
            """
            SELECT 'visit', %s, %s FROM aftersales_visit v
              JOIN aftersales_order o ON o.id = v.order_id
             WHERE v.company_id = %s AND %s
            """,
            self._who_is(SQL("o.technician_id")),
            self._hash("v", VISIT),
            slice.company_id,
            self._within(slice, SQL("v.arrived_at")),
        )

    def _trace_followups(self, slice):
        """In the month of the answer, and of the last day."""
        return SQL(
            """
            SELECT 'followup', %s, %s FROM aftersales_followup f
              LEFT JOIN aftersales_order o ON o.id = f.order_id
             WHERE f.company_id = %s
               AND (%s OR f.due_on >= %s AND f.due_on <= %s)
            """,
            self._who_is(SQL("o.technician_id")),
            self._hash("f", CARD),
            slice.company_id,
            self._within(slice, SQL("f.answered_at")),
            slice.first,
            slice.last,
        )

    def _trace_complaints(self, slice):
        return SQL(
            """
            SELECT 'complaint', %s, %s FROM aftersales_complaint c
              LEFT JOIN aftersales_order o ON o.id = c.order_id
             WHERE c.company_id = %s AND c.confirmed_at IS NOT NULL AND %s
            """,
            self._who_is(self._get_complaint_person()),
            self._hash("c", COMPLAINT),
            slice.company_id,
            self._within(slice, SQL("c.received_at")),
        )

    def _trace_worklogs(self, slice):
        return SQL(
            """
            SELECT 'worklog', %s, %s FROM aftersales_worklog w
             WHERE w.company_id = %s AND w.date >= %s AND w.date <= %s
            """,
            self._who_is(SQL("w.technician_id")),
            self._hash("w", LOG),
            slice.company_id,
            slice.first,
            slice.last,
        )

    def _trace_roster(self, slice):
        """Leave of a person, holidays of everybody."""
        return SQL(
            """
            SELECT 'roster', COALESCE(t.id::text, 'all'), %s
              FROM resource_calendar_leaves x
              LEFT JOIN aftersales_technician t ON t.resource_id = x.resource_id
             WHERE x.date_from < %s AND x.date_to >= %s
               AND (t.company_id = %s OR x.resource_id IS NULL
                    AND COALESCE(x.company_id, %s) = %s)
            """,
            self._hash("x", LEAVE),
            slice.end,
            slice.start,
            slice.company_id,
            slice.company_id,
            slice.company_id,
        )

    def _trace_money(self, slice):
        """Sales, what suppliers paid back, deposits: of nobody."""
        days = (slice.company_id, slice.first, slice.last)
        return [
            SQL(
                """
                SELECT 'sale', '0', %s FROM account_move m
                 WHERE m.state = 'posted' AND m.move_type IN %s
                   AND m.company_id = %s AND m.invoice_date >= %s
                   AND m.invoice_date <= %s
                """,
                self._hash("m", ("id", "invoice_date", "amount_untaxed_signed")),
                SALES,
                *days,
            ),
            SQL(
                """
                SELECT 'claim', '0', %s
                  FROM (%s) paid
                  JOIN aftersales_supplier_claim c ON c.id = paid.claim_id
                 WHERE c.company_id = %s AND paid.date >= %s AND paid.date <= %s
                """,
                self._hash("paid", ("claim_id", "kind", "date", "amount")),
                self.env["aftersales.supplier.claim"]._recoveries_sql(),
                *days,
            ),
            SQL(
                """
                SELECT topic, '0', %s FROM aftersales_deposit_entry d
                 CROSS JOIN (VALUES ('deposit'), ('claim')) AS t (topic)
                 WHERE d.company_id = %s AND d.date >= %s AND d.date <= %s
                """,
                self._hash("d", ENTRY),
                *days,
            ),
        ]

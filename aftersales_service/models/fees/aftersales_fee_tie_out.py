from odoo import api, fields, models
from odoo.tools import SQL

# Documents listed per figure; the rest is only counted.
ENTRIES = 1000

TOTALS = {
    "agreed": "agreed_company",
    "covered": "covered_company",
    "invoiced": "invoiced_company",
    "credited": "credited_company",
    "written_off": "written_off_company",
    "collected": "collected_company",
    "handed": "handed_company",
    "open": "open_company",
    "rate_difference": "rate_difference",
}


class AftersalesFeeTieOut(models.AbstractModel):
    """The desk against the general ledger, to the cent (SV-54).

    Each figure is drawn twice: from the service documents and from posted journal
    items. What differs is listed entry by entry, so nobody has to search.

    Amounts in a foreign currency are converted from the document at its own rate, once
    per document; Odoo converts line by line. The cents between the two, and cash
    rounding, are shown as ``rounding``; ``difference`` is what nothing explains.
    """

    _name = "aftersales.fee.tie_out"
    _description = "Tie-out of Service Fees with the Ledger"

    # -------------------------------------------------------------------------
    # TIE-OUT
    # -------------------------------------------------------------------------

    @api.model
    def get_tie_out(self, company_id, date_from, date_to, team_id=False):
        """Desk, ledger and their difference for a period.

        :param int company_id: company
        :param date_from: first day
        :param date_to: last day; money with technicians is that of its evening
        :param team_id: one service point, or False for all
        :return: ``{name: {"desk", "ledger", "rounding", "difference", "entries",
            "more"}}`` for ``revenue``, ``receivable``, ``technicians`` and ``covered``
        """
        self.env["res.users"]._check_aftersales_role("accountant", "manager")
        company = self.env["res.company"].browse(int(company_id))
        self.env["aftersales.fee.line"].check_access("read")
        if company not in self.env.companies:
            company.check_access("read")
            return {}
        return self._get_tie_out(
            company,
            fields.Date.to_date(date_from),
            fields.Date.to_date(date_to),
            self.env["aftersales.team"].browse(team_id or []),
        )

    @api.model
    def _get_tie_out(self, company, start, end, team):
        self.env.flush_all()
        figures = {
            "revenue": self._tie(
                company, self._query_revenue(company, start, end, team)
            ),
            "receivable": self._tie(
                company, self._query_receivable(company, start, end, team)
            ),
            "technicians": self._tie_technicians(company, end, team),
        }
        figures.update(self._get_more_ties(company, start, end, team))
        return figures

    @api.model
    def _get_more_ties(self, company, start, end, team):
        """Cost of free work, once it is posted; other add-ons add theirs."""
        if company.aftersales_free_work_policy == "off":
            return {}
        query = self._query_covered(company, start, end)
        if team:
            query = self._covered_of_team(query, team)
        return {"covered": self._tie(company, query)}

    @api.model
    def _covered_of_team(self, query, team):
        """The part of each posting that is about orders of the service point."""

        def part(side):
            return SQL(
                "round((%(side)s)::numeric * v.upto / v.whole, 6)"
                " - round((%(side)s)::numeric * (v.upto - v.mine) / v.whole, 6)",
                side=side,
            )

        return SQL(
            """
            SELECT c.model, c.id, c.name, %(desk)s AS desk, %(ledger)s AS ledger,
                   c.known, c.tolerance
              FROM (%(query)s) c
             CROSS JOIN LATERAL (
                SELECT o.team_id, sum(f.cost) AS mine,
                       sum(sum(f.cost)) OVER (ORDER BY o.team_id NULLS LAST) AS upto,
                       sum(sum(f.cost)) OVER () AS whole
                  FROM aftersales_free_work_line f
                  JOIN aftersales_order o ON o.id = f.order_id
                 WHERE f.work_id = c.id
                 GROUP BY o.team_id
             ) v
             WHERE c.model = 'aftersales.free.work' AND v.whole <> 0
               AND v.team_id = %(team)s
            """,
            desk=part(SQL("c.desk")),
            ledger=part(SQL("c.ledger")),
            query=query,
            team=team.id,
        )

    @api.model
    def _query_covered(self, company, start, end):
        """Postings of free work, and what stands on the accounts they go to.

        The desk adds up the lines of the postings, the ledger the entries. A posting
        counts with its entries, one for all or one per order; an entry that takes it
        back counts for it on its own day.
        """
        return SQL(
            """
            SELECT CASE WHEN t.work_id IS NULL THEN 'account.move'
                        ELSE 'aftersales.free.work' END AS model,
                   coalesce(t.work_id, t.move_id) AS id,
                   coalesce(w.name, m.name) AS name,
                   sum(t.desk) AS desk, sum(t.ledger) AS ledger, 0.0 AS known,
                   0.0 AS tolerance
              FROM (
                SELECT e.move_id, r.work_id, 0.0 AS desk, e.balance AS ledger
                  FROM account_move_line e
                  JOIN account_move n ON n.id = e.move_id
                  LEFT JOIN aftersales_free_work_move_rel r
                         ON r.move_id IN (n.id, n.reversed_entry_id)
                 WHERE e.parent_state = 'posted' AND e.company_id = %(company)s
                   AND e.date BETWEEN %(start)s AND %(end)s
                   AND e.account_id IN (
                        SELECT a.account_id FROM aftersales_free_work_account a
                         WHERE a.company_id = %(company)s)
                 UNION ALL
                SELECT NULL, v.id, s.cost, 0.0
                  FROM aftersales_free_work v
                 CROSS JOIN LATERAL (%(costs)s) s
                 WHERE v.company_id = %(company)s AND v.state <> 'draft'
                   AND v.date_to BETWEEN %(start)s AND %(end)s
                 UNION ALL
                SELECT NULL, v.id, -s.cost, 0.0
                  FROM aftersales_free_work v
                 CROSS JOIN LATERAL (%(costs)s) s
                 CROSS JOIN LATERAL (
                    SELECT min(n.date) AS date FROM account_move n
                      JOIN aftersales_free_work_move_rel r
                        ON r.move_id = n.reversed_entry_id
                     WHERE r.work_id = v.id AND n.state = 'posted'
                 ) b
                 WHERE v.company_id = %(company)s AND v.state = 'reversed'
                   AND b.date BETWEEN %(start)s AND %(end)s
              ) t
              LEFT JOIN aftersales_free_work w ON w.id = t.work_id
              LEFT JOIN account_move m ON m.id = t.move_id
             GROUP BY 1, 2, 3
            """,
            company=company.id,
            start=start,
            end=end,
            costs=SQL(
                "SELECT coalesce(sum(f.cost), 0.0) AS cost"
                " FROM aftersales_free_work_line f WHERE f.work_id = v.id"
            ),
        )

    @api.model
    def _tie(self, company, query):
        """Sum both sides; list the documents whose sides differ.

        :param query: rows of (model, id, name, desk, ledger, known, tolerance): what
            is known to differ, and how much rounding may differ beside it
        """
        currency = company.currency_id
        rows = SQL(
            """
            SELECT model, id, name, desk, ledger, desk - ledger AS off,
                   known + CASE WHEN abs(desk - ledger - known) <= tolerance
                                THEN desk - ledger - known ELSE 0.0 END AS rounding
              FROM (
                SELECT model, id, name, round(desk::numeric, %(digits)s) AS desk,
                       round(ledger::numeric, %(digits)s) AS ledger,
                       round(known::numeric, %(digits)s) AS known, tolerance
                  FROM (%(query)s) q
              ) t
            """,
            digits=currency.decimal_places,
            query=query,
        )
        [(*sums, count)] = self.env.execute_query(
            SQL(
                "SELECT coalesce(sum(desk), 0), coalesce(sum(ledger), 0),"
                " coalesce(sum(rounding), 0), count(*) FILTER (WHERE off <> 0)"
                " FROM (%s) t",
                rows,
            )
        )
        entries = self._list_entries(currency, rows) if count else []
        return {
            **self._make_tie(currency, *sums),
            "entries": entries,
            "more": count - len(entries),
        }

    @api.model
    def _make_tie(self, currency, desk, ledger, rounding=0.0):
        desk, ledger, rounding = map(float, (desk, ledger, rounding))
        return {
            "desk": currency.round(desk),
            "ledger": currency.round(ledger),
            "rounding": currency.round(rounding),
            "difference": currency.round(desk - ledger - rounding),
        }

    @api.model
    def _list_entries(self, currency, rows):
        """What nothing explains comes first."""
        found = self.env.execute_query(
            SQL(
                "SELECT model, id, name, desk, ledger, rounding FROM (%s) t"
                " WHERE off <> 0"
                " ORDER BY abs(off - rounding) DESC, abs(off) DESC, id LIMIT %s",
                rows,
                ENTRIES,
            )
        )
        return [
            {
                "model": model,
                "id": res_id,
                "name": name,
                **self._make_tie(currency, *amounts),
            }
            for model, res_id, name, *amounts in found
        ]

    @api.model
    def _charging_moves(self, company, start, end, team):
        """Posted invoices of service orders, and those without an order.

        By their items and by what the orders keep: an item that is gone hides none.
        """
        where = SQL("AND o.team_id = %s", team.id) if team else SQL()
        orphans = (
            SQL()
            if team
            else SQL(
                """
                UNION SELECT m.id FROM account_move m
                 WHERE m.aftersales_orphan AND m.state = 'posted'
                   AND m.company_id = %s AND m.date BETWEEN %s AND %s
                """,
                company.id,
                start,
                end,
            )
        )
        return SQL(
            """
            SELECT e.move_id AS id
              FROM account_move_line e
              JOIN aftersales_order_line l ON l.id = e.aftersales_order_line_id
              JOIN aftersales_order o ON o.id = l.order_id
             WHERE e.parent_state = 'posted' AND e.company_id = %(company)s
               AND e.date BETWEEN %(start)s AND %(end)s %(where)s
             UNION
            SELECT m.id
              FROM account_move m
              JOIN aftersales_order_account_move_rel r ON r.move_id = m.id
              JOIN aftersales_order o ON o.id = r.order_id
             WHERE m.state = 'posted' AND m.company_id = %(company)s
               AND m.date BETWEEN %(start)s AND %(end)s %(where)s
            %(orphans)s
            """,
            company=company.id,
            start=start,
            end=end,
            where=where,
            orphans=orphans,
        )

    @api.model
    def _first_team(self):
        """The point that answers for lines of no order on the document ``m``."""
        return SQL(
            "(SELECT q.team_id FROM aftersales_order_account_move_rel h"
            " JOIN aftersales_order q ON q.id = h.order_id"
            " WHERE h.move_id = m.id ORDER BY q.id LIMIT 1)"
        )

    @api.model
    def _is_of_team(self, team, own, has_order):
        """Condition: the row of that service point; all rows without one."""
        if not team:
            return SQL("TRUE")
        return SQL(
            "CASE WHEN %s THEN %s ELSE %s END = %s",
            has_order,
            own,
            self._first_team(),
            team.id,
        )

    @api.model
    def _query_revenue(self, company, start, end, team):
        """The documents' own totals, and what stands on income accounts.

        The desk takes the net amount kept on the document, shared among its lines; of
        a collective invoice only the lines of the service point count, on both sides.
        With accounts named in the settings, everything booked there counts as well,
        whatever document it comes from.
        """
        accounts = company.aftersales_revenue_account_ids
        scope = SQL("e.move_id IN (SELECT id FROM moves)")
        if accounts and not team:
            scope = SQL(
                "(%s OR e.account_id IN %s AND e.date BETWEEN %s AND %s)",
                scope,
                tuple(accounts.ids),
                start,
                end,
            )
        income = (
            SQL("e.account_id IN %s", tuple(accounts.ids))
            if accounts
            else SQL("t.account_type IN ('income', 'income_other')")
        )
        return SQL(
            """
            WITH moves AS (%(moves)s), booked AS (
                SELECT e.move_id,
                       coalesce(-sum(e.balance) FILTER (WHERE %(income)s), 0.0)
                           AS ledger,
                       coalesce(sum(e.balance) FILTER (
                           WHERE %(income)s AND e.display_type = 'rounding'), 0.0)
                           AS known
                  FROM account_move_line e
                  JOIN account_move m ON m.id = e.move_id
                  JOIN account_account t ON t.id = e.account_id
                  LEFT JOIN aftersales_order_line l
                         ON l.id = e.aftersales_order_line_id
                  LEFT JOIN aftersales_order o ON o.id = l.order_id
                 WHERE e.parent_state = 'posted' AND e.company_id = %(company)s
                   AND %(scope)s AND %(point)s
                 GROUP BY e.move_id
            )
            SELECT 'account.move' AS model, m.id, m.name,
                   coalesce(d.amount, 0.0) / r.rate AS desk,
                   coalesce(k.ledger, 0.0) AS ledger, coalesce(k.known, 0.0) AS known,
                   r.tolerance
              FROM (SELECT id FROM moves UNION SELECT move_id FROM booked) u
              JOIN account_move m ON m.id = u.id
              LEFT JOIN booked k ON k.move_id = m.id
             CROSS JOIN LATERAL (%(rate)s) r
              LEFT JOIN LATERAL (%(shares)s) d ON m.id IN (SELECT id FROM moves)
            """,
            moves=self._charging_moves(company, start, end, team),
            income=income,
            rate=self._select_rate(company),
            company=company.id,
            scope=scope,
            point=self._is_of_team(team, SQL("o.team_id"), SQL("l.id IS NOT NULL")),
            shares=self._revenue_of_orders(team),
        )

    @api.model
    def _revenue_of_orders(self, team):
        """Net amount of the document ``m`` that its orders (of the point) charge.

        A document that has lost its lines counts in full.
        """
        mine = self._is_of_team(team, SQL("w.team_id"), SQL("w.order_id IS NOT NULL"))
        return SQL(
            """
            SELECT CASE WHEN m.move_type = 'out_refund' THEN -1 ELSE 1 END * CASE
                       WHEN coalesce(max(w.whole), 0.0) = 0.0 THEN max(n.untaxed)
                       ELSE sum(round(n.untaxed * w.upto / w.whole, 6)
                                - round(n.untaxed * (w.upto - w.mine) / w.whole, 6))
                            FILTER (WHERE w.order_id IS NOT NULL AND %(mine)s)
                   END AS amount
              FROM (
                SELECT m.amount_untaxed + coalesce(sum(y.amount_currency
                           * CASE WHEN m.move_type = 'out_refund' THEN -1 ELSE 1 END),
                           0.0) AS untaxed
                  FROM account_move_line y
                 WHERE y.move_id = m.id AND y.display_type = 'rounding'
                   AND y.tax_line_id IS NULL
              ) n
              LEFT JOIN LATERAL (
                SELECT g.order_id, g.team_id, g.mine,
                       sum(g.mine) OVER (ORDER BY g.order_id NULLS LAST) AS upto,
                       sum(g.mine) OVER () AS whole
                  FROM (
                    SELECT l.order_id, o.team_id, sum(e.price_subtotal) AS mine
                      FROM account_move_line e
                      LEFT JOIN aftersales_order_line l
                             ON l.id = e.aftersales_order_line_id
                      LEFT JOIN aftersales_order o ON o.id = l.order_id
                     WHERE e.move_id = m.id AND e.display_type = 'product'
                     GROUP BY l.order_id, o.team_id
                  ) g
              ) w ON TRUE
            """,
            mine=mine,
        )

    @api.model
    def _select_rate(self, company):
        """Rate of the document ``m``, and the cents its lines may round away.

        In company currency nothing is rounded away, unless taxes are rounded for the
        whole document.
        """
        base = company.currency_id
        whole = company.tax_calculation_rounding_method == "round_globally"
        return SQL(
            """
            SELECT CASE WHEN m.currency_id = %(base)s THEN 1.0
                        ELSE coalesce(nullif(m.invoice_currency_rate, 0), 1.0)
                        END::numeric AS rate,
                   CASE WHEN m.currency_id = %(base)s THEN %(own)s::numeric
                        ELSE %(cent)s::numeric + (
                            SELECT z.rounding / coalesce(
                                       nullif(m.invoice_currency_rate, 0), 1.0)::numeric
                              FROM res_currency z WHERE z.id = m.currency_id)
                        END * (
                            SELECT count(*) FROM account_move_line y
                             WHERE y.move_id = m.id AND y.display_type IN
                                   ('product', 'tax')) AS tolerance
            """,
            base=base.id,
            own=base.rounding if whole else 0.0,
            cent=base.rounding,
        )

    @api.model
    def _query_receivable(self, company, start, end, team):
        """What was open at the end: by the documents, and by the journal items.

        The desk takes document less payments in its own currency, at its own rate;
        the ledger holds them, and exchange differences, in company currency.
        """
        lines = self.env["aftersales.fee.line"]
        digits = company.currency_id.decimal_places
        mine = self._is_of_team(team, SQL("w.team_id"), SQL("w.order_id IS NOT NULL"))
        return SQL(
            """
            WITH moves AS (%(moves)s)
            SELECT 'account.move' AS model, m.id, m.name,
                   coalesce(s.desk, 0.0) AS desk, %(ledger)s AS ledger,
                   0.0 AS known, r.tolerance
              FROM account_move m
             CROSS JOIN LATERAL (%(rate)s) r
             CROSS JOIN LATERAL (
                SELECT round((%(residual)s)::numeric / r.rate, %(digits)s) AS desk,
                       (%(booked)s)::numeric AS ledger
             ) d
             CROSS JOIN LATERAL (
                SELECT sum(w.desk) FILTER (
                           WHERE w.order_id IS NOT NULL AND %(mine)s) AS desk,
                       sum(w.ledger) FILTER (WHERE %(mine)s) AS ledger
                  FROM (%(parts)s) w
             ) s
             WHERE m.id IN (SELECT id FROM moves)
            """,
            moves=self._charging_moves(company, start, end, team),
            ledger=SQL("coalesce(s.ledger, 0.0)") if team else SQL("d.ledger"),
            rate=self._select_rate(company),
            residual=lines._residual_at(end),
            booked=lines._residual_at(end, company=True),
            digits=digits,
            mine=mine,
            parts=self._residual_of_orders(digits),
        )

    @api.model
    def _residual_of_orders(self, digits):
        """Both sides of a document's open amount, shared among its orders.

        Shared as the desk shares it; lines of no order come last.
        """

        def part(whole):
            return SQL(
                "round(%(whole)s * v.upto / v.whole, %(digits)s)"
                " - round(%(whole)s * (v.upto - v.mine) / v.whole, %(digits)s)",
                whole=whole,
                digits=digits,
            )

        return SQL(
            """
            SELECT v.order_id, v.team_id, %(desk)s AS desk, %(ledger)s AS ledger
              FROM (
                SELECT g.order_id, g.team_id, g.mine,
                       sum(g.mine) OVER (ORDER BY g.order_id NULLS LAST) AS upto,
                       sum(g.mine) OVER () AS whole
                  FROM (
                    SELECT n.order_id, o.team_id, sum(e.price_total) AS mine
                      FROM account_move_line e
                      LEFT JOIN aftersales_order_line n
                             ON n.id = e.aftersales_order_line_id
                      LEFT JOIN aftersales_order o ON o.id = n.order_id
                     WHERE e.move_id = m.id AND e.display_type = 'product'
                     GROUP BY n.order_id, o.team_id
                  ) g
              ) v
             WHERE v.whole <> 0
            """,
            desk=part(SQL("d.desk")),
            ledger=part(SQL("d.ledger")),
        )

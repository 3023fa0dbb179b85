from odoo import api, fields, models
from odoo.tools import SQL

# Documents listed per figure; the rest is only counted.
ENTRIES = 1000

TOTALS = {
    "agreed": "agreed_company",
    "covered": "covered_company",
    "invoiced": "invoiced_company",
    "credited": "credited_company",
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
        return {"covered": self._tie(company, self._query_covered(company, start, end))}

    @api.model
    def _query_covered(self, company, start, end):
        """Postings of free work, and what stands on the accounts they go to.

        A posting counts with its entries, one for all or one per order; an entry that
        takes it back counts for it on its own day.
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
                SELECT NULL, v.id, v.amount, 0.0
                  FROM aftersales_free_work v
                 WHERE v.company_id = %(company)s AND v.state <> 'draft'
                   AND v.date_to BETWEEN %(start)s AND %(end)s
                 UNION ALL
                SELECT NULL, v.id, -v.amount, 0.0
                  FROM aftersales_free_work v
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
        """Posted invoices of service orders, and those without an order."""
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
            SELECT DISTINCT e.move_id AS id
              FROM account_move_line e
              JOIN aftersales_order_line l ON l.id = e.aftersales_order_line_id
              JOIN aftersales_order o ON o.id = l.order_id
             WHERE e.parent_state = 'posted' AND e.company_id = %s
               AND e.date BETWEEN %s AND %s %s
            %s
            """,
            company.id,
            start,
            end,
            where,
            orphans,
        )

    @api.model
    def _query_revenue(self, company, start, end, team):
        """Lines of orders by their documents, and what stands on income accounts.

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
            WITH moves AS (%(moves)s)
            SELECT 'account.move' AS model, m.id, m.name,
                   coalesce(sum(CASE WHEN m.move_type = 'out_refund'
                                     THEN -e.price_subtotal ELSE e.price_subtotal END)
                            FILTER (WHERE l.id IS NOT NULL), 0.0) / max(r.rate)
                       AS desk,
                   coalesce(-sum(e.balance) FILTER (WHERE %(income)s), 0.0) AS ledger,
                   coalesce(sum(e.balance) FILTER (
                       WHERE %(income)s AND e.display_type = 'rounding'), 0.0)
                       AS known,
                   max(r.tolerance) AS tolerance
              FROM account_move_line e
              JOIN account_move m ON m.id = e.move_id
              JOIN account_account t ON t.id = e.account_id
             CROSS JOIN LATERAL (%(rate)s) r
              LEFT JOIN aftersales_order_line l ON l.id = e.aftersales_order_line_id
             WHERE e.parent_state = 'posted' AND e.company_id = %(company)s
               AND %(scope)s
             GROUP BY m.id, m.name
            """,
            moves=self._charging_moves(company, start, end, team),
            income=income,
            rate=self._select_rate(company),
            company=company.id,
            scope=scope,
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
        other = (
            SQL("AND o.team_id IS DISTINCT FROM %s", team.id)
            if team
            else SQL("AND FALSE")
        )
        return SQL(
            """
            WITH moves AS (%(moves)s)
            SELECT 'account.move' AS model, m.id, m.name,
                   coalesce(s.mine, 0.0) - coalesce(s.others, 0.0) AS desk,
                   %(ledger)s - coalesce(s.others, 0.0) AS ledger,
                   0.0 AS known, r.tolerance
              FROM account_move m
             CROSS JOIN LATERAL (%(rate)s) r
             CROSS JOIN LATERAL (
                SELECT round((%(residual)s)::numeric / r.rate, %(digits)s) AS residual
             ) d
             CROSS JOIN LATERAL (
                SELECT sum(w.part) AS mine,
                       sum(w.part) FILTER (WHERE w.id IS NOT NULL %(other)s) AS others
                  FROM (%(parts)s) w
                  LEFT JOIN aftersales_order o ON o.id = w.id
             ) s
             WHERE m.id IN (SELECT id FROM moves)
            """,
            moves=self._charging_moves(company, start, end, team),
            ledger=lines._residual_at(end, company=True),
            rate=self._select_rate(company),
            residual=lines._residual_at(end),
            digits=company.currency_id.decimal_places,
            other=other,
            parts=self._residual_of_orders(company.currency_id.decimal_places),
        )

    @api.model
    def _residual_of_orders(self, digits):
        """The parts of a document's open amount the desk shows on its orders."""
        return SQL(
            """
            SELECT v.order_id AS id,
                   round(d.residual * v.upto / v.whole, %(digits)s)
                   - round(d.residual * (v.upto - v.mine) / v.whole, %(digits)s)
                   AS part
              FROM (
                SELECT g.order_id, g.mine,
                       sum(g.mine) OVER (ORDER BY g.order_id NULLS LAST) AS upto,
                       sum(g.mine) OVER () AS whole
                  FROM (
                    SELECT n.order_id, sum(e.price_total) AS mine
                      FROM account_move_line e
                      LEFT JOIN aftersales_order_line n
                             ON n.id = e.aftersales_order_line_id
                     WHERE e.move_id = m.id AND e.display_type = 'product'
                     GROUP BY n.order_id
                  ) g
              ) v
             WHERE v.whole <> 0 AND v.order_id IS NOT NULL
            """,
            digits=digits,
        )

    # -------------------------------------------------------------------------
    # MONEY WITH TECHNICIANS
    # -------------------------------------------------------------------------

    @api.model
    def get_held_at(self, company_id, day, technician_ids=None):
        """Cash the technicians held in the evening of a day, in company currency.

        :return: ``{technician id: amount}`` of open collections, without zeros
        """
        self.env["res.users"]._check_aftersales_role("accountant", "manager")
        company = self.env["res.company"].browse(int(company_id))
        company.check_access("read")
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT technician_id, sum(desk) FROM (%s) t GROUP BY 1",
                self._query_held(company, fields.Date.to_date(day)),
            )
        )
        return {
            technician: company.currency_id.round(float(amount))
            for technician, amount in rows
            if amount and (technician_ids is None or technician in technician_ids)
        }

    @api.model
    def _query_held(self, company, day):
        """Collections taken and not handed in by the evening of that day."""
        account = company.aftersales_collection_journal_id.default_account_id
        return SQL(
            """
            SELECT k.id, k.name, k.technician_id, o.team_id,
                   coalesce(b.balance, round(k.amount / r.rate, %(digits)s)) AS desk,
                   CASE WHEN b.date <= %(day)s THEN b.balance ELSE 0.0 END AS ledger
              FROM aftersales_collection k
              JOIN aftersales_order o ON o.id = k.order_id
              JOIN res_company c ON c.id = k.company_id
              LEFT JOIN aftersales_handover h
                     ON h.id = k.handover_id AND h.move_id IS NOT NULL
                    AND h.state <> 'cancelled'
              LEFT JOIN account_payment p ON p.id = k.payment_id
              LEFT JOIN LATERAL (
                SELECT sum(e.balance) AS balance, min(e.date) AS date
                  FROM account_move_line e
                 WHERE e.move_id = p.move_id AND e.account_id = %(account)s
                   AND e.parent_state = 'posted'
              ) b ON TRUE
             CROSS JOIN LATERAL (%(rate)s) r
             WHERE k.company_id = %(company)s AND k.method = 'cash'
               AND k.state <> 'cancelled'
               AND (k.collected_at AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                   <= %(day)s
               AND (h.id IS NULL OR h.date > %(day)s)
            """,
            day=day,
            account=account.id or 0,
            company=company.id,
            tz=company._aftersales_zone().zone,
            digits=company.currency_id.decimal_places,
            rate=self.env["aftersales.fee.line"]._from_rate(),
        )

    @api.model
    def _tie_technicians(self, company, day, team):
        """Open collections against the balance of the on-site account."""
        account = company.aftersales_collection_journal_id.default_account_id
        currency = company.currency_id
        held = self._query_held(company, day)
        where = SQL("WHERE team_id = %s", team.id) if team else SQL()
        [(desk, booked)] = self.env.execute_query(
            SQL(
                "SELECT coalesce(sum(desk), 0), coalesce(sum(ledger), 0)"
                " FROM (%s) t %s",
                held,
                where,
            )
        )
        ledger = booked
        if not team:
            [(ledger,)] = self.env.execute_query(
                SQL(
                    "SELECT coalesce(sum(balance), 0) FROM account_move_line"
                    " WHERE account_id = %s AND parent_state = 'posted'"
                    " AND company_id = %s AND date <= %s",
                    account.id or 0,
                    company.id,
                    day,
                )
            )
        figures = {
            **self._make_tie(currency, desk, ledger),
            "entries": [],
            "more": 0,
        }
        if figures["difference"] or not currency.is_zero(float(desk - booked)):
            query = SQL(
                "SELECT 'aftersales.collection' AS model, id, name, desk, ledger,"
                " 0.0 AS known, 0.0 AS tolerance FROM (%s) t %s %s",
                held,
                where,
                SQL() if team else self._other_onsite_entries(company, account, day),
            )
            tie = self._tie(company, query)
            figures.update(entries=tie["entries"], more=tie["more"])
        return figures

    @api.model
    def _other_onsite_entries(self, company, account, day):
        """What stands on the account beside money technicians hold now."""
        return SQL(
            """
            UNION ALL
            SELECT CASE WHEN h.id IS NULL THEN 'account.move'
                        ELSE 'aftersales.handover' END,
                   coalesce(h.id, m.id), coalesce(h.name, m.name), 0.0,
                   sum(e.balance), 0.0, 0.0
              FROM account_move_line e
              JOIN account_move m ON m.id = e.move_id
              LEFT JOIN account_payment p ON p.move_id = m.id
              LEFT JOIN aftersales_collection k ON k.payment_id = p.id
              LEFT JOIN aftersales_handover x ON x.move_id = m.id
              LEFT JOIN aftersales_handover h
                     ON h.id = coalesce(k.handover_id, x.id)
                    AND h.move_id IS NOT NULL AND h.state <> 'cancelled'
                    AND h.date <= %(day)s
             WHERE e.account_id = %(account)s AND e.company_id = %(company)s
               AND e.parent_state = 'posted' AND e.date <= %(day)s
               AND (k.id IS NULL OR h.id IS NOT NULL OR k.method <> 'cash')
             GROUP BY 1, 2, 3
            """,
            day=day,
            account=account.id or 0,
            company=company.id,
        )

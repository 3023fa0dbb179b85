from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.workbook import make_workbook

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


class AftersalesFeeTie(models.AbstractModel):
    """The desk against the general ledger, to the cent (SV-54).

    Each figure is drawn twice: from the service documents and from posted journal
    items. What differs is listed entry by entry, so nobody has to search.
    """

    _name = "aftersales.fee.tie"
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
        :return: ``{name: {"desk", "ledger", "difference", "entries"}}`` for
            ``revenue``, ``receivable``, ``technicians`` and ``covered``
        """
        self.env["aftersales.order"]._check_group("accountant", "manager")
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
        """Posted lines of free work, and the balance of the accounts they go to."""
        return SQL(
            """
            SELECT 'account.move' AS model, t.id, m.name, sum(t.desk) AS desk,
                   sum(t.ledger) AS ledger
              FROM (
                SELECT e.move_id AS id, e.balance AS ledger, 0.0 AS desk
                  FROM account_move_line e
                 WHERE e.parent_state = 'posted' AND e.company_id = %(company)s
                   AND e.date BETWEEN %(start)s AND %(end)s
                   AND e.account_id IN (
                        SELECT a.account_id FROM aftersales_free_work_account a
                         WHERE a.company_id = %(company)s)
                 UNION ALL
                SELECT (SELECT min(r.move_id) FROM aftersales_free_work_move_rel r
                         WHERE r.work_id = w.id), 0.0, w.amount
                  FROM aftersales_free_work w
                 WHERE w.company_id = %(company)s AND w.state = 'posted'
                   AND w.date_to BETWEEN %(start)s AND %(end)s
              ) t
              JOIN account_move m ON m.id = t.id
             GROUP BY t.id, m.name
            """,
            company=company.id,
            start=start,
            end=end,
        )

    @api.model
    def _tie(self, company, query):
        """Sum both sides; list up to 50 documents whose sides differ.

        :param query: rows of (model, id, name, desk, ledger)
        """
        currency = company.currency_id
        totals = SQL(
            "SELECT coalesce(sum(desk), 0), coalesce(sum(ledger), 0) FROM (%s) t", query
        )
        [(desk, ledger)] = self.env.execute_query(totals)
        rows = self.env.execute_query(
            SQL(
                "SELECT model, id, name, round(desk, 2), round(ledger, 2) FROM (%s) t"
                " WHERE round(desk - ledger, 2) <> 0 ORDER BY abs(desk - ledger) DESC"
                " LIMIT 50",
                query,
            )
        )
        desk, ledger = (currency.round(float(value)) for value in (desk, ledger))
        return {
            "desk": desk,
            "ledger": ledger,
            "difference": currency.round(desk - ledger),
            "entries": [
                {
                    "model": model,
                    "id": res_id,
                    "name": name,
                    "desk": float(mine),
                    "ledger": float(theirs),
                    "difference": currency.round(float(mine) - float(theirs)),
                }
                for model, res_id, name, mine, theirs in rows
            ],
        }

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
        whatever document it comes from. Lines in a foreign currency count with the
        amount Odoo converted: it converts before rounding, the line shows it after.
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
                   sum(CASE WHEN l.id IS NULL THEN 0.0
                            WHEN m.currency_id <> %(currency)s THEN -e.balance
                            WHEN m.move_type = 'out_refund' THEN -e.price_subtotal
                            ELSE e.price_subtotal END) AS desk,
                   sum(CASE WHEN %(income)s THEN -e.balance ELSE 0.0 END) AS ledger
              FROM account_move_line e
              JOIN account_move m ON m.id = e.move_id
              JOIN account_account t ON t.id = e.account_id
              LEFT JOIN aftersales_order_line l ON l.id = e.aftersales_order_line_id
             WHERE e.parent_state = 'posted' AND e.company_id = %(company)s
               AND %(scope)s
             GROUP BY m.id, m.name
            """,
            moves=self._charging_moves(company, start, end, team),
            income=income,
            currency=company.currency_id.id,
            company=company.id,
            scope=scope,
        )

    @api.model
    def _query_receivable(self, company, start, end, team):
        """Open amounts: shares of the orders, and residuals of journal items."""
        other = (
            SQL("AND o.team_id IS DISTINCT FROM %s", team.id)
            if team
            else SQL("AND FALSE")
        )
        return SQL(
            """
            WITH moves AS (%s)
            SELECT 'account.move' AS model, m.id, m.name,
                   coalesce(s.mine, 0.0) - coalesce(s.others, 0.0) AS desk,
                   r.residual - coalesce(s.others, 0.0) AS ledger
              FROM account_move m
             CROSS JOIN LATERAL (
                SELECT coalesce(sum(e.amount_residual), 0.0) AS residual
                  FROM account_move_line e
                  JOIN account_account t ON t.id = e.account_id
                 WHERE e.move_id = m.id AND t.account_type = 'asset_receivable'
             ) r
             CROSS JOIN LATERAL (
                SELECT sum(w.part) AS mine,
                       sum(w.part) FILTER (WHERE w.id IS NOT NULL %s) AS others
                  FROM (%s) w
                  LEFT JOIN aftersales_order o ON o.id = w.id
             ) s
             WHERE m.id IN (SELECT id FROM moves)
            """,
            self._charging_moves(company, start, end, team),
            other,
            self._residual_of_orders(),
        )

    @api.model
    def _residual_of_orders(self):
        """The parts of a document's open amount the desk shows on its orders."""
        return SQL(
            """
            SELECT v.order_id AS id,
                   round(m.amount_residual_signed * v.upto / v.whole, 2)
                   - round(m.amount_residual_signed * (v.upto - v.mine) / v.whole, 2)
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
            """
        )

    # -------------------------------------------------------------------------
    # MONEY WITH TECHNICIANS
    # -------------------------------------------------------------------------

    @api.model
    def get_held_at(self, company_id, day, technician_ids=None):
        """Cash the technicians held in the evening of a day, in company currency.

        :return: ``{technician id: amount}`` of open collections, without zeros
        """
        self.env["aftersales.order"]._check_group("accountant", "manager")
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
        tz = company.partner_id.tz or self.env.user.tz or "UTC"
        return SQL(
            """
            SELECT k.id, k.name, k.technician_id, o.team_id,
                   coalesce(b.balance, round(k.amount / r.rate, 2)) AS desk,
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
            tz=tz,
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
        desk, ledger = (currency.round(float(value)) for value in (desk, ledger))
        figures = {
            "desk": desk,
            "ledger": ledger,
            "difference": currency.round(desk - ledger),
            "entries": [],
        }
        if figures["difference"] or desk != currency.round(float(booked)):
            query = SQL(
                "SELECT 'aftersales.collection' AS model, id, name, desk, ledger"
                " FROM (%s) t %s %s",
                held,
                where,
                SQL() if team else self._other_onsite_entries(company, account, day),
            )
            figures["entries"] = self._tie(company, query)["entries"]
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
                   sum(e.balance)
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

    # -------------------------------------------------------------------------
    # FIGURES OF A CLOSE
    # -------------------------------------------------------------------------

    @api.model
    def _get_close_figures(self, close):
        """Totals, money by method, revenue by tax and category, tie-out."""
        lines = close._get_lines()
        orders = lines.order_id
        return {
            "totals": self._get_totals(close._lines_domain()),
            "methods": self._sum_methods(orders),
            "taxes": self._sum_taxes(orders),
            "categories": self._sum_categories(orders),
            "accepted": self._list_accepted(orders),
            "ties": self._get_tie_out(
                close.company_id, close.date_from, close.date_to, close.team_id
            ),
        }

    @api.model
    def _get_totals(self, domain):
        """Totals of the desk in company currency; one query."""
        rows = self.env["aftersales.fee.line"]._read_group(
            domain, ["state"], ["__count", *(f"{f}:sum" for f in TOTALS.values())]
        )
        totals = dict.fromkeys(TOTALS, 0.0)
        totals.update(orders=0, exceptions=0, accepted=0)
        for state, count, *sums in rows:
            totals["orders"] += count
            if state == "exception":
                totals["exceptions"] += count
            elif state == "accepted":
                totals["accepted"] += count
            for name, value in zip(TOTALS, sums, strict=True):
                totals[name] = round(totals[name] + float(value or 0.0), 2)
        return totals

    @api.model
    def _sum_methods(self, orders):
        rows = self.env["aftersales.collection"]._read_group(
            [("order_id", "in", orders.ids), ("state", "!=", "cancelled")],
            ["method", "currency_id"],
            ["__count", "amount:sum"],
        )
        return [
            {
                "method": method,
                "currency": currency.name,
                "count": count,
                "amount": float(amount or 0.0),
            }
            for method, currency, count, amount in rows
        ]

    @api.model
    def _invoice_lines(self, orders):
        """Posted lines of these orders, in company currency, credit notes negative."""
        return SQL(
            """
            SELECT e.id, e.product_id,
                   -e.balance AS base,
                   s.sign * (e.price_total - e.price_subtotal) / s.rate AS tax
              FROM aftersales_order_line l
              JOIN account_move_line e ON e.aftersales_order_line_id = l.id
              JOIN account_move m ON m.id = e.move_id
             CROSS JOIN LATERAL (
                SELECT CASE WHEN m.move_type = 'out_refund' THEN -1 ELSE 1 END AS sign,
                       coalesce(nullif(m.invoice_currency_rate, 0), 1)::numeric AS rate
             ) s
             WHERE l.order_id = ANY(%s) AND e.parent_state = 'posted'
            """,
            orders.ids,
        )

    @api.model
    def _sum_taxes(self, orders):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT q.taxes, round(sum(e.base), 2), round(sum(e.tax), 2)
                  FROM (%s) e
                  LEFT JOIN LATERAL (
                    SELECT array_agg(r.account_tax_id ORDER BY r.account_tax_id)
                           AS taxes
                      FROM account_move_line_account_tax_rel r
                     WHERE r.account_move_line_id = e.id
                  ) q ON TRUE
                 GROUP BY q.taxes ORDER BY q.taxes NULLS LAST
                """,
                self._invoice_lines(orders),
            )
        )
        # Safe: names of the taxes on invoices the accountant closes.
        taxes = self.env["account.tax"].sudo().with_context(active_test=False)
        return [
            {
                "tax": " + ".join(taxes.browse(ids or []).mapped("name")) or "–",
                "base": float(base),
                "amount": float(amount),
            }
            for ids, base, amount in rows
        ]

    @api.model
    def _sum_categories(self, orders):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT t.categ_id, round(sum(e.base), 2)
                  FROM (%s) e
                  LEFT JOIN product_product p ON p.id = e.product_id
                  LEFT JOIN product_template t ON t.id = p.product_tmpl_id
                 GROUP BY t.categ_id ORDER BY t.categ_id NULLS LAST
                """,
                self._invoice_lines(orders),
            )
        )
        # Safe: names of the categories of what was invoiced.
        categories = self.env["product.category"].sudo()
        return [
            {
                "category": categories.browse(res_id or []).display_name or "–",
                "base": float(base),
            }
            for res_id, base in rows
        ]

    @api.model
    def _list_accepted(self, orders):
        checks = self.env["aftersales.fee.check"].search(
            [("order_id", "in", orders.ids), ("code", "!=", "ok")], order="id"
        )
        return [
            {
                "order": check.order_id.name,
                "exception": check.exception,
                "amount": check.amount,
                "reason": check.reason,
                "user": check.user_id.name,
            }
            for check in checks
        ]

    # -------------------------------------------------------------------------
    # WORKBOOK
    # -------------------------------------------------------------------------

    @api.model
    def _make_workbook(self, close):
        """The close as a workbook: summary, one row per order, accepted exceptions."""
        return make_workbook(
            [
                (self.env._("Summary"), *self._summary_sheet(close)),
                (self.env._("Orders"), *self._orders_sheet(close)),
                (self.env._("Accepted"), *self._accepted_sheet(close)),
            ]
        )

    @api.model
    def _get_labels(self):
        """Words for the figures; papers and workbook use the same."""
        return {
            "agreed": self.env._("Agreed"),
            "covered": self.env._("Covered"),
            "invoiced": self.env._("Invoiced"),
            "credited": self.env._("Credited"),
            "collected": self.env._("Taken on site"),
            "handed": self.env._("Handed in"),
            "open": self.env._("Open"),
            "rate_difference": self.env._("Rate difference"),
            "revenue": self.env._("Revenue"),
            "receivable": self.env._("Receivable"),
            "technicians": self.env._("With technicians"),
        }

    @api.model
    def _summary_sheet(self, close):
        figures, labels = close.figures, self._get_labels()
        methods = dict(
            self.env["aftersales.collection"]
            ._fields["method"]
            ._description_selection(self.env)
        )
        rows = [[labels[name], figures["totals"][name]] for name in TOTALS]
        rows += [
            [
                f"{methods[row['method']]} ({row['currency']})",
                row["amount"],
                row["count"],
            ]
            for row in figures["methods"]
        ]
        rows += [[row["tax"], row["base"], row["amount"]] for row in figures["taxes"]]
        rows += [[row["category"], row["base"]] for row in figures["categories"]]
        rows += [
            [labels.get(name, name), tie["desk"], tie["ledger"], tie["difference"]]
            for name, tie in figures["ties"].items()
        ]
        header = [
            close.display_name,
            self.env._("Amount"),
            self.env._("Tax, count or ledger"),
            self.env._("Difference"),
        ]
        return header, rows

    @api.model
    def _orders_sheet(self, close):
        names = (
            "name",
            "day",
            "partner_id",
            "technician_id",
            "currency_id",
            "agreed",
            "deviation",
            "covered",
            "invoiced",
            "credited",
            "collected",
            "handed",
            "paid",
            "open",
            "state",
            "accepted_reason",
        )
        lines = close._get_lines()
        model = lines._fields
        header = [model[name]._description_string(self.env) for name in names]
        states = dict(model["state"]._description_selection(self.env))
        rows = []
        for line in lines:
            row = []
            for name in names:
                value = line[name]
                if isinstance(value, models.BaseModel):
                    value = value.display_name
                elif name == "state":
                    value = states[value]
                row.append(value or (0.0 if model[name].type == "monetary" else ""))
            rows.append(row)
        return header, rows

    @api.model
    def _accepted_sheet(self, close):
        header = [
            self.env._("Order"),
            self.env._("Exception"),
            self.env._("Amount"),
            self.env._("Reason"),
            self.env._("Checked by"),
        ]
        rows = [
            [row["order"], row["exception"], row["amount"], row["reason"], row["user"]]
            for row in close.figures["accepted"]
        ]
        return header, rows

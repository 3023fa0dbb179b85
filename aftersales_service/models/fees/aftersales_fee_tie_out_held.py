from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesFeeTieOut(models.AbstractModel):
    """Money that technicians hold, against the account of on-site collections."""

    _inherit = "aftersales.fee.tie_out"

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

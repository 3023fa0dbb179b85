from odoo import api, fields, models
from odoo.tools import SQL

SIDES = {
    "balance": ("account_id", -1),
    "receivable": ("receivable_account_id", 1),
    "fund": ("fund_account_id", -1),
}


class AftersalesDepositTieOut(models.AbstractModel):
    """The deposits against the general ledger, at any date (WA-22).

    Two sources per account, in the currency of the company: what the entries of the
    agreements say was booked, and what the account holds. Three things may stand
    between them:

    - what changing rates have left of foreign deposits, valued at the rate of the day:
      ``exchange``, a line of its own;
    - ``difference``, named item by item: no supplier on it, a supplier without an
      agreement, another currency than the agreement's, or an entry whose items do not
      say what it says;
    - items nobody booked through a deposit entry: they count, and are listed, since no
      manager has approved them.
    """

    _name = "aftersales.deposit.tie_out"
    _description = "Tie-out of deposits with the ledger"

    @api.model
    def get_tie_out(self, company_id, day=False):
        """Agreements, ledger and their difference at the evening of a day.

        :return: ``{name: {"desk", "ledger", "exchange", "difference", "entries",
            "by_hand"}}`` for ``balance``, ``receivable`` and ``fund``
        """
        self.env["res.users"]._check_aftersales_role("accountant", "manager")
        self.env["aftersales.deposit"].check_access("read")
        company = self.env["res.company"].browse(int(company_id))
        if company not in self.env.companies:
            company.check_access("read")
            return {}
        day = fields.Date.to_date(day) or company._aftersales_today()
        self.env["aftersales.deposit"]._flush_figures()
        return {
            name: self._tie(company, day, column, sign)
            for name, (column, sign) in SIDES.items()
        }

    @api.model
    def _tie(self, company, day, column, sign):
        currency = company.currency_id
        items = self._items_sql(company, day, column, sign)
        [(desk, exchange, ledger)] = self.env.execute_query(
            SQL(
                "SELECT coalesce(sum(worth) FILTER (WHERE own), 0),"
                " coalesce(sum(value - worth) FILTER (WHERE own), 0),"
                " coalesce(sum(value), 0) FROM (%s) i",
                items,
            )
        )
        entries = self._wrong_entries_sql(company, day, column)
        [(off,)] = self.env.execute_query(
            SQL("SELECT coalesce(sum(value), 0) FROM (%s) i", entries)
        )
        wrong = self._list(entries, SQL("TRUE"), currency)
        desk -= off
        desk, exchange, ledger = (
            currency.round(float(amount)) for amount in (desk, exchange, ledger)
        )
        return {
            "desk": desk,
            "ledger": ledger,
            "exchange": exchange,
            "difference": currency.round(ledger - exchange - desk),
            "entries": [*wrong, *self._list(items, SQL("NOT own"), currency)],
            "by_hand": self._list(items, SQL("own AND NOT linked"), currency),
        }

    @api.model
    def _rate_sql(self, company, day, currency):
        """Units of the company's currency for one of that currency on the day."""
        # Safe: ids and rates of currencies; agreements are not shown.
        deposits = self.env["aftersales.deposit"].sudo()
        used = deposits.search([("company_id", "=", company.id)]).currency_id
        rates = [
            SQL(
                "WHEN %s THEN %s::numeric",
                other.id,
                other._convert(1.0, company.currency_id, company, day, round=False),
            )
            for other in used - company.currency_id
        ]
        if not rates:
            return SQL("1.0")
        return SQL("CASE %s %s ELSE 1.0 END", currency, SQL(" ").join(rates))

    @api.model
    def _items_sql(self, company, day, column, sign):
        """Posted items of the accounts of all agreements.

        ``own``: of an agreement, in its currency; ``worth``: its value at the rate of
        the day; ``linked``: booked by a deposit entry or by its consequences.
        """
        column = SQL.identifier(column)
        return SQL(
            """
            SELECT e.id, m.id AS move_id, m.name, e.date, p.name AS partner,
                   %(sign)s * e.balance AS value,
                   %(sign)s * CASE WHEN k.foreign_id IS NULL THEN e.balance ELSE round(
                       e.amount_currency * %(rate)s, %(digits)s) END AS worth,
                   (m.aftersales_deposit_entry_id IS NOT NULL
                    OR m.aftersales_compensation_id IS NOT NULL
                    OR m.journal_id = c.currency_exchange_journal_id) AS linked,
                   coalesce(k.own, FALSE) AS own
              FROM account_move_line e
              JOIN account_move m ON m.id = e.move_id
              JOIN res_company c ON c.id = e.company_id
              LEFT JOIN res_partner p ON p.id = e.partner_id
              LEFT JOIN LATERAL (
                SELECT TRUE AS own, nullif(d.currency_id, c.currency_id) AS foreign_id
                  FROM aftersales_deposit d
                  JOIN res_partner s ON s.id = d.partner_id
                 WHERE d.company_id = e.company_id
                   AND d.%(column)s = e.account_id
                   AND s.commercial_partner_id = p.commercial_partner_id
                   AND (d.ended_on IS NULL OR e.date <= d.ended_on)
                   AND d.currency_id IN (c.currency_id, e.currency_id)
                 ORDER BY d.currency_id <> e.currency_id LIMIT 1
              ) k ON TRUE
             WHERE e.parent_state = 'posted' AND e.company_id = %(company)s
               AND e.date <= %(day)s
               AND e.account_id IN (
                   SELECT d.%(column)s FROM aftersales_deposit d
                    WHERE d.company_id = %(company)s)
            """,
            sign=sign,
            column=column,
            company=company.id,
            day=day,
            rate=self._rate_sql(company, day, SQL("k.foreign_id")),
            digits=company.currency_id.decimal_places,
        )

    @api.model
    def _wrong_entries_sql(self, company, day, column):
        """Deposit entries whose journal items do not say what the entry says.

        What was given back is split between deposit and receivable as the ledger stood
        that day, so there the entry tells only the sum of both.
        """
        booked = {
            "account_id": SQL(
                """
                CASE WHEN x.kind IN %(incoming)s
                     THEN x.amount + x.receivable_amount - b.back + i.owed_back
                     WHEN x.kind = 'compensation' THEN b.back - x.deposit_amount
                     WHEN x.kind = 'fund' THEN 0
                     WHEN x.kind = 'refund' THEN b.back - x.amount
                     ELSE x.receivable_amount - x.amount + b.back + i.owed_back END
                """,
                incoming=("receipt", "top_up"),
            ),
            "receivable_account_id": SQL(
                """
                CASE WHEN x.kind IN %(incoming)s
                     THEN x.deposit_amount - x.amount + i.owed_back
                     WHEN x.kind = 'compensation' THEN b.back - x.deposit_amount
                     WHEN x.kind = 'fund' THEN 0
                     ELSE x.amount - x.deposit_amount + i.owed_back END
                """,
                incoming=("receipt", "top_up"),
            ),
            "fund_account_id": SQL(
                "CASE WHEN x.kind = 'fund' THEN x.amount - b.back ELSE 0 END"
            ),
        }[column]
        sign = SQL("1") if column == "receivable_account_id" else SQL("-1")
        return SQL(
            """
            SELECT x.id, x.move_id, x.name, x.date, p.name AS partner,
                   (i.items - %(booked)s) * %(rate)s AS value
              FROM aftersales_deposit_entry x
              JOIN aftersales_deposit d ON d.id = x.deposit_id
              JOIN res_partner p ON p.id = d.partner_id
              LEFT JOIN aftersales_deposit_treatment t ON t.id = x.treatment_id
             CROSS JOIN LATERAL (
                SELECT coalesce(sum(%(sign)s * e.amount_currency) FILTER (
                           WHERE e.account_id = d.%(column)s), 0) AS items,
                       coalesce(sum(e.amount_currency) FILTER (
                           WHERE e.account_id = d.receivable_account_id
                             AND m.aftersales_deposit_key LIKE 'reverse:%%'), 0)
                           AS owed_back
                  FROM account_move m
                  JOIN account_move_line e ON e.move_id = m.id
                 WHERE m.aftersales_deposit_entry_id = x.id AND m.state = 'posted'
                   AND m.date <= %(day)s AND e.currency_id = d.currency_id
             ) i
             CROSS JOIN LATERAL (
                SELECT CASE WHEN count(*) FILTER (WHERE m.date > %(day)s) = 0
                            THEN coalesce(x.given_back, 0)
                            ELSE coalesce(
                                max(substr(m.aftersales_deposit_key, 9)::numeric)
                                FILTER (WHERE m.date <= %(day)s), 0)
                       END AS back
                  FROM account_move m
                 WHERE m.aftersales_deposit_entry_id = x.id AND m.state = 'posted'
                   AND m.aftersales_deposit_key LIKE 'reverse:%%'
             ) b
             WHERE d.company_id = %(company)s AND x.state IN ('posted', 'reversed')
               AND x.date <= %(day)s
               AND t.account_id IS DISTINCT FROM d.receivable_account_id
               AND abs(i.items - (%(booked)s)) > power(10, -6)
            """,
            booked=booked,
            rate=self._rate_sql(company, day, SQL("d.currency_id")),
            sign=sign,
            column=SQL.identifier(column),
            company=company.id,
            day=day,
        )

    @api.model
    def _list(self, items, condition, currency):
        """Up to 50 items, the biggest first."""
        rows = self.env.execute_query(
            SQL(
                "SELECT move_id, name, date, partner, value FROM (%s) i WHERE %s"
                " ORDER BY abs(value) DESC, id LIMIT 50",
                items,
                condition,
            )
        )
        return [
            {
                "move_id": move_id,
                "name": name,
                "date": fields.Date.to_string(day),
                "partner": partner or "",
                "amount": currency.round(float(value)),
            }
            for move_id, name, day, partner, value in rows
        ]

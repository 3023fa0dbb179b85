from odoo import api, fields, models
from odoo.tools import SQL

SIDES = {
    "balance": ("account_id", -1),
    "receivable": ("receivable_account_id", 1),
    "fund": ("fund_account_id", -1),
}


class AftersalesDepositTieOut(models.AbstractModel):
    """The deposits against the general ledger, at any date (WA-22).

    Two answers per account, in the currency of the company: what the agreements show,
    supplier by supplier, and what the account holds. What differs is listed item by
    item: no supplier on it, or a supplier without an agreement. Beside that, items
    nobody booked through a deposit entry are listed; they count, but no manager has
    approved them.
    """

    _name = "aftersales.deposit.tie_out"
    _description = "Tie-out of deposits with the ledger"

    @api.model
    def get_tie_out(self, company_id, day=False):
        """Agreements, ledger and their difference at the evening of a day.

        :return: ``{name: {"desk", "ledger", "difference", "entries", "by_hand"}}`` for
            ``balance``, ``receivable`` and ``fund``
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
        [(desk, ledger)] = self.env.execute_query(
            SQL(
                "SELECT coalesce(sum(value) FILTER (WHERE known), 0),"
                " coalesce(sum(value), 0) FROM (%s) i",
                items,
            )
        )
        desk, ledger = currency.round(float(desk)), currency.round(float(ledger))
        return {
            "desk": desk,
            "ledger": ledger,
            "difference": currency.round(ledger - desk),
            "entries": self._list(items, SQL("NOT known"), currency),
            "by_hand": self._list(items, SQL("known AND NOT linked"), currency),
        }

    @api.model
    def _items_sql(self, company, day, column, sign):
        """Posted items of the accounts of all agreements, known ones marked."""
        column = SQL.identifier(column)
        return SQL(
            """
            SELECT e.id, m.id AS move_id, m.name, e.date, p.name AS partner,
                   %(sign)s * e.balance AS value,
                   (m.aftersales_deposit_entry_id IS NOT NULL
                    OR m.aftersales_compensation_id IS NOT NULL) AS linked,
                   EXISTS (
                       SELECT 1 FROM aftersales_deposit d
                         JOIN res_partner s ON s.id = d.partner_id
                        WHERE d.company_id = e.company_id
                          AND d.%(column)s = e.account_id
                          AND s.commercial_partner_id = p.commercial_partner_id
                          AND (d.ended_on IS NULL OR e.date <= d.ended_on)
                   ) AS known
              FROM account_move_line e
              JOIN account_move m ON m.id = e.move_id
              LEFT JOIN res_partner p ON p.id = e.partner_id
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

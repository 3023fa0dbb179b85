from odoo import api, models
from odoo.tools import SQL

from .aftersales_fee_tie_out import TOTALS


class AftersalesFeeTieOut(models.AbstractModel):
    """The figures that a close keeps."""

    _inherit = "aftersales.fee.tie_out"

    @api.model
    def _get_close_figures(self, close):
        """Totals, money by method, revenue by tax and category, tie-out.

        What was paid and what is open is that of the evening of the last day.
        """
        self = self.with_context(aftersales_fee_until=close.date_to)
        lines = close._get_lines()
        orders = lines.order_id
        return {
            "totals": self._get_totals(close._lines_domain()),
            "methods": self._sum_methods(orders),
            "taxes": self._sum_taxes(orders, close.currency_id),
            "categories": self._sum_categories(orders, close.currency_id),
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
                totals[name] = round(totals[name] + float(value or 0.0), 6)
        return totals

    @api.model
    def _sum_methods(self, orders):
        rows = self.env["aftersales.collection"]._read_group(
            [("order_id", "in", orders.ids), ("state", "!=", "cancelled")],
            ["method_id", "method", "currency_id"],
            ["__count", "amount:sum"],
        )
        return [
            {
                "method": method,
                "name": way.name or False,
                "currency": currency.name,
                "count": count,
                "amount": float(amount or 0.0),
            }
            for way, method, currency, count, amount in rows
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
    def _sum_taxes(self, orders, currency):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT q.taxes, sum(e.base), sum(e.tax)
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
                "base": currency.round(float(base)),
                "amount": currency.round(float(amount)),
            }
            for ids, base, amount in rows
        ]

    @api.model
    def _sum_categories(self, orders, currency):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT t.categ_id, sum(e.base)
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
                "base": currency.round(float(base)),
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

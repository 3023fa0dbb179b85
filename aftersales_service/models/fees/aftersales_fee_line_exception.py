from odoo import api, models
from odoo.tools import SQL


class AftersalesFeeLine(models.Model):
    """What is wrong with a line, each exception by its code, in SQL."""

    _inherit = "aftersales.fee.line"

    @api.model
    def _from_exceptions(self):
        """Codes that hold now; accepted when somebody took the very same amount.

        Invoiced late is the same fact as not invoiced, accepted before.
        """
        return SQL(
            """
            SELECT string_agg(y.code, ',' ORDER BY y.seq) FILTER (
                       WHERE f.id IS NULL) AS open_codes,
                   string_agg(y.code || '=' || y.amount, ',' ORDER BY y.seq)
                       AS all_codes
              FROM (VALUES %s) AS y(seq, code, holds, amount)
              LEFT JOIN LATERAL (
                SELECT min(z.id) AS id FROM aftersales_fee_check z
                 WHERE y.holds AND z.order_id = o.id AND z.amount = y.amount
                   AND (z.code = y.code OR y.code = 'late' AND z.code = 'not_invoiced')
              ) f ON TRUE
             WHERE y.holds
            """,
            SQL(", ").join(
                SQL("(%s, %s, %s, round((%s)::numeric, 4))", seq, code, *condition)
                for seq, (code, condition) in enumerate(
                    self._get_exception_sql().items()
                )
            ),
        )

    @api.model
    def _get_exception_sql(self):
        """``{code: (condition, amount)}``; later add-ons add theirs."""
        done = SQL("o.state IN ('done', 'closed')")
        tolerance = SQL(
            "(CASE WHEN i.orders > 1 THEN i.lines ELSE 0 END)"
            " * power(10, -coalesce(cur.decimal_places, 2))"
        )
        nothing = SQL("abs(i.net) <= %s", tolerance)
        off = SQL("i.net + g.goods + g.other + g.pending - a.agreed")
        less = SQL("(i.written_off + greatest(-i.rounded, 0.0))")
        return {
            "not_invoiced": (
                SQL(
                    "%s AND a.agreed <> 0 AND a.agreed <> g.granted"
                    " AND (%s OR g.pending <> 0)",
                    done,
                    nothing,
                ),
                SQL("CASE WHEN %s THEN a.agreed ELSE g.pending END", nothing),
            ),
            "late": (
                SQL(
                    "%s AND NOT %s AND i.orders = 1"
                    " AND i.first_date > o.fee_day + coalesce("
                    "c.aftersales_invoice_days, 0)",
                    done,
                    nothing,
                ),
                SQL("i.net"),
            ),
            "voucher": (
                SQL(
                    "i.lines <> 0 AND (NOT %s AND abs(%s) > %s OR i.strange <> 0)",
                    nothing,
                    off,
                    tolerance,
                ),
                SQL("%s + i.strange", off),
            ),
            "not_handed_over": (SQL("k.in_pocket <> 0"), SQL("k.in_pocket")),
            "not_booked": (SQL("k.unbooked <> 0"), SQL("k.unbooked")),
            "price": (SQL("d.unapproved <> 0"), SQL("d.unapproved")),
            "free": (
                SQL("%s AND d.ungranted <> 0", done),
                SQL("d.ungranted"),
            ),
            "unmatched": (SQL("k.unmatched <> 0"), SQL("k.unmatched")),
            "refund": (SQL("g.goods <> 0"), SQL("g.goods")),
            "credited": (
                SQL("g.other - g.granted > 0"),
                SQL("g.other - g.granted"),
            ),
            "less": (
                SQL(
                    "%(less)s > coalesce(c.aftersales_rounding_limit, 0.0) * r.rate"
                    " AND %(less)s - g.waived > 0",
                    less=less,
                ),
                SQL("%s - g.waived", less),
            ),
        }

    @api.model
    def _select_rate_difference(self):
        return SQL(
            """
            CASE WHEN o.currency_id = c.currency_id THEN 0.0 ELSE coalesce((
                SELECT -sum(g.balance)
                  FROM (
                    SELECT DISTINCT p.exchange_move_id AS move_id
                      FROM aftersales_order_line l
                      JOIN account_move_line e ON e.aftersales_order_line_id = l.id
                      JOIN account_move_line q ON q.move_id = e.move_id
                      JOIN account_partial_reconcile p
                        ON p.debit_move_id = q.id OR p.credit_move_id = q.id
                     WHERE l.order_id = o.id AND p.exchange_move_id IS NOT NULL
                  ) n
                  JOIN account_move_line g ON g.move_id = n.move_id
                  JOIN account_account t ON t.id = g.account_id
                 WHERE t.account_type NOT IN ('asset_receivable', 'asset_cash',
                                              'asset_current', 'liability_payable')
            ), 0.0) END
            """
        )

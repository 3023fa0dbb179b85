from datetime import date

from odoo import api, models
from odoo.tools import SQL


class AftersalesFeeLine(models.Model):
    """The one query behind the accountant's desk."""

    _inherit = "aftersales.fee.line"

    @api.model
    def _search(self, *args, **kwargs):
        """PostgreSQL would spend a second on compiling what runs in milliseconds."""
        self.env.cr.execute("SET LOCAL jit = off")
        return super()._search(*args, **kwargs)

    @property
    def _table_query(self):
        return SQL(
            "SELECT %s FROM %s WHERE o.fee_day IS NOT NULL",
            self._select(),
            self._from(),
        )

    @api.model
    def _select(self):
        """Columns; later add-ons append theirs."""
        return SQL(
            """
            o.id, o.name, o.id AS order_id, o.company_id, o.team_id, o.technician_id,
            o.partner_id, o.service_type, o.state AS order_state, o.fee_day AS day,
            o.fee_rank AS rank, o.fee_close_id AS close_id, o.currency_id,
            c.currency_id AS company_currency_id, k.methods, k.paid_by,
            a.agreed, a.agreed - d.deviation AS list_value, d.deviation,
            d.deviation - d.unapproved AS approved_deviation,
            o.amount_covered AS covered,
            i.invoiced, i.credited, i.written_off, k.collected, k.handed, k.held,
            i.invoiced - i.credited - i.written_off + i.rounded - i.open AS paid,
            i.open,
            round(a.agreed / r.rate, b.digits) AS agreed_company,
            round(k.collected / r.rate, b.digits) AS collected_company,
            round(k.handed / r.rate, b.digits) AS handed_company,
            round(o.amount_covered / r.rate, b.digits) AS covered_company,
            i.invoiced_company, i.credited_company, i.written_off_company,
            i.open_company,
            %(rate_difference)s AS rate_difference,
            CASE WHEN x.open_codes IS NOT NULL THEN 'exception'
                 WHEN x.all_codes IS NOT NULL THEN 'accepted'
                 WHEN i.open <> 0 THEN 'open' ELSE 'done' END AS state,
            x.open_codes AS codes,
            (now() AT TIME ZONE coalesce(c.aftersales_tz, 'UTC'))::date - o.fee_day
                AS age,
            i.first_date > o.fee_day AS is_late,
            h.user_id AS checked_by_id, h.checked_at,
            h.reason AS accepted_reason
            """,
            rate_difference=self._select_rate_difference(),
        )

    @api.model
    def _from(self):
        return SQL(
            """
            aftersales_order o
            JOIN res_company c ON c.id = o.company_id
            JOIN res_currency cur ON cur.id = o.currency_id
            JOIN (
                SELECT id, coalesce(decimal_places, 2) AS digits FROM res_currency
            ) b ON b.id = c.currency_id
            CROSS JOIN LATERAL (
                SELECT CASE WHEN o.state = 'cancelled' THEN 0.0
                            ELSE coalesce(o.amount_customer, 0.0) END AS agreed
            ) a
            CROSS JOIN LATERAL (%(rate)s) r
            LEFT JOIN LATERAL (%(lines)s) d ON TRUE
            LEFT JOIN LATERAL (%(invoices)s) i ON TRUE
            LEFT JOIN LATERAL (%(collections)s) k ON TRUE
            LEFT JOIN LATERAL (%(given)s) g ON TRUE
            LEFT JOIN LATERAL (%(exceptions)s) x ON TRUE
            LEFT JOIN LATERAL (
                SELECT (array_agg(f.user_id ORDER BY f.id DESC))[1] AS user_id,
                       max(f.checked_at) AS checked_at,
                       (array_agg(f.reason ORDER BY f.id DESC))[1] AS reason
                  FROM aftersales_fee_check f WHERE f.order_id = o.id
            ) h ON TRUE
            """,
            rate=self._from_rate(),
            lines=self._from_lines(),
            invoices=self._from_invoices(),
            collections=self._from_collections(),
            given=self._from_given(),
            exceptions=self._from_exceptions(),
        )

    @api.model
    def _from_rate(self, day=None):
        """Units of the order's currency for one of the company's on that day.

        :param SQL day: the day; default: the day the order counts on
        """
        rates = [
            SQL(
                """
                coalesce((
                    SELECT q.rate FROM res_currency_rate q
                     WHERE q.currency_id = %s AND q.name <= %s
                       AND (q.company_id IS NULL
                            OR q.company_id = split_part(c.parent_path, '/', 1)::int)
                     ORDER BY q.company_id, q.name DESC LIMIT 1
                ), 1.0)
                """,
                currency,
                day or SQL("o.fee_day"),
            )
            for currency in (SQL("o.currency_id"), SQL("c.currency_id"))
        ]
        return SQL(
            "SELECT CASE WHEN o.currency_id = c.currency_id THEN 1.0"
            " ELSE %s / %s END::numeric AS rate",
            *rates,
        )

    @api.model
    def _from_lines(self):
        """Deviation from the list, and what nobody approved."""
        return SQL(
            """
            SELECT coalesce(sum(n.off) FILTER (WHERE n.charged), 0.0) AS deviation,
                   coalesce(sum(n.off) FILTER (
                       WHERE n.charged AND n.waits), 0.0) AS unapproved,
                   coalesce(sum(n.covered_amount) FILTER (
                       WHERE n.payer <> 'customer'
                         AND (n.waits OR coalesce(n.payer_rule, '') = '')), 0.0)
                       AS ungranted
              FROM (
                SELECT l.payer, l.payer_rule, l.covered_amount,
                       l.payer = 'customer' OR l.payer_share < 100 AS charged,
                       l.approval_state IN ('pending', 'rejected') AS waits,
                       round(CASE
                           WHEN l.price_unit * (100 - coalesce(l.discount, 0)) <> 0
                           THEN l.customer_total * (1 - l.list_price * 100
                                / (l.price_unit * (100 - coalesce(l.discount, 0))))
                           ELSE -l.list_price
                                * (l.quantity - coalesce(l.returned_quantity, 0))
                       END, coalesce(cur.decimal_places, 2)) AS off
                  FROM aftersales_order_line l WHERE l.order_id = o.id
              ) n
            """
        )

    @api.model
    def _from_invoices(self):
        """Posted invoices and credit notes, shared among the orders they charge.

        Total and open amount of a collective invoice are split in proportion to the
        orders' lines; running totals are rounded, so the parts add up to the cent.
        """

        def share(whole, digits):
            return SQL(
                "round((%(whole)s) * s.upto / s.whole, %(digits)s)"
                " - round((%(whole)s) * (s.upto - s.mine) / s.whole, %(digits)s)",
                whole=whole,
                digits=digits,
            )

        own = SQL("coalesce(cur.decimal_places, 2)")
        base = SQL("b.digits")
        rest, company_rest = self._select_residuals()
        return SQL(
            """
            SELECT coalesce(sum(p.total) FILTER (WHERE p.sale), 0.0) AS invoiced,
                   coalesce(sum(p.total) FILTER (WHERE NOT p.sale), 0.0) AS credited,
                   coalesce(sum(CASE WHEN p.sale THEN p.total ELSE -p.total END), 0.0)
                       AS net,
                   coalesce(sum(p.written_off), 0.0) AS written_off,
                   coalesce(sum(p.written_off_company), 0.0) AS written_off_company,
                   coalesce(-sum(CASE WHEN p.sale THEN p.rounding ELSE -p.rounding END),
                            0.0) AS rounded,
                   coalesce(sum(CASE WHEN p.sale THEN p.rest ELSE -p.rest END), 0.0)
                       AS open,
                   coalesce(sum(p.company) FILTER (WHERE p.sale), 0.0)
                       AS invoiced_company,
                   coalesce(-sum(p.company) FILTER (WHERE NOT p.sale), 0.0)
                       AS credited_company,
                   coalesce(sum(p.company_rest), 0.0) AS open_company,
                   coalesce(sum(CASE WHEN p.sale THEN p.strange ELSE -p.strange END),
                            0.0) AS strange,
                   coalesce(max(p.orders), 1) AS orders,
                   coalesce(sum(p.lines), 0) AS lines,
                   min(p.invoice_date) FILTER (WHERE p.sale) AS first_date
              FROM (
                SELECT m.move_type IN ('out_invoice', 'out_receipt') AS sale,
                       m.invoice_date, s.orders, s.lines, s.strange,
                       %(total)s AS total, %(rest)s AS rest,
                       %(company)s AS company, %(company_rest)s AS company_rest,
                       %(rounding)s AS rounding, %(written_off)s AS written_off,
                       %(written_off_company)s AS written_off_company
                  FROM (
                    SELECT DISTINCT e.move_id
                      FROM aftersales_order_line l
                      JOIN account_move_line e ON e.aftersales_order_line_id = l.id
                     WHERE l.order_id = o.id AND e.parent_state = 'posted'
                  ) mine
                  JOIN account_move m ON m.id = mine.move_id
                 CROSS JOIN LATERAL (%(shares)s) s
                 CROSS JOIN LATERAL (%(write_offs)s) v
                 WHERE s.whole <> 0
              ) p
            """,
            total=share(SQL("m.amount_total + s.rounding"), own),
            rest=share(SQL("abs(%s)", rest), own),
            company=share(SQL("m.amount_total_signed + s.rounding_company"), base),
            company_rest=share(company_rest, base),
            rounding=share(SQL("s.rounding"), own),
            written_off=share(SQL("v.own"), own),
            written_off_company=share(SQL("v.company"), base),
            shares=self._from_shares(),
            write_offs=self._from_write_offs(),
        )

    @api.model
    def _select_residuals(self):
        """Open amount of a document in its own and in company currency.

        A close asks for the evening of its last day; else it is what is open now. The
        day is a date object, which no context that comes over RPC can hold.
        """
        day = self.env.context.get("aftersales_fee_until")
        if not isinstance(day, date):
            return (
                SQL("m.amount_residual + %s", self._select_drafted()),
                SQL(
                    "m.amount_residual_signed"
                    " + sign(m.amount_total_signed::numeric) * %s",
                    self._select_drafted(company=True),
                ),
            )
        return self._residual_at(day), self._residual_at(day, company=True)

    @api.model
    def _select_drafted(self, company=False):
        """What entries that are no longer posted settle on the document ``m``.

        Odoo keeps the match of a payment that was reset to draft.
        """
        amount = SQL("p.amount") if company else SQL("p.debit_amount_currency")
        return SQL(
            """
            CASE WHEN m.amount_residual = m.amount_total THEN 0.0 ELSE coalesce((
                SELECT sum(%s) FROM account_move_line y
                  JOIN account_partial_reconcile p ON p.debit_move_id = y.id
                  JOIN account_move_line x ON x.id = p.credit_move_id
                 WHERE y.move_id = m.id AND y.display_type = 'payment_term'
                   AND x.parent_state <> 'posted'
            ), 0.0) END
            """,
            amount,
        )

    @api.model
    def _from_write_offs(self):
        """What was given away when the invoice ``m`` was paid, in both currencies.

        A payment, a statement line or an entry by hand settles the invoice with all it
        credits to the customer; what of that came from neither money nor from another
        customer account is a discount or a loss. Exchange differences are neither.
        """
        day = self.env.context.get("aftersales_fee_until")
        until = isinstance(day, date)
        return SQL(
            """
            SELECT coalesce(sum(p.debit_amount_currency * w.share), 0.0) AS own,
                   coalesce(sum(p.amount * w.share), 0.0) AS company
              FROM account_move_line y
              JOIN account_partial_reconcile p ON p.debit_move_id = y.id %(until)s
              JOIN account_move_line x ON x.id = p.credit_move_id
              JOIN account_move n ON n.id = x.move_id
              LEFT JOIN account_payment f ON f.move_id = n.id
              LEFT JOIN account_bank_statement_line b ON b.move_id = n.id
              LEFT JOIN account_journal j ON j.id = b.journal_id
             CROSS JOIN LATERAL (
                SELECT coalesce(
                    sum(z.balance) FILTER (WHERE
                        za.account_type NOT IN (
                            'asset_receivable', 'liability_payable', 'asset_cash',
                            'liability_credit_card')
                        AND z.account_id IS DISTINCT FROM f.outstanding_account_id
                        AND z.account_id IS DISTINCT FROM j.suspense_account_id)
                    / nullif(-sum(z.balance) FILTER (WHERE
                        za.account_type = 'asset_receivable'), 0), 0.0) AS share
                  FROM account_move_line z
                  JOIN account_account za ON za.id = z.account_id
                 WHERE z.move_id = n.id
             ) w
             WHERE y.move_id = m.id AND y.display_type = 'payment_term'
               AND m.move_type IN ('out_invoice', 'out_receipt')
               AND (m.amount_residual <> m.amount_total OR %(always)s)
               AND n.move_type = 'entry' AND n.state = 'posted'
               AND n.journal_id IS DISTINCT FROM c.currency_exchange_journal_id
            """,
            until=SQL("AND p.max_date <= %s", day) if until else SQL(),
            always=until,
        )

    @api.model
    def _from_given(self):
        """Credited and not invoiced anew: what the customer was given back, by line.

        ``goods``: parts that were issued and not taken back; ``other``: all else;
        ``pending``: a draft is about to charge it again. ``granted``: what somebody
        with the right to it has approved.
        """
        return SQL(
            """
            SELECT least(q.goods, q.cap) AS goods,
                   least(q.other, q.cap - least(q.goods, q.cap)) AS other,
                   least(q.pending, q.cap) AS pending, q.granted, q.waived
              FROM (
                SELECT greatest(a.agreed - i.net, 0.0) AS cap,
                       coalesce(sum(t.given) FILTER (WHERE t.goods), 0.0) AS goods,
                       coalesce(sum(t.given) FILTER (WHERE NOT t.goods), 0.0) AS other,
                       coalesce(sum(t.pending), 0.0) AS pending,
                       max(v.granted) AS granted, max(v.waived) AS waived
                  FROM (
                    SELECT coalesce(sum(e.amount) FILTER (WHERE e.kind = 'credit'), 0.0)
                               AS granted,
                           coalesce(sum(e.amount) FILTER (WHERE e.kind = 'write_off'),
                                    0.0) AS waived
                      FROM aftersales_approval e
                     WHERE e.order_id = o.id AND e.state = 'approved'
                       AND e.kind IN ('credit', 'write_off')
                       AND (i.credited <> 0 OR i.written_off <> 0 OR i.rounded <> 0)
                  ) v
                  LEFT JOIN LATERAL (
                    SELECT l.kind = 'part' AND l.issue_state = 'issued' AS goods,
                           least(w.credited, w.short) - least(
                               w.credited, greatest(w.short - w.drafted, 0.0))
                               AS pending,
                           least(w.credited, greatest(w.short - w.drafted, 0.0))
                               AS given
                      FROM aftersales_order_line l
                     CROSS JOIN LATERAL (
                        SELECT h.credited, h.drafted,
                               greatest(CASE WHEN o.state = 'cancelled' THEN 0.0
                                             ELSE coalesce(l.customer_total, 0.0) END
                                        - h.invoiced + h.credited, 0.0) AS short
                          FROM (
                            SELECT coalesce(sum(e.price_total) FILTER (
                                       WHERE m.state = 'posted'
                                         AND m.move_type <> 'out_refund'), 0.0)
                                       AS invoiced,
                                   coalesce(sum(e.price_total) FILTER (
                                       WHERE m.state = 'posted'
                                         AND m.move_type = 'out_refund'), 0.0)
                                       AS credited,
                                   coalesce(sum(e.price_total) FILTER (
                                       WHERE m.state = 'draft'
                                         AND m.move_type <> 'out_refund'), 0.0)
                                       AS drafted
                              FROM account_move_line e
                              JOIN account_move m ON m.id = e.move_id
                             WHERE e.aftersales_order_line_id = l.id
                          ) h
                     ) w
                     WHERE l.order_id = o.id AND i.credited <> 0
                  ) t ON TRUE
              ) q
            """
        )

    @api.model
    def _residual_at(self, day, company=False):
        """What was open on the document ``m`` in the evening of a day, signed.

        In its own currency it starts from the document, in company currency from the
        journal items; payments count from the day both entries were there.
        """
        debit, credit, whole = (
            (SQL("p.amount"), SQL("p.amount"), SQL("coalesce(sum(y.balance), 0.0)"))
            if company
            else (
                SQL("p.debit_amount_currency"),
                SQL("p.credit_amount_currency"),
                SQL(
                    "CASE WHEN m.move_type = 'out_refund' THEN -m.amount_total"
                    " ELSE m.amount_total END"
                ),
            )
        )
        return SQL(
            """
            (SELECT %(whole)s - coalesce(sum(x.settled), 0.0)
               FROM account_move_line y
               JOIN account_account ya ON ya.id = y.account_id
              CROSS JOIN LATERAL (
                SELECT coalesce((
                        SELECT sum(%(debit)s) FROM account_partial_reconcile p
                          JOIN account_move_line z ON z.id = p.credit_move_id
                         WHERE p.debit_move_id = y.id AND p.max_date <= %(day)s
                           AND z.parent_state = 'posted'), 0.0)
                     - coalesce((
                        SELECT sum(%(credit)s) FROM account_partial_reconcile p
                          JOIN account_move_line z ON z.id = p.debit_move_id
                         WHERE p.credit_move_id = y.id AND p.max_date <= %(day)s
                           AND z.parent_state = 'posted'), 0.0)
                     AS settled
              ) x
              WHERE y.move_id = m.id AND ya.account_type = 'asset_receivable')
            """,
            whole=whole,
            debit=debit,
            credit=credit,
            day=day,
        )

    @api.model
    def _from_shares(self):
        """How much of an invoice is this order's; lines of no order come last."""
        return SQL(
            """
            SELECT w.* FROM (
                SELECT g.order_id, g.mine, g.lines,
                       sum(g.mine) OVER (ORDER BY g.order_id NULLS LAST) AS upto,
                       sum(g.mine) OVER () AS whole,
                       count(g.order_id) OVER () AS orders,
                       coalesce(sum(g.mine) FILTER (WHERE g.order_id IS NULL)
                                OVER (), 0.0) AS strange,
                       g.rounding, g.rounding_company
                  FROM (
                    SELECT n.order_id, sum(e.price_total) AS mine, count(*) AS lines,
                           max(z.rounding) AS rounding,
                           max(z.rounding_company) AS rounding_company
                      FROM account_move_line e
                      LEFT JOIN aftersales_order_line n
                             ON n.id = e.aftersales_order_line_id
                     CROSS JOIN (
                        SELECT coalesce(sum(y.amount_currency
                                   * CASE WHEN m.move_type = 'out_refund'
                                          THEN -1 ELSE 1 END), 0.0) AS rounding,
                               coalesce(sum(y.balance), 0.0) AS rounding_company
                          FROM account_move_line y
                         WHERE y.move_id = m.id AND y.display_type = 'rounding'
                     ) z
                     WHERE e.move_id = m.id AND e.display_type = 'product'
                     GROUP BY n.order_id
                  ) g
            ) w WHERE w.order_id = o.id
            """
        )

    @api.model
    def _from_collections(self):
        return SQL(
            """
            SELECT string_agg(DISTINCT t.method, ' ') AS methods,
                   string_agg(DISTINCT %(method)s, ', ') AS paid_by,
                   coalesce(sum(t.amount), 0.0) AS collected,
                   coalesce(sum(t.amount) FILTER (WHERE t.state = 'handed_over'), 0.0)
                       AS handed,
                   coalesce(sum(t.amount) FILTER (
                       WHERE t.state = 'collected' AND t.method = 'cash'), 0.0) AS held,
                   coalesce(sum(t.amount) FILTER (
                       WHERE t.state = 'collected' AND t.method = 'cash'
                         AND NOT (b.state = 'draft' AND b.counted_amount > 0)
                         OR b.id IS NULL AND t.method = 'cash'
                         AND t.state = 'collected'), 0.0) AS in_pocket,
                   coalesce(sum(t.amount) FILTER (
                       WHERE b.state = 'draft' AND b.counted_amount > 0
                          OR t.payment_id IS NULL AND (
                             t.method <> 'cash' OR t.state = 'handed_over')), 0.0)
                       AS unbooked,
                   coalesce(sum(t.amount) FILTER (
                       WHERE p.id IS NOT NULL
                         AND NOT coalesce(p.is_reconciled, FALSE)), 0.0)
                       + %(loose)s AS unmatched
              FROM aftersales_collection t
              LEFT JOIN aftersales_handover b ON b.id = t.handover_id
              LEFT JOIN account_payment p ON p.id = t.payment_id
              LEFT JOIN aftersales_collection_method w ON w.id = t.method_id
             WHERE t.order_id = o.id AND t.state <> 'cancelled'
            """,
            method=self._select_method(),
            loose=self._select_loose(),
        )

    @api.model
    def _select_loose(self):
        """Money that came for the invoices of the order and lies unmatched again."""
        return SQL(
            """
            coalesce((
                SELECT -sum(q.amount_residual_currency)
                  FROM (
                    SELECT DISTINCT f.payment_id AS id
                      FROM aftersales_order_account_move_rel r
                      JOIN account_move__account_payment f ON f.invoice_id = r.move_id
                     WHERE r.order_id = o.id
                  ) n
                  JOIN account_payment y ON y.id = n.id
                  JOIN account_move_line q ON q.move_id = y.move_id
                  JOIN account_account qa ON qa.id = q.account_id
                 WHERE y.payment_type = 'inbound' AND y.currency_id = o.currency_id
                   AND q.parent_state = 'posted' AND NOT q.reconciled
                   AND qa.account_type = 'asset_receivable'
                   AND NOT EXISTS (
                        SELECT 1 FROM aftersales_collection z
                         WHERE z.payment_id = y.id)
            ), 0.0)
            """
        )

    @api.model
    def _select_method(self):
        """Name of a way of paying in the language of the user; else of its kind."""
        kinds = self.env["aftersales.collection"]._fields["method"]
        return SQL(
            "coalesce(w.name->>%s, w.name->>'en_US', CASE t.method %s END)",
            self.env.lang or "en_US",
            SQL(" ").join(
                SQL("WHEN %s THEN %s", kind, str(label))
                for kind, label in kinds._description_selection(self.env)
            ),
        )

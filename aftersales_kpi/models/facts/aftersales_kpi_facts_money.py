from odoo import models
from odoo.tools import SQL


class AftersalesKpiFacts(models.AbstractModel):
    """Revenue and cost, in the company's currency (KP-06, KP-09)."""

    _inherit = "aftersales.kpi.facts"

    # -- revenue --------------------------------------------------------------

    def _values_revenue(self, kpi, slice):
        return self._select_revenue(slice, SQL("NULL"))

    def _values_revenue_order(self, kpi, slice):
        return self._select_revenue(slice, SQL("1"))

    def _select_revenue(self, slice, den):
        """What customers pay before tax for the orders done in the month."""
        amount = SQL(
            "ROUND(COALESCE(o.amount_untaxed, 0) * %s, %s)",
            self._get_rate(slice, SQL("o.currency_id")),
            self._get_digits(slice),
        )
        return self._select_orders(slice, amount, den, self._done(slice))

    # -- cost -----------------------------------------------------------------

    def _values_visit_cost(self, kpi, slice):
        """Cost of the orders done, by visits made (or by the orders)."""
        cost = self._select_lines(
            slice,
            self._get_cost(slice),
            SQL("TRUE") if kpi.with_parts else SQL("l.kind <> 'part'"),
            joins=self._get_cost_join(slice),
        )
        if kpi.per_order:
            by = self._select_orders(slice, SQL("0"), SQL("1"), self._done(slice))
        else:
            by = self._select_visits(slice)
        return self._union(cost, by)

    def _select_visits(self, slice):
        """Visits made; those of cancelled orders cost as much."""
        return SQL(
            """
            SELECT 'aftersales.visit' AS source, v.id AS res_id, v.team_id,
                   o.technician_id, pt.categ_id, seller.partner_id AS supplier_id,
                   0::numeric AS num, 1::numeric AS den
              FROM aftersales_visit v
              JOIN aftersales_order o ON o.id = v.order_id
              %(products)s
             WHERE v.company_id = %(company)s AND %(who)s AND %(month)s
               AND v.state <> 'cancelled'
            """,
            products=self._get_product_joins(SQL("o.product_id"), slice.company_id),
            company=slice.company_id,
            who=self._who(slice, SQL("o.technician_id")),
            month=self._within(slice, SQL("v.arrived_at")),
        )

    def _select_lines(self, slice, num, where, den=None, joins=None):
        """Facts that are lines of orders done in the month, by machine."""
        return SQL(
            """
            SELECT 'aftersales.order.line' AS source, l.id AS res_id, o.team_id,
                   o.technician_id, pt.categ_id, seller.partner_id AS supplier_id,
                   (%(num)s)::numeric AS num, (%(den)s)::numeric AS den
              FROM aftersales_order_line l
              JOIN aftersales_order o ON o.id = l.order_id
              %(products)s %(joins)s
             WHERE o.company_id = %(company)s AND %(who)s AND %(done)s AND %(where)s
            """,
            num=num,
            den=den or SQL("0"),
            joins=joins or SQL(),
            products=self._get_product_joins(SQL("o.product_id"), slice.company_id),
            company=slice.company_id,
            who=self._who(slice, SQL("o.technician_id")),
            done=self._done(slice),
            where=where,
        )

    def _get_cost_join(self, slice):
        """``rate``: cost and unit of the product of a line."""
        return SQL(
            """
            JOIN LATERAL (
                SELECT COALESCE((p.standard_price ->> %s)::numeric, 0) AS cost,
                       t.uom_id
                  FROM product_product p
                  JOIN product_template t ON t.id = p.product_tmpl_id
                 WHERE p.id = l.product_id
            ) rate ON TRUE
            """,
            str(slice.company_id),
        )

    def _get_cost(self, slice):
        """As ``aftersales.order.line._get_free_costs``: parts at the value they left
        stock with, the rest at its cost rate.
        """
        return SQL(
            """
            ROUND(COALESCE(
                CASE WHEN l.kind = 'part' THEN (
                    SELECT SUM(CASE m.aftersales_kind WHEN 'return' THEN -1 ELSE 1 END
                               * COALESCE(NULLIF(ABS(m.value), 0),
                                          m.quantity * rate.cost))
                      FROM stock_move m
                     WHERE m.aftersales_order_line_id = l.id AND m.state = 'done'
                       AND m.aftersales_kind IN ('issue', 'return')) END,
                (l.quantity - COALESCE(l.returned_quantity, 0)) * rate.cost
                * CASE WHEN COALESCE(l.uom_id, rate.uom_id) = rate.uom_id THEN 1 ELSE (
                    SELECT own.factor / NULLIF(base.factor, 0)
                      FROM uom_uom own, uom_uom base
                     WHERE own.id = l.uom_id AND base.id = rate.uom_id) END, 0),
                %(digits)s)
            """,
            digits=self._get_digits(slice),
        )

    # -- warranty -------------------------------------------------------------

    def _values_warranty_cost(self, kpi, slice):
        """Cost of warranty work by sales; net of what suppliers paid back."""
        queries = [self._select_warranty(slice, SQL("0"))]
        if kpi.net:
            queries.append(self._select_recovered(slice, SQL("-amount"), SQL("0")))
        if slice.whole or slice.nobody:
            queries.append(self._select_sales(slice))
        return self._union(*queries)

    def _values_recovery(self, kpi, slice):
        """What suppliers paid back, of the cost of warranty work."""
        return self._union(
            self._select_recovered(slice, SQL("amount"), SQL("0")),
            self._select_warranty(slice, SQL("l.warranty_cost"), SQL("0")),
        )

    def _select_warranty(self, slice, den, num=None):
        return self._select_lines(
            slice,
            num or SQL("l.warranty_cost"),
            SQL("l.payer = 'warranty' AND COALESCE(l.warranty_cost, 0) <> 0"),
            den,
        )

    def _select_sales(self, slice):
        """Posted invoices and credit notes of the month, before tax."""
        return SQL(
            """
            SELECT 'account.move.line' AS source, e.id AS res_id, NULL::int AS team_id,
                   NULL::int AS technician_id, pt.categ_id,
                   seller.partner_id AS supplier_id, 0::numeric AS num,
                   -e.balance AS den
              FROM account_move_line e
              JOIN account_move m ON m.id = e.move_id
              %(products)s
             WHERE m.company_id = %(company)s AND m.state = 'posted'
               AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND m.invoice_date >= %(first)s AND m.invoice_date <= %(last)s
               AND e.display_type = 'product'
            """,
            products=self._get_product_joins(SQL("e.product_id"), slice.company_id),
            company=slice.company_id,
            first=slice.first,
            last=slice.last,
        )

from odoo import api, models
from odoo.tools import SQL

from ...const import DONE_STATES


class AftersalesKpiFacts(models.AbstractModel):
    """Pieces of SQL that the facts of figures share."""

    _inherit = "aftersales.kpi.facts"

    @api.model
    def _who(self, slice, column):
        """Condition that limits facts to the people of the slice."""
        if slice.whole:
            return SQL("TRUE")
        if not slice.nobody:
            return SQL("%s = ANY(%s)", column, list(slice.people))
        if not slice.people:
            return SQL("%s IS NULL", column)
        return SQL("(%s = ANY(%s) OR %s IS NULL)", column, list(slice.people), column)

    @api.model
    def _within(self, slice, column):
        """Condition on an instant: in the month by the company's clock."""
        return SQL("%s >= %s AND %s < %s", column, slice.start, column, slice.end)

    @api.model
    def _get_product_joins(self, product, company_id):
        """``pt`` and ``seller``: category and first vendor of a product."""
        return SQL(
            """
            LEFT JOIN product_product pp ON pp.id = %s
            LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
            LEFT JOIN LATERAL (
                SELECT info.partner_id FROM product_supplierinfo info
                 WHERE info.product_tmpl_id = pt.id
                   AND (info.company_id IS NULL OR info.company_id = %s)
                 ORDER BY info.sequence, info.id LIMIT 1
            ) seller ON TRUE
            """,
            product,
            company_id,
        )

    @api.model
    def _select_orders(self, slice, num, den, where, joins=None):
        """Facts that are orders, by technician in charge and machine."""
        return SQL(
            """
            SELECT 'aftersales.order' AS source, o.id AS res_id, o.team_id,
                   o.technician_id, pt.categ_id, seller.partner_id AS supplier_id,
                   (%(num)s)::numeric AS num, (%(den)s)::numeric AS den
              FROM aftersales_order o
              %(products)s %(joins)s
             WHERE o.company_id = %(company)s AND %(who)s AND %(where)s
            """,
            num=num,
            den=den,
            products=self._get_product_joins(SQL("o.product_id"), slice.company_id),
            joins=joins or SQL(),
            company=slice.company_id,
            who=self._who(slice, SQL("o.technician_id")),
            where=where,
        )

    @api.model
    def _done(self, slice):
        """Orders done in the month."""
        return SQL(
            "o.state IN %s AND %s", DONE_STATES, self._within(slice, SQL("o.done_at"))
        )

    @api.model
    def _repairs_done(self, slice):
        """Repairs for customers: internal work is none."""
        return SQL("o.service_type <> 'internal' AND %s", self._done(slice))

    @api.model
    def _union(self, *queries):
        return SQL(" UNION ALL ").join(queries)

    @api.model
    def _get_rate(self, slice, column):
        """Factor from a currency into the company's, at the end of the month."""
        company = self.env["res.company"].browse(slice.company_id)
        currencies = self.env["res.currency"].with_context(active_test=False)
        # pylint: disable-next=no-search-all
        rates = currencies.search([])._get_rates(company, slice.last)
        own = rates[company.currency_id.id]
        pairs = {number: own / rate for number, rate in rates.items() if rate}
        others = {number: rate for number, rate in pairs.items() if rate != 1}
        if not others:
            return SQL("1")
        cases = SQL(" ").join(
            SQL("WHEN %s THEN %s::numeric", number, rate)
            for number, rate in sorted(others.items())
        )
        return SQL("CASE %s %s ELSE 1 END", column, cases)

    @api.model
    def _get_digits(self, slice):
        company = self.env["res.company"].browse(slice.company_id)
        return company.currency_id.decimal_places

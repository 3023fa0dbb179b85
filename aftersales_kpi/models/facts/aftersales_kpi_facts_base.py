from odoo import api, models
from odoo.tools import SQL

from ...const import DONE_STATES


class AftersalesKpiFacts(models.AbstractModel):
    """Pieces of SQL that the facts of figures share."""

    _inherit = "aftersales.kpi.facts"

    @api.model
    def _who(self, part, column):
        """Condition that limits facts to the people of the slice."""
        if part.whole:
            return SQL("TRUE")
        if not part.nobody:
            return SQL("%s = ANY(%s)", column, list(part.people))
        if not part.people:
            return SQL("%s IS NULL", column)
        return SQL("(%s = ANY(%s) OR %s IS NULL)", column, list(part.people), column)

    @api.model
    def _within(self, part, column):
        """Condition on an instant: in the month by the company's clock."""
        return SQL("%s >= %s AND %s < %s", column, part.start, column, part.end)

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
    def _select_orders(self, part, num, den, where, joins=None):
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
            products=self._get_product_joins(SQL("o.product_id"), part.company_id),
            joins=joins or SQL(),
            company=part.company_id,
            who=self._who(part, SQL("o.technician_id")),
            where=where,
        )

    @api.model
    def _done(self, part):
        """Orders done in the month."""
        return SQL(
            "o.state IN %s AND %s", DONE_STATES, self._within(part, SQL("o.done_at"))
        )

    @api.model
    def _repairs_done(self, part):
        """Repairs for customers: internal work is none."""
        return SQL("o.service_type <> 'internal' AND %s", self._done(part))

    @api.model
    def _union(self, *queries):
        return SQL(" UNION ALL ").join(queries)

    @api.model
    def _get_rate(self, part, column):
        """Factor from a currency into the company's, at the end of the month."""
        company = self.env["res.company"].browse(part.company_id)
        currencies = self.env["res.currency"].with_context(active_test=False)
        # pylint: disable-next=no-search-all
        rates = currencies.search([])._get_rates(company, part.last)
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
    def _get_digits(self, part):
        company = self.env["res.company"].browse(part.company_id)
        return company.currency_id.decimal_places

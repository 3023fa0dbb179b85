from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import BY, DIMENSIONS
from ...tools.figures import RATIO, Slice

DONE = ("done", "closed")
# Models the facts are read from; written out before they are read in SQL.
SOURCES = (
    "aftersales.order",
    "aftersales.order.line",
    "aftersales.visit",
    "aftersales.worklog",
    "aftersales.followup",
    "aftersales.complaint",
    "aftersales.sla.pause",
    "aftersales.sla.agreement",
    "aftersales.asset",
    "aftersales.deposit",
    "aftersales.deposit.entry",
    "aftersales.supplier.claim",
    "aftersales.supplier.claim.line",
    "account.move",
    "account.move.line",
    "purchase.order",
    "purchase.order.line",
    "stock.move",
    "product.product",
    "product.template",
    "product.supplierinfo",
    "aftersales.technician",
    "resource.calendar.leaves",
)


class AftersalesKpiFacts(models.AbstractModel):
    """The facts figures count: one method for each kind (extension point).

    ``_values_<kind>(kpi, slice)`` returns the SELECT of the facts of a slice (a month
    of a company, of everybody or of some technicians), with these columns::

        source    model of the record, as text
        res_id    its id
        team_id, technician_id, categ_id, supplier_id
        num, den  what it adds to the numerator and the denominator

    Stored values and the records behind a number come from this one query, so that
    they cannot disagree. ``slice.who(column)`` must limit the facts to the technicians
    of the slice. A kind without facts in the slice returns None.
    """

    _name = "aftersales.kpi.facts"
    _description = "Figures: facts of a month"

    @api.model
    def _get_today(self, company):
        scores = self.env["aftersales.score.facts"]
        return scores._get_local_day(company, fields.Datetime.now())

    @api.model
    def _get_slice(self, company, day, people=(), nobody=False, whole=True):
        """A month of a company, of everybody or of some people."""
        month = self.env["aftersales.score.facts"]._get_month(company, day)
        return Slice(
            company_id=company.id,
            first=month.first,
            last=month.last,
            start=month.start,
            end=month.end,
            now=fields.Datetime.now(),
            today=self._get_today(company),
            people=tuple(people),
            nobody=nobody,
            whole=whole,
        )

    @api.model
    def _flush(self):
        for model in SOURCES:
            self.env[model].flush_model()

    @api.model
    def _get_query(self, kpi, slice):
        """Facts of the figure, without the dimensions it is not split by."""
        if not (slice.whole or kpi.by_technician):
            slice = self._get_slice(
                self.env["res.company"].browse(slice.company_id), slice.first
            )
        query = getattr(self, f"_values_{kpi.kind}")(kpi, slice)
        if query is None:
            return None
        columns = [
            SQL.identifier(name)
            if kpi[BY[name]]
            else SQL("NULL::int AS %s", SQL.identifier(name))
            for name in DIMENSIONS
        ]
        return SQL(
            "SELECT source, res_id, %s, num, den FROM (%s) found",
            SQL(", ").join(columns),
            query,
        )

    @api.model
    def _find_records(self, parts, side):
        """Records behind numerators or denominators.

        :param parts: ``[(kpi, company, month, {dimension: id})]``
        :param side: ``num`` or ``den``
        :return: ``{model: ids}``
        """
        self._flush()
        found = defaultdict(set)
        for kpi, company, month, dimensions in parts:
            query = self._get_query(kpi, self._get_slice(company, month))
            if query is None:
                continue
            is_ratio = kpi._get_kind().roll_up == RATIO
            column = side if is_ratio else "num"
            conditions = [
                SQL("%s IS NOT DISTINCT FROM %s", SQL.identifier(name), value or None)
                for name, value in dimensions.items()
            ]
            self.env.cr.execute(
                SQL(
                    "SELECT DISTINCT source, res_id FROM (%s) facts WHERE %s <> 0%s",
                    query,
                    SQL.identifier(column),
                    SQL("").join(SQL(" AND %s", one) for one in conditions),
                )
            )
            for model, number in self.env.cr.fetchall():
                found[model].add(number)
        return found

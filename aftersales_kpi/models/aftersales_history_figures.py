from odoo import fields, models
from odoo.tools import SQL

PERIOD = "aftersales.kpi.period"


class AftersalesHistoryFigures(models.AbstractModel):
    """Figures of the invented months, stored at once and forgotten with them."""

    _name = "aftersales.history.figures"
    _description = "Demo history: figures"

    def _get_months(self):
        last = fields.Date.start_of(self.date_to, "month")
        return [fields.Date.subtract(last, months=back) for back in range(self.months)]

    def _compute_figures(self):
        """Months that did not exist before are marked like everything else."""
        self._analyze()
        periods = self.env[PERIOD]
        for month in self._get_months():
            domain = [("company_id", "=", self.company_id.id), ("month", "=", month)]
            known = periods.search(domain)
            period = periods._get_or_create(self.company_id, month)
            if not known:
                self._mark(PERIOD, period.ids)
            period._compute_all()

    def _analyze(self):
        """PostgreSQL still takes the tables for empty, and would plan badly.

        What it counts by itself, it counts only after the transaction.
        """
        for model in self._get_made_models():
            table = SQL.identifier(self.env[model]._table)
            self.env.cr.execute(SQL("ANALYZE %s", table))

    def _forget_figures(self):
        """Values of invented people and of months in which nothing real happened."""
        made = self.env[PERIOD].browse(self._get_made(PERIOD)).exists()
        empty = made.filtered(lambda period: not self._has_orders(period.month))
        self.env.cr.execute(
            """
            DELETE FROM aftersales_kpi_value
             WHERE company_id = %s
               AND (month = ANY(%s::date[]) OR technician_id = ANY(%s)
                    OR team_id = ANY(%s) OR supplier_id = ANY(%s)
                    OR categ_id = ANY(%s))
            """,
            [
                self.company_id.id,
                empty.mapped("month"),
                self._get_made("aftersales.technician"),
                self._get_made("aftersales.team"),
                self._get_made("res.partner"),
                self._get_made("product.category"),
            ],
        )
        self.env["aftersales.kpi.value"].invalidate_model()
        months = empty.mapped("month")
        self.env["aftersales.kpi.breakdown"].search(
            [("company_id", "=", self.company_id.id), ("month", "in", months)]
        ).unlink()
        empty.unlink()
        for month in months:
            self.env["aftersales.kpi.plan"]._update_month(self.company_id.id, month)

    def _has_orders(self, month):
        part = self.env["aftersales.kpi.facts"]._get_slice(self.company_id, month)
        domain = [
            ("company_id", "=", self.company_id.id),
            ("called_at", ">=", part.start),
            ("called_at", "<", part.end),
        ]
        return self.env["aftersales.order"].search_count(domain, limit=1)

    def _restore_figures(self):
        """Months that stay show what real work there was."""
        domain = [
            ("company_id", "=", self.company_id.id),
            ("month", "in", self._get_months()),
        ]
        for period in self.env[PERIOD].search(domain):
            period._compute_all()

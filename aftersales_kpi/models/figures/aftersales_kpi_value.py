from odoo import api, fields, models
from odoo.tools import SQL

from ...const import BY, DIMENSIONS
from ...tools.figures import LAST, MAX, RATIO


class AftersalesKpiValue(models.Model):
    """A figure of a month, in its finest parts (KP-06, KP-12).

    Numerator and denominator are stored, and rows never overlap: the value of any
    group of rows is the sum of the numerators by the sum of the denominators, never an
    average of averages. A denominator of zero has no value, shown as “–”.

    Nobody writes rows but ``_store``: in SQL, whole slices at once, only what differs.
    """

    _name = "aftersales.kpi.value"
    _description = "Value of a Service Figure"
    _inherit = [
        "aftersales.kpi.number",
        "aftersales.guard.mixin",
    ]
    _order = "month desc, kpi_id, team_id, technician_id, id"
    _log_access = False

    kpi_id = fields.Many2one(
        "aftersales.kpi", "Figure", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    month = fields.Date(required=True, readonly=True)
    team_id = fields.Many2one(
        "aftersales.team", "Service point", readonly=True, ondelete="restrict"
    )
    technician_id = fields.Many2one(
        "aftersales.technician",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="In charge of the order; of hours, who worked them.",
    )
    categ_id = fields.Many2one(
        "product.category", "Product category", readonly=True, ondelete="restrict"
    )
    supplier_id = fields.Many2one(
        "res.partner",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Named in the complaint or entry, else the first vendor of the product.",
    )
    numerator = fields.Float(digits=(24, 6), readonly=True)
    denominator = fields.Float(digits=(24, 6), readonly=True)
    value = fields.Float(
        "Result",
        digits=(24, 6),
        readonly=True,
        aggregator="avg",
        help="Of several rows: numerators by denominators.",
    )
    target = fields.Float(digits=(16, 2), readonly=True, aggregator="max")
    currency_id = fields.Many2one("res.currency", readonly=True)
    roll_up = fields.Integer(readonly=True, aggregator=None)
    scale = fields.Integer(readonly=True, aggregator=None)
    revised = fields.Boolean(
        readonly=True, help="Changed after the month was closed; see its first value."
    )
    first_numerator = fields.Float(digits=(24, 6), readonly=True)
    first_denominator = fields.Float(digits=(24, 6), readonly=True)
    first_value = fields.Float(
        digits=(24, 6),
        readonly=True,
        aggregator=None,
        help="As it was when the month was closed.",
    )
    first_text = fields.Char("When closed", compute="_compute_text")

    _once = models.UniqueIndex(
        "(kpi_id, company_id, month, COALESCE(team_id, 0), COALESCE(technician_id, 0), "
        "COALESCE(categ_id, 0), COALESCE(supplier_id, 0))",
        "This figure has a value already.",
    )
    _month_idx = models.Index("(company_id, month, kpi_id)")
    _team_idx = models.Index("(team_id, month) WHERE team_id IS NOT NULL")
    _revised_idx = models.Index("(company_id, month) WHERE revised")

    @api.depends("value", "first_value", "revised")
    @api.depends_context("lang")
    def _compute_text(self):
        super()._compute_text()
        for row in self:
            row.first_text = (
                row._format_number(row.first_numerator, row.first_denominator)
                if row.revised
                else False
            )

    # -- groups ---------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        """A group's value is made of its parts, and only where that has a meaning.

        Different figures or currencies have no value in common, and what is counted
        at the end of a month is not added up over months.
        """
        if aggregate_spec not in ("value:avg", "value:sum"):
            return super()._read_group_select(aggregate_spec, query)
        self._check_field_access(self._fields["value"], "read")
        names = ("kpi_id", "currency_id", "month", "roll_up", "scale")
        columns = {
            name: self._field_to_sql(self._table, name, query)
            for name in (*names, "numerator", "denominator")
        }
        return SQL(
            """
            CASE WHEN MIN(%(kpi_id)s) <> MAX(%(kpi_id)s)
                   OR MIN(%(currency_id)s) <> MAX(%(currency_id)s) THEN NULL
                 WHEN MIN(%(roll_up)s) = %(ratio)s
                 THEN SUM(%(numerator)s) * MIN(%(scale)s)
                      / NULLIF(SUM(%(denominator)s), 0)
                 WHEN MIN(%(roll_up)s) = %(max)s THEN MAX(%(numerator)s)
                 WHEN MIN(%(roll_up)s) = %(last)s
                  AND MIN(%(month)s) <> MAX(%(month)s) THEN NULL
                 ELSE SUM(%(numerator)s)
            END
            """,
            **columns,
            ratio=RATIO,
            max=MAX,
            last=LAST,
        )

    # -- records behind -------------------------------------------------------

    def _get_source_parts(self):
        """``[(kpi, company, month, condition on the facts)]`` of the rows."""
        return [
            (
                row.kpi_id,
                row.company_id,
                row.month,
                {name: row[name].id for name in DIMENSIONS if row.kpi_id[BY[name]]},
            )
            for row in self
        ]

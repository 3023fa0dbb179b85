from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.figures import LAST, MAX, RATIO

DIMENSIONS = ("team_id", "technician_id", "categ_id", "supplier_id")
BY = {
    "team_id": "by_team",
    "technician_id": "by_technician",
    "categ_id": "by_category",
    "supplier_id": "by_supplier",
}


class AftersalesKpiValue(models.Model):
    """A figure of a month, in its finest parts (KP-06, KP-12).

    Numerator and denominator are stored, and rows never overlap: the value of any
    group of rows is the sum of the numerators by the sum of the denominators, never an
    average of averages. A denominator of zero has no value, shown as “–”.

    Nobody writes rows but ``_store``: in SQL, whole slices at once, only what differs.
    """

    _name = "aftersales.kpi.value"
    _description = "Value of a Service Figure"
    _inherit = ["aftersales.kpi.number", "aftersales.guard.mixin"]
    _order = "month desc, kpi_id, team_id, technician_id, id"
    _log_access = False

    PROTECTED = frozenset(
        {
            *("kpi_id", "company_id", "month", "numerator", "denominator", "value"),
            *("first_numerator", "first_denominator", "first_value", "revised"),
            *("roll_up", "scale", "currency_id", "target", *DIMENSIONS),
        }
    )

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

    # -- storing --------------------------------------------------------------

    @api.model
    def _store(self, kpis, part, closed=False):
        """Bring the rows of these figures in line with the facts of a slice.

        :param part: tools.figures.Slice
        :param closed: keep what was there, and mark what changes
        """
        facts = self.env["aftersales.kpi.facts"]
        facts._flush()
        self._set_planner(part)
        for kpi in kpis:
            query = facts._get_query(kpi, part)
            if query is not None:
                self.env.cr.execute(self._get_store_query(kpi, part, query, closed))
        self.invalidate_model()

    def _set_planner(self, part):
        """For this transaction: these queries take longer to compile than to run, and
        the facts of one person are read by index, not with those of all others.
        """
        pages = SQL("DEFAULT") if part.whole else SQL("1.1")
        self.env.cr.execute(
            SQL("SET LOCAL jit = off; SET LOCAL random_page_cost = %s", pages)
        )

    def _get_store_query(self, kpi, part, query, closed):
        """One statement: what is gone, what differs, what is new.

        The lock of the month is held: nobody else writes these rows.
        """
        kind = kpi._get_kind()
        return SQL(
            """
            WITH fresh AS (
                SELECT team_id, technician_id, categ_id, supplier_id,
                       ROUND(%(total)s::numeric, 6) AS num,
                       ROUND(SUM(den)::numeric, 6) AS den
                  FROM (%(query)s) facts
                 GROUP BY team_id, technician_id, categ_id, supplier_id
            ), known AS (
                SELECT * FROM aftersales_kpi_value
                 WHERE kpi_id = %(kpi)s AND company_id = %(company)s
                   AND month = %(month)s AND %(mine)s
            ), pairs AS (
                SELECT known.id AS known_id, fresh.*, fresh.num IS NULL AS gone
                  FROM fresh
                  FULL JOIN known
                    ON COALESCE(known.team_id, 0) = COALESCE(fresh.team_id, 0)
                   AND COALESCE(known.technician_id, 0)
                       = COALESCE(fresh.technician_id, 0)
                   AND COALESCE(known.categ_id, 0) = COALESCE(fresh.categ_id, 0)
                   AND COALESCE(known.supplier_id, 0) = COALESCE(fresh.supplier_id, 0)
            ), lost AS (%(lost)s), changed AS (%(changed)s)
            INSERT INTO aftersales_kpi_value (
                kpi_id, company_id, month, team_id, technician_id, categ_id,
                supplier_id, numerator, denominator, value, roll_up, scale,
                currency_id, target, revised, first_numerator, first_denominator)
            SELECT %(kpi)s, %(company)s, %(month)s, team_id, technician_id, categ_id,
                   supplier_id, num, den, %(value)s, %(roll_up)s, %(scale)s,
                   %(currency)s, %(target)s, %(closed)s, %(zero)s, %(zero)s
              FROM pairs WHERE known_id IS NULL
            """,
            query=query,
            total=SQL("MAX(num)") if kind.roll_up == MAX else SQL("SUM(num)"),
            mine=self._get_slice_condition(kpi, part),
            lost=self._get_lost_query(kpi, closed),
            changed=self._get_changed_query(kpi, part, closed),
            month=part.first,
            closed=closed,
            zero=SQL("%s::numeric", 0 if closed else None),
            **self._get_fixed(kpi, part),
        )

    def _get_fixed(self, kpi, part):
        """What all rows of a figure share, and how a value is made."""
        kind = kpi._get_kind()
        currency = self.env["res.company"].browse(part.company_id).currency_id
        ratio = SQL("ROUND(num * %s / NULLIF(den, 0), 6)", kind.scale)
        return {
            "kpi": kpi.id,
            "company": part.company_id,
            "value": ratio if kind.roll_up == RATIO else SQL("num"),
            "roll_up": kind.roll_up,
            "scale": kind.scale,
            "currency": SQL("%s::int", currency.id if kind.unit == "money" else None),
            "target": SQL(
                "%s::numeric", kpi.target if kpi.direction != "none" else None
            ),
        }

    def _get_slice_condition(self, kpi, part):
        """Rows on record that the slice replaces."""
        if part.whole or not kpi.by_technician:
            return SQL("TRUE")
        return SQL(
            "(technician_id = ANY(%s) OR (%s AND technician_id IS NULL))",
            list(part.people),
            part.nobody,
        )

    def _get_lost_query(self, kpi, closed):
        """A row without facts: deleted, in a closed month emptied and marked."""
        rows = SQL("id IN (SELECT known_id FROM pairs WHERE gone)")
        if not closed:
            return SQL("DELETE FROM aftersales_kpi_value WHERE %s", rows)
        ratio = kpi._get_kind().roll_up == RATIO
        return SQL(
            """
            UPDATE aftersales_kpi_value AS old
               SET numerator = 0, denominator = %s, value = %s %s
             WHERE %s AND (numerator <> 0 OR denominator <> 0)
            """,
            SQL("0") if ratio else SQL("NULL"),
            SQL("NULL") if ratio else SQL("0"),
            self._get_first_values(),
            rows,
        )

    def _get_changed_query(self, kpi, part, closed):
        """Rows that differ; a closed month keeps its target and is marked."""
        fixed = self._get_fixed(kpi, part)
        rest = SQL(
            """
            , target = %(target)s, roll_up = %(roll_up)s, scale = %(scale)s,
              currency_id = %(currency)s
            """,
            **fixed,
        )
        differs = SQL(
            """
            (old.numerator, old.denominator, old.target, old.roll_up, old.scale,
             old.currency_id) IS DISTINCT FROM
            (num, den, %(target)s, %(roll_up)s, %(scale)s, %(currency)s)
            """,
            **fixed,
        )
        if closed:
            rest = self._get_first_values()
            differs = SQL(
                "(old.numerator, old.denominator) IS DISTINCT FROM (num, den)"
            )
        return SQL(
            """
            UPDATE aftersales_kpi_value AS old
               SET numerator = num, denominator = den, value = %s %s
              FROM pairs
             WHERE old.id = pairs.known_id AND NOT gone AND %s
            """,
            fixed["value"],
            rest,
            differs,
        )

    def _get_first_values(self):
        """The first value is kept once, whatever comes after."""
        return SQL(
            """
            , revised = TRUE,
              first_numerator = CASE WHEN old.revised THEN old.first_numerator
                                     ELSE old.numerator END,
              first_denominator = CASE WHEN old.revised THEN old.first_denominator
                                       ELSE old.denominator END,
              first_value = CASE WHEN old.revised THEN old.first_value
                                 ELSE old.value END
            """
        )

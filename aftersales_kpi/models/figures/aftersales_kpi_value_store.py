from odoo import api, models
from odoo.tools import SQL

from ...tools.figures import MAX, RATIO

DIMENSIONS = ("team_id", "technician_id", "categ_id", "supplier_id")
# What tells a stored row from a fresh one; a closed month keeps all but the numbers.
NUMBERS = ("numerator", "denominator")
MEANING = ("target", "roll_up", "scale", "currency_id")
# Columns written, with their types.
COLUMNS = {
    "kpi_id": "int",
    **dict.fromkeys(DIMENSIONS, "int"),
    **dict.fromkeys(NUMBERS, "numeric"),
    "target": "numeric",
    **dict.fromkeys(MEANING[1:], "int"),
}


class AftersalesKpiValue(models.Model):
    """Brings stored values in line with the facts, and writes only what differs.

    One query for what is stored, one of sums for each figure, and one for each kind of
    change that there is. The lock of the month is held: nobody else writes these rows.
    """

    _inherit = "aftersales.kpi.value"

    @api.model
    def _store(self, kpis, slice, closed=False):
        """:param slice: tools.figures.Slice
        :param closed: keep what was there, and mark what changes
        """
        facts = self.env["aftersales.kpi.facts"]
        facts._flush()
        self._set_planner(slice)
        known = self._read_known(kpis, slice)
        fresh, changed = [], []
        for row in self._sum_facts(kpis, slice):
            old = known.pop(row[: len(DIMENSIONS) + 1], None)
            numbers = row[len(DIMENSIONS) + 1 :]
            if old is None:
                fresh.append(row)
            elif old[1:3] != numbers[:2] or not closed and old[3:] != numbers[2:]:
                changed.append((old[0], *numbers))
        self._insert_fresh(slice, fresh, closed)
        self._update_changed(changed, closed)
        self._drop_lost([old[0] for old in known.values()], closed)
        self.invalidate_model()

    def _set_planner(self, slice):
        """For this transaction: these queries take longer to compile than to run, and
        the facts of one person are read by index, not with those of all others.
        """
        pages = SQL("DEFAULT") if slice.whole else SQL("1.1")
        self.env.cr.execute(
            SQL("SET LOCAL jit = off; SET LOCAL random_page_cost = %s", pages)
        )

    def _read_known(self, kpis, slice):
        """``{(kpi, dimensions): (id, numbers, meaning)}`` that the slice replaces."""
        mine = SQL("TRUE")
        if not slice.whole:
            mine = SQL(
                "(technician_id = ANY(%s) OR %s AND technician_id IS NULL"
                " OR kpi_id = ANY(%s))",
                list(slice.people),
                slice.nobody,
                kpis.filtered(lambda kpi: not kpi.by_technician).ids,
            )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kpi_id, team_id, technician_id, categ_id, supplier_id, id,
                       numerator, denominator, target, roll_up, scale, currency_id
                  FROM aftersales_kpi_value
                 WHERE company_id = %s AND month = %s AND kpi_id = ANY(%s) AND %s
                """,
                slice.company_id,
                slice.first,
                kpis.ids,
                mine,
            )
        )
        size = len(DIMENSIONS) + 1
        return {tuple(row[:size]): tuple(row[size:]) for row in rows}

    def _sum_facts(self, kpis, slice):
        """Rows ``(kpi, dimensions, numerator, denominator, target, …)``."""
        facts = self.env["aftersales.kpi.facts"]
        company = self.env["res.company"].browse(slice.company_id)
        for kpi in kpis:
            query = facts._get_query(kpi, slice)
            if query is None:
                continue
            kind = kpi._get_kind()
            meaning = (
                kpi.target if kpi.direction != "none" else None,
                kind.roll_up,
                kind.scale,
                company.currency_id.id if kind.unit == "money" else None,
            )
            total = SQL("MAX(num)") if kind.roll_up == MAX else SQL("SUM(num)")
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT team_id, technician_id, categ_id, supplier_id,
                           ROUND(%s::numeric, 6), ROUND(SUM(den)::numeric, 6)
                      FROM (%s) facts
                     GROUP BY team_id, technician_id, categ_id, supplier_id
                    """,
                    total,
                    query,
                )
            ):
                yield (kpi.id, *row, *meaning)

    def _get_value(self):
        """The value of a row in SQL; its numbers and meaning have these names."""
        return SQL(
            """
            CASE WHEN fresh.roll_up = %s
                 THEN ROUND(fresh.numerator * fresh.scale
                            / NULLIF(fresh.denominator, 0), 6)
                 ELSE fresh.numerator END
            """,
            RATIO,
        )

    def _unnest(self, columns, rows):
        """The rows as a table ``fresh``.

        :param columns: ``{name: type in SQL}``
        """
        arrays = [
            SQL("%s::%s[]", list(values), SQL(kind))
            for values, kind in zip(
                zip(*rows, strict=True), columns.values(), strict=True
            )
        ]
        return SQL(
            "unnest(%s) AS fresh (%s)",
            SQL(", ").join(arrays),
            SQL(", ").join(map(SQL.identifier, columns)),
        )

    def _insert_fresh(self, slice, rows, closed):
        """New rows; in a closed month they are marked, and were nothing before."""
        if not rows:
            return
        names = SQL(", ").join(map(SQL.identifier, COLUMNS))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO aftersales_kpi_value (
                    company_id, month, revised, first_numerator, first_denominator,
                    value, %(names)s)
                SELECT %(company)s, %(month)s, %(closed)s, %(zero)s::numeric,
                       %(zero)s::numeric, %(value)s, %(names)s
                  FROM %(rows)s
                """,
                names=names,
                company=slice.company_id,
                month=slice.first,
                closed=closed,
                zero=0 if closed else None,
                value=self._get_value(),
                rows=self._unnest(COLUMNS, rows),
            )
        )

    def _update_changed(self, rows, closed):
        """Rows that differ; a closed month keeps its target and is marked."""
        if not rows:
            return
        names = (*NUMBERS, *MEANING)
        written = NUMBERS if closed else names
        self.env.cr.execute(
            SQL(
                """
                UPDATE aftersales_kpi_value AS old SET value = %s, %s %s
                  FROM %s WHERE old.id = fresh.id
                """,
                self._get_value(),
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), SQL.identifier("fresh", name))
                    for name in written
                ),
                self._get_first_values() if closed else SQL(),
                self._unnest({"id": "int", **{n: COLUMNS[n] for n in names}}, rows),
            )
        )

    def _drop_lost(self, ids, closed):
        """Rows without facts: deleted, in a closed month emptied and marked."""
        if not ids:
            return
        if not closed:
            query = SQL("DELETE FROM aftersales_kpi_value WHERE id = ANY(%s)", ids)
        else:
            query = SQL(
                """
                UPDATE aftersales_kpi_value AS old
                   SET numerator = 0,
                       denominator = CASE WHEN roll_up = %(ratio)s THEN 0 END,
                       value = CASE WHEN roll_up <> %(ratio)s THEN 0 END %(first)s
                 WHERE id = ANY(%(ids)s) AND (numerator <> 0 OR denominator <> 0)
                """,
                ratio=RATIO,
                first=self._get_first_values(),
                ids=ids,
            )
        self.env.cr.execute(query)

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

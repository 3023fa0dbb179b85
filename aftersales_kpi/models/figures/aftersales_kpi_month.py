from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.figures import MAX, RATIO

LEVELS = (
    ("company", ()),
    ("team", ("team_id",)),
    ("technician", ("team_id", "technician_id")),
)


class AftersalesKpiMonth(models.Model):
    """Figures of a month by company, service point and technician, with their targets.

    The rows of ``aftersales.kpi.value`` added up at three levels, so that each number
    has its traffic light and opens its records. Rules of its own say who sees which.
    """

    _name = "aftersales.kpi.month"
    _description = "Service Figures of a Month"
    _inherit = ["aftersales.kpi.number"]
    _auto = False
    _order = "month desc, sequence, kpi_id, team_id, technician_id, id"
    _rec_name = "kpi_id"
    _depends = {
        "aftersales.kpi.value": [
            "kpi_id",
            "company_id",
            "month",
            "team_id",
            "technician_id",
            "numerator",
            "denominator",
            "target",
            "currency_id",
            "roll_up",
            "scale",
            "revised",
        ],
        "aftersales.kpi": ["sequence", "direction", "tolerance", "active"],
    }

    kpi_id = fields.Many2one("aftersales.kpi", "Figure", readonly=True)
    sequence = fields.Integer(readonly=True, aggregator=None)
    level = fields.Selection(
        [
            ("company", "Whole company"),
            ("team", "Service point"),
            ("technician", "Technician"),
        ],
        readonly=True,
    )
    company_id = fields.Many2one("res.company", readonly=True)
    month = fields.Date(readonly=True)
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    technician_id = fields.Many2one("aftersales.technician", readonly=True)
    numerator = fields.Float(digits=(24, 6), readonly=True, aggregator=None)
    denominator = fields.Float(digits=(24, 6), readonly=True, aggregator=None)
    value = fields.Float("Result", digits=(24, 6), readonly=True, aggregator=None)
    target = fields.Float(digits=(16, 2), readonly=True, aggregator=None)
    currency_id = fields.Many2one("res.currency", readonly=True)
    roll_up = fields.Integer(readonly=True, aggregator=None)
    scale = fields.Integer(readonly=True, aggregator=None)
    revised = fields.Boolean(readonly=True)
    light = fields.Selection(compute=None, readonly=True)

    @property
    def _table_query(self):
        """One grouping per level: a filter on month or level reaches the values."""
        return SQL(
            """
            SELECT row.*,
                   CASE WHEN value IS NULL OR target IS NULL THEN NULL
                        WHEN missed <= 0 THEN 'green'
                        WHEN missed <= tolerance THEN 'amber' ELSE 'red' END AS light
              FROM (
                SELECT part.*, kpi.sequence, kpi.tolerance, figure.value,
                       CASE kpi.direction
                            WHEN 'higher' THEN part.target - figure.value
                            WHEN 'lower' THEN figure.value - part.target END
                           AS missed
                  FROM (%(parts)s) part
                  JOIN aftersales_kpi kpi ON kpi.id = part.kpi_id AND kpi.active
                  CROSS JOIN LATERAL (
                    SELECT CASE WHEN part.roll_up = %(ratio)s
                                THEN part.numerator * part.scale
                                     / NULLIF(part.denominator, 0)
                                ELSE part.numerator END AS value
                  ) figure
              ) row
            """,
            parts=SQL(" UNION ALL ").join(
                self._level_sql(number, level, columns)
                for number, (level, columns) in enumerate(LEVELS)
            ),
            ratio=RATIO,
        )

    @api.model
    def _level_sql(self, number, level, columns):
        """Values added up; the id of a row is the smallest of its values' ids."""
        names = ("team_id", "technician_id")
        return SQL(
            """
            SELECT MIN(id) * 4 + %(number)s AS id, kpi_id, company_id, month,
                   %(shown)s, %(level)s AS level,
                   CASE WHEN MIN(roll_up) = %(max)s THEN MAX(numerator)
                        ELSE SUM(numerator) END AS numerator,
                   SUM(denominator) AS denominator, MAX(target) AS target,
                   MAX(currency_id) AS currency_id, MIN(roll_up) AS roll_up,
                   MIN(scale) AS scale, BOOL_OR(revised) AS revised
              FROM aftersales_kpi_value
             WHERE %(where)s
             GROUP BY %(group)s
            """,
            number=number,
            level=level,
            max=MAX,
            shown=SQL(", ").join(
                SQL.identifier(name)
                if name in columns
                else SQL("NULL::integer AS %s", SQL.identifier(name))
                for name in names
            ),
            where=SQL("%s IS NOT NULL", SQL.identifier(columns[-1]))
            if columns
            else SQL("TRUE"),
            group=SQL(", ").join(
                SQL.identifier(name)
                for name in ("kpi_id", "company_id", "month", *columns)
            ),
        )

    def _get_source_parts(self):
        parts = []
        for row in self:
            dimensions = {}
            if row.level != "company":
                dimensions["team_id"] = row.team_id.id
            if row.level == "technician":
                dimensions["technician_id"] = row.technician_id.id
            parts.append((row.kpi_id, row.company_id, row.month, dimensions))
        return parts

    @api.model
    def action_view_figures(self):
        """The figures at the level the reader works at."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_kpi.aftersales_kpi_month_action"
        )
        user, prefix = self.env.user, "aftersales_service.aftersales_service_group_"
        level = "technician"
        if user.has_group(f"{prefix}manager") or user.has_group(f"{prefix}accountant"):
            level = "company"
        elif user.has_group(f"{prefix}supervisor"):
            level = "team"
        action["context"] = {f"search_default_{level}": 1, "search_default_month": 1}
        return action

    def action_view_values(self):
        """Open the parts this number is made of."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_kpi.aftersales_kpi_value_action"
        )
        domain = [
            ("kpi_id", "=", self.kpi_id.id),
            ("company_id", "=", self.company_id.id),
            ("month", "=", self.month),
        ]
        if self.level != "company":
            domain.append(("team_id", "=", self.team_id.id))
        if self.level == "technician":
            domain.append(("technician_id", "=", self.technician_id.id))
        action.update(domain=domain, context={})
        return action

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.sql import CLOCK_DEPENDS, MACHINE_START, clock, local_day


class AftersalesTripReport(models.Model):
    """Trips by cause (KP-07): one row per visit that was really made.

    The cause is that of the first rule of the decision table whose conditions hold,
    unless a supervisor has named another on the visit.
    """

    _name = "aftersales.trip.report"
    _description = "Trips by Cause"
    _auto = False
    _order = "started_at desc, id desc"
    _rec_name = "visit_id"
    _depends = {
        "aftersales.visit": [
            *("arrived_at", "company_id", "departed_at", "lead_id", "order_id"),
            *("state", "team_id", "trip_cause_id"),
        ],
        "aftersales.order": [
            *("amount_untaxed", "asset_id", "called_at", "cause_id", "misuse"),
            *("commercial_partner_id", "parent_id", "product_id", "service_type"),
            "symptom_id",
        ],
        "aftersales.order.line": ["kind", "order_id", "quantity"],
        "aftersales.asset": ["accepted_on", "delivered_on", "installed_on"],
        "aftersales.cause": ["responsible"],
        "aftersales.trip.rule": [
            *("active", "cause_ids", "company_id", "customer_pays", "has_parts"),
            *("is_repeat", "max_days", "misuse", "responsible", "sequence"),
            *("service_type", "symptom_ids", "trip_cause_id"),
        ],
        **CLOCK_DEPENDS,
    }

    visit_id = fields.Many2one("aftersales.visit", readonly=True)
    order_id = fields.Many2one("aftersales.order", "Service order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    lead_id = fields.Many2one("aftersales.technician", "In charge", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    cause_id = fields.Many2one("aftersales.cause", "Cause found", readonly=True)
    trip_cause_id = fields.Many2one(
        "aftersales.trip.cause", "Cause of the trip", readonly=True
    )
    rule_id = fields.Many2one(
        "aftersales.trip.rule",
        "Decided by",
        readonly=True,
        help="Row of the decision table; empty: named by a supervisor.",
    )
    started_at = fields.Datetime("Set out", readonly=True)
    trip_on = fields.Date("Day", readonly=True)
    trip_count = fields.Integer("Trips", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            _QUERY,
            clock=clock("v"),
            day=local_day("COALESCE(v.departed_at, v.arrived_at)"),
            conditions=SQL(" AND ").join(self._get_conditions()),
        )

    @api.model
    def _get_conditions(self):
        """Each is true where it is empty on the rule or holds for the order.

        An add-on that gives rules another condition adds it here.
        """
        return [
            *map(SQL, _CONDITIONS),
            SQL(
                "(COALESCE(rule.max_days, 0) = 0 OR %s - %s <= rule.max_days)",
                local_day("o.called_at"),
                MACHINE_START,
            ),
        ]

    def action_open_visit(self):
        """The visit behind the row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.visit",
            "res_id": self.visit_id.id,
            "views": [(False, "form")],
        }


def _yes_no(column, fact):
    return f"(rule.{column} IS NULL OR (rule.{column} = 'yes') = {fact})"


_CONDITIONS = (
    "(rule.company_id IS NULL OR rule.company_id = v.company_id)",
    _yes_no("misuse", "(o.misuse IS TRUE)"),
    _yes_no("customer_pays", "(COALESCE(o.amount_untaxed, 0) > 0)"),
    _yes_no("is_repeat", "(o.parent_id IS NOT NULL)"),
    _yes_no(
        "has_parts",
        "EXISTS (SELECT 1 FROM aftersales_order_line line WHERE line.order_id = o.id"
        " AND line.kind = 'part' AND line.quantity > 0)",
    ),
    "(rule.service_type IS NULL OR rule.service_type = o.service_type)",
    "(rule.responsible IS NULL OR rule.responsible = cause.responsible)",
    "(rule.causes = '{}' OR o.cause_id = ANY(rule.causes))",
    "(rule.symptoms = '{}' OR o.symptom_id = ANY(rule.symptoms))",
)
_QUERY = """
    WITH rules AS MATERIALIZED (
        SELECT rule.*,
               ARRAY(SELECT cause_id FROM aftersales_trip_rule_cause_rel
                      WHERE rule_id = rule.id) AS causes,
               ARRAY(SELECT symptom_id FROM aftersales_trip_rule_symptom_rel
                      WHERE rule_id = rule.id) AS symptoms
          FROM aftersales_trip_rule rule
         WHERE rule.active
         ORDER BY rule.sequence, rule.id
    )
    SELECT v.id, v.id AS visit_id, v.order_id, v.company_id, v.team_id, v.lead_id,
           o.commercial_partner_id AS partner_id, o.product_id, o.cause_id,
           COALESCE(v.trip_cause_id, decided.trip_cause_id) AS trip_cause_id,
           CASE WHEN v.trip_cause_id IS NULL THEN decided.id END AS rule_id,
           COALESCE(v.departed_at, v.arrived_at) AS started_at,
           %(day)s AS trip_on,
           1 AS trip_count
      FROM aftersales_visit v
      JOIN aftersales_order o ON o.id = v.order_id
      %(clock)s
      LEFT JOIN aftersales_asset asset ON asset.id = o.asset_id
      LEFT JOIN aftersales_cause cause ON cause.id = o.cause_id
      LEFT JOIN LATERAL (
          SELECT rule.id, rule.trip_cause_id FROM rules rule
           WHERE %(conditions)s
           ORDER BY rule.sequence, rule.id
           LIMIT 1
      ) decided ON true
     WHERE v.state IN ('departed', 'arrived', 'left')
       AND COALESCE(v.departed_at, v.arrived_at) IS NOT NULL
"""

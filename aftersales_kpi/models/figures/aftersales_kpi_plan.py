from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.figures import light

ORDERS, REVENUE = "orders", "revenue"
PLANNED = {ORDERS, REVENUE}


class AftersalesKpiPlan(models.Model):
    """Orders and revenue planned per service point and month, and the actual (KP-09).

    ============== ===================== ==========================================
    Action         Group                 Restriction
    ============== ===================== ==========================================
    read           supervisor            own service points
    read           manager, accountant   own companies
    create, change manager               also by import; one plan a month and point
    ============== ===================== ==========================================

    What was done comes from the stored figures “Orders done” and “Order value” and is
    stored here again, so that any group of plans has its own shares.
    """

    _name = "aftersales.kpi.plan"
    _description = "Plan and Actual"
    _inherit = ["aftersales.guard.mixin"]
    _order = "month desc, team_id, id"
    _rec_name = "team_id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one(
        "aftersales.team",
        "Service point",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    month = fields.Date(
        required=True,
        index=True,
        default=lambda self: self._default_month(),
        help="Any day of the month.",
    )
    orders_plan = fields.Float("Orders planned", digits=(16, 2))
    revenue_plan = fields.Monetary("Order value planned")
    orders_actual = fields.Float("Orders done", digits=(16, 2), readonly=True)
    revenue_actual = fields.Monetary("Order value", readonly=True)
    orders_share = fields.Float(
        "Orders %",
        compute="_compute_shares",
        store=True,
        digits=(16, 4),
        aggregator="avg",
        help="Orders done by orders planned. Of several plans: the sums.",
    )
    revenue_share = fields.Float(
        "Order value %",
        compute="_compute_shares",
        store=True,
        digits=(16, 4),
        aggregator="avg",
        help="Order value by what was planned. Of several plans: the sums.",
    )
    order_plan = fields.Monetary(
        "Planned per order", compute="_compute_shares", store=True, aggregator="avg"
    )
    order_actual = fields.Monetary(
        "Value per order", compute="_compute_shares", store=True, aggregator="avg"
    )
    orders_text = fields.Char("Orders fulfilled", compute="_compute_texts")
    revenue_text = fields.Char("Order value fulfilled", compute="_compute_texts")
    orders_light = fields.Selection(
        [("green", "Reached"), ("amber", "Nearly"), ("red", "Off target")],
        compute="_compute_texts",
    )
    revenue_light = fields.Selection(
        [("green", "Reached"), ("amber", "Nearly"), ("red", "Off target")],
        compute="_compute_texts",
    )

    _once = models.UniqueIndex(
        "(team_id, month)", "This service point already has a plan of the month."
    )
    _positive = models.Constraint(
        "CHECK (orders_plan >= 0 AND revenue_plan >= 0)",
        "A plan cannot be negative.",
    )

    @api.model
    def _default_month(self):
        return fields.Date.start_of(fields.Date.context_today(self), "month")

    # -- compute --------------------------------------------------------------

    @api.depends("orders_plan", "revenue_plan", "orders_actual", "revenue_actual")
    def _compute_shares(self):
        for plan in self:
            pairs = {
                "orders_share": (plan.orders_actual * 100, plan.orders_plan),
                "revenue_share": (plan.revenue_actual * 100, plan.revenue_plan),
                "order_plan": (plan.revenue_plan, plan.orders_plan),
                "order_actual": (plan.revenue_actual, plan.orders_actual),
            }
            for name, (numerator, denominator) in pairs.items():
                plan[name] = numerator / denominator if denominator else 0.0

    @api.depends("orders_share", "revenue_share", "company_id")
    def _compute_texts(self):
        """“–” without a plan; amber within the company's tolerance."""
        for plan in self:
            tolerance = plan.company_id.aftersales_plan_tolerance
            for name in ("orders", "revenue"):
                planned = plan[f"{name}_plan"]
                share = plan[f"{name}_share"]
                plan[f"{name}_text"] = f"{share:.2f} %" if planned else "–"
                plan[f"{name}_light"] = (
                    planned and light(share, 100.0, "higher", tolerance) or False
                )

    @api.depends("team_id", "month")
    def _compute_display_name(self):
        for plan in self:
            month = plan.month and plan.month.strftime("%Y-%m")
            names = (plan.team_id.display_name, month)
            plan.display_name = " · ".join(name for name in names if name)

    # -- groups ---------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        """Shares and amounts per order of a group come from its sums."""
        ratios = {
            "orders_share:avg": ("orders_actual", "orders_plan", 100),
            "revenue_share:avg": ("revenue_actual", "revenue_plan", 100),
            "order_plan:avg": ("revenue_plan", "orders_plan", 1),
            "order_actual:avg": ("revenue_actual", "orders_actual", 1),
        }
        if aggregate_spec not in ratios:
            return super()._read_group_select(aggregate_spec, query)
        numerator, denominator, factor = ratios[aggregate_spec]
        return SQL(
            "SUM(%s) * %s / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, numerator, query),
            factor,
            self._field_to_sql(self._table, denominator, query),
        )

    # -- writing --------------------------------------------------------------

    @api.model
    def _prepare_guarded_values(self, vals_list):
        for vals in super()._prepare_guarded_values(vals_list):
            self._normalise_month(vals)
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        plans = super().create(vals_list)
        plans._update_actuals()
        return plans

    def write(self, vals):
        vals = dict(vals)
        self._normalise_month(vals)
        result = super().write(vals)
        if vals.keys() & {"month", "team_id", "company_id"}:
            self._update_actuals()
        return result

    @api.model
    def _normalise_month(self, vals):
        if day := fields.Date.to_date(vals.get("month")):
            vals["month"] = day.replace(day=1)

    def _update_actuals(self):
        """Take what was done from the stored figures: one query for all plans."""
        found = self._find_actuals()
        # Safe: what was done is written by the computation only.
        for plan in self.sudo():
            key = (plan.team_id.id, plan.month)
            values = {
                "orders_actual": found.get((*key, ORDERS), 0),
                "revenue_actual": found.get((*key, REVENUE), 0),
            }
            if any(plan[name] != value for name, value in values.items()):
                plan.write(values)

    def _find_actuals(self):
        """``{(team, month, kind): number}``"""
        # Safe: figures of the service points the plans belong to.
        values = self.env["aftersales.kpi.value"].sudo()
        groups = values._read_group(
            [
                ("team_id", "in", self.team_id.ids),
                ("month", "in", self.mapped("month")),
                ("kpi_id.kind", "in", (ORDERS, REVENUE)),
                ("kpi_id.active", "=", True),
            ],
            ["team_id", "month:day", "kpi_id"],
            ["numerator:sum"],
        )
        return {
            (team.id, fields.Date.to_date(day), kpi.kind): total or 0.0
            for team, day, kpi, total in groups
        }

    @api.model
    def _update_month(self, company_id, month):
        """After the figures of a month have been computed."""
        # Safe: see `_update_actuals`.
        self.sudo().search(
            [("company_id", "=", company_id), ("month", "=", month)]
        )._update_actuals()

    @api.model
    def get_import_templates(self):
        """The sheet to fill in for an import."""
        return [
            {
                "label": self.env._("Import Template for Plans"),
                "template": "/aftersales_kpi/static/xls/plan_import_template.csv",
            }
        ]

    def _open(self, kind):
        self.ensure_one()
        self.check_access("read")
        kpis = self.env["aftersales.kpi"]._get_for_company(self.company_id)
        kpi = kpis.filtered(lambda kpi: kpi.kind == kind)[:1]
        row = self.env["aftersales.kpi.month"].search(
            [
                ("kpi_id", "=", kpi.id),
                ("level", "=", "team"),
                ("team_id", "=", self.team_id.id),
                ("month", "=", self.month),
            ]
        )
        if not row:
            raise UserError(self.env._("There is no record behind this number."))
        return row.action_open_numerator()

    def action_open_orders(self):
        """Open the orders done in the month at the service point."""
        return self._open(ORDERS)

from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesDiscountReport(models.Model):
    """Discounts and gifts per person and month, granted or not (SV-50)."""

    _name = "aftersales.discount.report"
    _description = "Discounts"
    _auto = False
    _order = "day desc, id desc"
    _depends = {
        "aftersales.approval": [
            "kind",
            "state",
            "requested_by_id",
            "requested_at",
            "decided_by_id",
            "by_limit",
            "line_id",
            "order_id",
            "company_id",
            "deviation",
        ],
        "aftersales.order.line": ["list_price", "quantity", "returned_quantity"],
        "aftersales.order": ["team_id", "partner_id", "currency_id"],
    }

    approval_id = fields.Many2one("aftersales.approval", readonly=True)
    order_id = fields.Many2one("aftersales.order", "Service order", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    user_id = fields.Many2one("res.users", "Asked by", readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    kind = fields.Selection(
        selection=lambda self: self._selection_of("kind"), readonly=True
    )
    state = fields.Selection(
        selection=lambda self: self._selection_of("state"), readonly=True
    )
    by_limit = fields.Boolean("Within the role's limit", readonly=True)
    day = fields.Date("Asked on", readonly=True)
    deviation = fields.Float("Off list %", aggregator="avg", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(
        "Price difference",
        readonly=True,
        help="Asked price less list price, times the quantity; in company currency, "
        "before tax where prices are.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT a.id, a.id AS approval_id, a.order_id, o.partner_id, a.company_id,
                   o.team_id, a.requested_by_id AS user_id, a.decided_by_id, a.kind,
                   a.state, coalesce(a.by_limit, FALSE) AS by_limit,
                   a.requested_at::date AS day, a.deviation,
                   c.currency_id,
                   round((
                       (CASE WHEN a.kind = 'gift' THEN 0.0 ELSE a.asked_price END
                        - a.list_price)
                       * coalesce(l.quantity - coalesce(l.returned_quantity, 0), 0)
                       / r.rate)::numeric, 2) AS amount
              FROM aftersales_approval a
              JOIN aftersales_order o ON o.id = a.order_id
              JOIN res_company c ON c.id = a.company_id
              LEFT JOIN aftersales_order_line l ON l.id = a.line_id
             CROSS JOIN LATERAL (%s) r
             WHERE a.kind IN ('price', 'gift') AND a.state <> 'obsolete'
            """,
            self.env["aftersales.fee.line"]._from_rate(SQL("a.requested_at::date")),
        )

    @api.model
    def _selection_of(self, name):
        model = self.env["aftersales.approval"]
        return model._fields[name]._description_selection(self.env)

    def action_open(self):
        self.ensure_one()
        return self.order_id._get_records_action(name=self.order_id.name)

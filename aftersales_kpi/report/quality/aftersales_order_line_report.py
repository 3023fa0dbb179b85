from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.sql import (
    CLOCK_DEPENDS,
    clock,
    in_company_currency,
    local_day,
    select,
    vendor,
)

COST_GROUPS = (
    "aftersales_service.aftersales_service_group_manager,"
    "aftersales_service.aftersales_service_group_accountant"
)


class AftersalesOrderLineReport(models.Model):
    """Parts, labour and travel in figures: revenue by payer, covered value, cost.

    One row per line of an order done. Quantities less what came back; the cost is the
    one kept at completion where a warranty pays, else that of the product today.
    """

    _name = "aftersales.order.line.report"
    _description = "Fee Analysis"
    _auto = False
    _order = "done_at desc, id desc"
    _rec_name = "line_id"
    _depends = {
        "aftersales.order.line": [
            *("company_id", "covered_amount", "currency_id", "customer_amount", "kind"),
            *("order_id", "payer", "product_id", "quantity", "returned_quantity"),
            *("uom_id", "warranty_cost"),
        ],
        "aftersales.order": [
            *("commercial_partner_id", "done_at", "product_id", "service_type"),
            *("state", "team_id", "technician_id"),
        ],
        "product.product": ["product_tmpl_id", "standard_price"],
        "product.template": ["categ_id", "uom_id"],
        "product.supplierinfo": ["partner_id", "product_tmpl_id", "sequence"],
        "res.currency": ["decimal_places"],
        "uom.uom": ["factor"],
        **CLOCK_DEPENDS,
    }

    line_id = fields.Many2one("aftersales.order.line", readonly=True)
    order_id = fields.Many2one("aftersales.order", "Service order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    technician_id = fields.Many2one(
        "aftersales.technician", "Technician in charge", readonly=True
    )
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    machine_id = fields.Many2one("product.product", readonly=True)
    product_id = fields.Many2one("product.product", "Part or service", readonly=True)
    product_categ_id = fields.Many2one(
        "product.category", "Product category", readonly=True
    )
    supplier_id = fields.Many2one(
        "res.partner", readonly=True, help="First vendor of the product."
    )
    kind = fields.Selection(
        selection=lambda self: self._get_selection("aftersales.order.line", "kind"),
        readonly=True,
    )
    payer = fields.Selection(
        selection=lambda self: self._get_selection("aftersales.order.line", "payer"),
        readonly=True,
    )
    service_type = fields.Selection(
        selection=lambda self: self._get_selection("aftersales.order", "service_type"),
        readonly=True,
    )
    done_at = fields.Datetime("Done on", readonly=True)
    done_on = fields.Date("Day done", readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    orders = fields.Integer(
        "Number of orders", readonly=True, aggregator="count_distinct"
    )
    quantity = fields.Float(readonly=True, digits="Product Unit")
    revenue = fields.Monetary(
        "Order value", readonly=True, help="What the customer pays for it, before tax."
    )
    covered = fields.Monetary(
        readonly=True, help="Value at list price that somebody else bears."
    )
    amount = fields.Monetary(
        "Value", readonly=True, help="Order value and covered value together."
    )
    cost = fields.Monetary(readonly=True, groups=COST_GROUPS)
    margin = fields.Monetary(
        readonly=True, groups=COST_GROUPS, help="Order value less cost."
    )

    @api.model
    def _get_selection(self, model, name):
        return self.env[model]._fields[name]._description_selection(self.env)

    @property
    def _table_query(self):
        return select(self._get_columns(), SQL(_SOURCE, clock=clock("line")))

    @api.model
    def _get_columns(self):
        """``{column: SQL}``; an add-on adds its own."""
        revenue, covered = _money("line.customer_amount"), _money("line.covered_amount")
        cost = SQL(_COST, SQL(_QUANTITY))
        return {
            **_COLUMNS,
            "done_on": local_day("o.done_at"),
            "supplier_id": vendor("template.id", "line.product_id", "line.company_id"),
            "revenue": revenue,
            "covered": covered,
            "amount": SQL("%s + %s", revenue, covered),
            "cost": cost,
            "margin": SQL("%s - %s", revenue, cost),
        }


def _money(column):
    return in_company_currency(column, "line", "o.done_at::date")


_QUANTITY = "(line.quantity - COALESCE(line.returned_quantity, 0))"
# What was kept at completion, else today's cost of the product in the line's unit.
_COST = """COALESCE(NULLIF(line.warranty_cost, 0)::numeric, round((
    COALESCE((product.standard_price->>line.company_id::text)::numeric, 0)
    * %s * COALESCE(unit.factor, 1) / COALESCE(NULLIF(own_unit.factor, 0), 1)
)::numeric, own.decimal_places))"""
_COLUMNS = {
    "id": "line.id",
    "line_id": "line.id",
    "partner_id": "o.commercial_partner_id",
    "machine_id": "o.product_id",
    "product_categ_id": "template.categ_id",
    "line_count": "1",
    "orders": "line.order_id",
    "quantity": _QUANTITY,
    **{
        name: f"line.{name}"
        for name in ("order_id", "company_id", "product_id", "kind", "payer")
    },
    **{
        name: f"o.{name}"
        for name in ("team_id", "technician_id", "service_type", "done_at")
    },
}
_SOURCE = """
    FROM aftersales_order_line line
    JOIN aftersales_order o ON o.id = line.order_id AND o.state IN ('done', 'closed')
    %(clock)s
    JOIN res_currency own ON own.id = company.currency_id
    LEFT JOIN product_product product ON product.id = line.product_id
    LEFT JOIN product_template template ON template.id = product.product_tmpl_id
    LEFT JOIN uom_uom unit ON unit.id = line.uom_id
    LEFT JOIN uom_uom own_unit ON own_unit.id = template.uom_id
"""

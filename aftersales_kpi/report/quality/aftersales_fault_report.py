from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.sql import (
    CLOCK_DEPENDS,
    MACHINE_START,
    clock,
    first_part,
    local_day,
    months_between,
    select,
    vendor,
)


class AftersalesFaultReport(models.Model):
    """Faults by symptom, cause, product, supplier and responsible unit (KP-08).

    One row per order that names a symptom or a cause and was not cancelled. The
    supplier is that of the first part put in, else that of the machine. Columns are
    scalars: what a question does not ask for is not computed.
    """

    _name = "aftersales.fault.report"
    _description = "Fault Analysis"
    _auto = False
    _order = "called_at desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "aftersales.order": [
            *("asset_id", "called_at", "cause_id", "commercial_partner_id"),
            *("company_id", "done_at", "fault_level", "misuse", "parent_id", "place"),
            *("product_id", "state", "symptom_id", "team_id", "technician_id"),
        ],
        "aftersales.order.line": ["kind", "order_id", "product_id", "quantity"],
        "aftersales.cause": ["responsible", "unit_id"],
        "aftersales.symptom": ["parent_id"],
        "aftersales.asset": ["accepted_on", "delivered_on", "installed_on"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id"],
        "product.supplierinfo": ["partner_id", "product_tmpl_id", "sequence"],
        **CLOCK_DEPENDS,
    }

    order_id = fields.Many2one("aftersales.order", "Service order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("aftersales.team", "Service point", readonly=True)
    technician_id = fields.Many2one(
        "aftersales.technician", "Technician in charge", readonly=True
    )
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    asset_id = fields.Many2one("aftersales.asset", "Machine", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    product_categ_id = fields.Many2one(
        "product.category", "Product category", readonly=True
    )
    symptom_id = fields.Many2one("aftersales.symptom", readonly=True)
    symptom_group_id = fields.Many2one(
        "aftersales.symptom", "Group of symptoms", readonly=True
    )
    cause_id = fields.Many2one("aftersales.cause", readonly=True)
    responsible = fields.Selection(
        selection=lambda self: self._get_selection("aftersales.cause", "responsible"),
        readonly=True,
    )
    unit_id = fields.Many2one("aftersales.unit", "Responsible unit", readonly=True)
    part_id = fields.Many2one("product.product", "First part put in", readonly=True)
    supplier_id = fields.Many2one(
        "res.partner",
        readonly=True,
        help="Of the first part put in; without a part, of the machine.",
    )
    fault_level = fields.Selection(
        selection=lambda self: self._get_selection("aftersales.order", "fault_level"),
        readonly=True,
    )
    place = fields.Selection(
        selection=lambda self: self._get_selection("aftersales.order", "place"),
        readonly=True,
    )
    state = fields.Selection(
        selection=lambda self: self._get_selection("aftersales.order", "state"),
        readonly=True,
    )
    misuse = fields.Boolean(readonly=True)
    is_repeat = fields.Boolean("Repeat", readonly=True)
    called_at = fields.Datetime("Called on", readonly=True)
    called_on = fields.Date("Day of the call", readonly=True)
    age = fields.Integer(
        "Month of age",
        readonly=True,
        aggregator="avg",
        help="Completed months from the acceptance (installation, delivery) of the "
        "machine to the call.",
    )
    fault_count = fields.Integer("Faults", readonly=True)
    repeat_count = fields.Integer("Repeats", readonly=True)
    days_to_solve = fields.Float(readonly=True, aggregator="avg")

    @api.model
    def _get_selection(self, model, name):
        return self.env[model]._fields[name]._description_selection(self.env)

    @property
    def _table_query(self):
        return select(
            self._get_columns(), SQL("%s %s", self._get_source(), self._get_where())
        )

    @api.model
    def _get_columns(self):
        """``{column: SQL}``; an add-on adds its own."""
        day = local_day("o.called_at")
        part_vendor = vendor(
            "part_product.product_tmpl_id", "part.product_id", "o.company_id"
        )
        machine_vendor = vendor("template.id", "o.product_id", "o.company_id")
        return {
            **_COLUMNS,
            "part_id": first_part(SQL("part.product_id")),
            "supplier_id": SQL(
                "COALESCE(%s, %s)", first_part(part_vendor), machine_vendor
            ),
            "called_on": day,
            "age": months_between(MACHINE_START, day),
        }

    @api.model
    def _get_source(self):
        return SQL(_SOURCE, clock=clock("o"))

    @api.model
    def _get_where(self):
        """What counts as a fault."""
        return SQL(
            "WHERE o.state <> 'cancelled' AND o.service_type <> 'internal'"
            " AND (o.symptom_id IS NOT NULL OR o.cause_id IS NOT NULL)"
        )

    def action_open_order(self):
        """The service order behind the row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.order",
            "res_id": self.order_id.id,
            "views": [(False, "form")],
        }


_COLUMNS = {
    "id": "o.id",
    "order_id": "o.id",
    "partner_id": "o.commercial_partner_id",
    "product_categ_id": "template.categ_id",
    "symptom_group_id": "COALESCE(symptom.parent_id, symptom.id)",
    "responsible": "cause.responsible",
    "unit_id": "cause.unit_id",
    "is_repeat": "o.parent_id IS NOT NULL",
    "fault_count": "1",
    "repeat_count": "(o.parent_id IS NOT NULL)::int",
    "days_to_solve": "EXTRACT(EPOCH FROM o.done_at - o.called_at) / 86400",
    **{
        name: f"o.{name}"
        for name in (
            *("company_id", "team_id", "technician_id", "asset_id", "product_id"),
            *("symptom_id", "cause_id", "fault_level", "place", "state", "misuse"),
            "called_at",
        )
    },
}
_SOURCE = """
    FROM aftersales_order o
    %(clock)s
    LEFT JOIN aftersales_symptom symptom ON symptom.id = o.symptom_id
    LEFT JOIN aftersales_cause cause ON cause.id = o.cause_id
    LEFT JOIN aftersales_asset asset ON asset.id = o.asset_id
    LEFT JOIN product_product product ON product.id = o.product_id
    LEFT JOIN product_template template ON template.id = product.product_tmpl_id
"""

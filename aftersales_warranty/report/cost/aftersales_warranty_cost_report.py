from odoo import api, fields, models
from odoo.tools import SQL

CLAIM_KINDS = [
    ("part", "Part"),
    ("labour", "Labour"),
    ("travel", "Travel"),
    ("other", "Other"),
]


class AftersalesWarrantyCostReport(models.Model):
    """What warranties cost: by product, supplier and month of age (KP-06, KP-08).

    One row per line a warranty paid on a done order. Parts at cost, work and travel
    at cost or list price, as kept on the day the order was done.
    """

    _name = "aftersales.warranty.cost.report"
    _description = "Cost of Warranty"
    _auto = False
    _order = "done_at desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "aftersales.order.line": [
            "kind",
            "order_id",
            "payer",
            "payer_facts",
            "product_id",
            "warranty_cost",
        ],
        "aftersales.order": [
            "called_at",
            "company_id",
            "done_at",
            "product_id",
            "state",
            "team_id",
        ],
        "aftersales.warranty": ["date_start", "kind", "term_id"],
        "product.supplierinfo": ["partner_id", "product_tmpl_id", "sequence"],
    }

    line_id = fields.Many2one("aftersales.order.line", readonly=True)
    order_id = fields.Many2one("aftersales.order", "Service Order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one("aftersales.team", "Service Point", readonly=True)
    warranty_id = fields.Many2one("aftersales.warranty", readonly=True)
    term_id = fields.Many2one("aftersales.warranty.term", readonly=True)
    product_id = fields.Many2one("product.product", "Machine", readonly=True)
    categ_id = fields.Many2one("product.category", "Category", readonly=True)
    part_id = fields.Many2one("product.product", "Part or Service", readonly=True)
    supplier_id = fields.Many2one(
        "res.partner",
        readonly=True,
        help="Of the part; for work and travel that of the machine.",
    )
    kind = fields.Selection(CLAIM_KINDS, readonly=True)
    done_at = fields.Datetime("Done on", readonly=True)
    age = fields.Integer(
        "Month of age",
        readonly=True,
        aggregator="avg",
        help="Months since the start of the warranty, at the day of the report.",
    )
    cost = fields.Monetary(readonly=True)
    orders = fields.Integer(
        "Number of orders", readonly=True, aggregator="count_distinct"
    )

    @property
    def _table_query(self):
        return SQL("%s %s %s", self._select(), self._from(), self._where())

    @api.model
    def _select(self):
        return SQL(
            """SELECT line.id, line.id AS line_id, line.order_id,
                ord.id AS orders, ord.company_id, ord.team_id, ord.done_at,
                warranty.id AS warranty_id, warranty.term_id,
                COALESCE(ord.product_id, warranty.product_id) AS product_id,
                template.categ_id, line.product_id AS part_id, line.kind,
                COALESCE(
                    CASE WHEN line.kind = 'part' THEN part_vendor.partner_id END,
                    machine_vendor.partner_id
                ) AS supplier_id,
                (EXTRACT(YEAR FROM age(ord.called_at, warranty.date_start)) * 12
                 + EXTRACT(MONTH FROM age(ord.called_at, warranty.date_start)))::int
                    AS age,
                COALESCE(line.warranty_cost, 0) AS cost"""
        )

    @api.model
    def _from(self):
        return SQL(
            """FROM aftersales_order_line line
            JOIN aftersales_order ord ON ord.id = line.order_id
            LEFT JOIN aftersales_warranty warranty
                ON warranty.id = (line.payer_facts->>'warranty')::int
            LEFT JOIN product_product machine
                ON machine.id = COALESCE(ord.product_id, warranty.product_id)
            LEFT JOIN product_template template ON template.id = machine.product_tmpl_id
            LEFT JOIN product_product part ON part.id = line.product_id
            LEFT JOIN LATERAL (%(part)s) part_vendor ON TRUE
            LEFT JOIN LATERAL (%(machine)s) machine_vendor ON TRUE""",
            part=self._select_vendor("part"),
            machine=self._select_vendor("machine"),
        )

    @api.model
    def _select_vendor(self, alias):
        """The first vendor of the product's price list in the company."""
        return SQL(
            """SELECT info.partner_id FROM product_supplierinfo info
            WHERE info.product_tmpl_id = %(alias)s.product_tmpl_id
                AND (info.product_id IS NULL OR info.product_id = %(alias)s.id)
                AND (info.company_id IS NULL OR info.company_id = ord.company_id)
            ORDER BY info.sequence, info.id LIMIT 1""",
            alias=SQL.identifier(alias),
        )

    @api.model
    def _where(self):
        return SQL("WHERE line.payer = 'warranty' AND ord.state IN ('done', 'closed')")

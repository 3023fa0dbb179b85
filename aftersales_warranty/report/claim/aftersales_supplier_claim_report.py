from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.clock import today_sql

BANDS = [
    ("0", "0–30 days"),
    ("30", "31–60 days"),
    ("60", "61–90 days"),
    ("90", "Over 90 days"),
]


class AftersalesSupplierClaimReport(models.Model):
    """Claims by supplier, month and age: what was asked, recovered, lost (WA-20).

    One row per claim that has gone out; the id is that of the claim. Figures are read
    from posted documents each time. For other add-ons: ``claimed_on`` (month of the
    claim), ``partner_id``, ``claimed_amount``, ``accepted_amount``, ``agreed_amount``,
    ``recovered_amount``, ``open_amount``, ``lost_amount``; what came in by month of
    booking is `aftersales.supplier.recovery.report`.
    """

    _name = "aftersales.supplier.claim.report"
    _description = "Supplier claims: figures and ageing"
    _auto = False
    _order = "age_days desc, id desc"
    _rec_name = "claim_id"
    _depends = {
        "account.move": [
            "aftersales_claim_id",
            "amount_untaxed_signed",
            "date",
            "reversed_entry_id",
            "state",
        ],
        "account.move.line": [
            "account_id",
            "amount_currency",
            "amount_residual_currency",
            "date",
            "move_id",
        ],
        "aftersales.deposit.entry": ["claim_id", "claim_rate", "deposit_id"],
        "aftersales.supplier.claim": [
            "accepted_amount",
            "agreed_amount",
            "answer_due_on",
            "claimed_amount",
            "claimed_on",
            "closed_on",
            "company_id",
            "deadline",
            "order_id",
            "partner_id",
            "product_id",
            "state",
        ],
        "aftersales.supplier.claim.line": ["agreed_amount", "claim_id", "quantity"],
        "stock.move": ["aftersales_claim_line_id", "date", "quantity", "state"],
    }

    claim_id = fields.Many2one("aftersales.supplier.claim", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    order_id = fields.Many2one("aftersales.order", "Service order", readonly=True)
    product_id = fields.Many2one("product.product", "Machine", readonly=True)
    state = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.supplier.claim"]
            ._fields["state"]
            ._description_selection(self.env)
        ),
        readonly=True,
    )
    claimed_on = fields.Date(readonly=True)
    answer_due_on = fields.Date("Answer due", readonly=True)
    closed_on = fields.Date(readonly=True)
    is_open = fields.Boolean("Open", readonly=True)
    is_late = fields.Boolean("After the deadline", readonly=True)
    age_days = fields.Integer("Age (days)", readonly=True, aggregator="avg")
    age_band = fields.Selection(BANDS, "Age", readonly=True)
    claimed_amount = fields.Monetary("Claimed", readonly=True)
    accepted_amount = fields.Monetary("Accepted", readonly=True)
    agreed_amount = fields.Monetary("Agreed", readonly=True)
    recovered_amount = fields.Monetary("Recovered", readonly=True)
    open_amount = fields.Monetary(
        "Outstanding",
        readonly=True,
        help="Of open claims: what is agreed, or else claimed, and has not come in.",
    )
    lost_amount = fields.Monetary("Lost", readonly=True)

    @property
    def _table_query(self):
        recoveries = self.env["aftersales.supplier.claim"]._recoveries_sql()
        return SQL(
            """
            SELECT c.id, c.id AS claim_id, c.company_id, c.partner_id, c.order_id,
                   c.product_id, c.state, c.claimed_on, c.answer_due_on, c.closed_on,
                   f.is_open, c.claimed_on > c.deadline AS is_late, f.age_days,
                   CASE WHEN f.age_days <= 30 THEN '0' WHEN f.age_days <= 60 THEN '30'
                        WHEN f.age_days <= 90 THEN '60' ELSE '90' END AS age_band,
                   c.claimed_amount, c.accepted_amount, c.agreed_amount,
                   f.recovered AS recovered_amount,
                   CASE WHEN NOT f.is_open THEN 0 ELSE greatest(0, f.recovered * -1
                        + CASE WHEN c.state IN ('accepted', 'negotiated')
                               THEN c.agreed_amount ELSE c.claimed_amount END)
                   END AS open_amount,
                   CASE WHEN c.state IN ('settled', 'lost')
                        THEN greatest(0, c.claimed_amount - f.recovered) ELSE 0
                   END AS lost_amount
              FROM aftersales_supplier_claim c
              JOIN res_company o ON o.id = c.company_id
              CROSS JOIN LATERAL (
                SELECT coalesce(sum(r.amount), 0) AS recovered,
                       c.state IN ('claimed', 'accepted', 'partly', 'disputed',
                                   'negotiated') AS is_open,
                       coalesce(c.closed_on, %(today)s) - c.claimed_on
                           AS age_days
                  FROM (%(recoveries)s) r WHERE r.claim_id = c.id
              ) f
             WHERE c.claimed_on IS NOT NULL AND c.state != 'cancelled'
            """,
            today=today_sql("o"),
            recoveries=recoveries,
        )

    def action_open(self):
        """The claim behind the row."""
        self.ensure_one()
        return self.claim_id._get_action()

    @api.model
    def _get_figures(self, company, start, end):
        """``{supplier: (claimed, agreed, recovered, lost)}`` of claims of a period.

        Recovered counts by the day of the document, the rest by the day of the claim.
        """
        domain = [
            ("company_id", "=", company.id),
            ("claimed_on", ">=", start),
            ("claimed_on", "<=", end),
        ]
        figures = {
            partner: [claimed or 0.0, agreed or 0.0, 0.0, lost or 0.0]
            for partner, claimed, agreed, lost in self._read_group(
                domain,
                ["partner_id"],
                ["claimed_amount:sum", "agreed_amount:sum", "lost_amount:sum"],
            )
        }
        for partner, amount in self.env[
            "aftersales.supplier.recovery.report"
        ]._read_group(
            [
                ("company_id", "=", company.id),
                ("date", ">=", start),
                ("date", "<=", end),
            ],
            ["partner_id"],
            ["amount:sum"],
        ):
            row = figures.setdefault(partner, [0.0, 0.0, 0.0, 0.0])
            row[2] = amount or 0.0
        return {partner: tuple(row) for partner, row in figures.items()}

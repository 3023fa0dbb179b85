from odoo import fields, models
from odoo.tools import SQL

from ..claim.aftersales_supplier_claim_report import AftersalesSupplierClaimReport


class AftersalesSupplierRecoveryReport(models.Model):
    """What suppliers have paid back, by the day of the document (WA-20, KP-06).

    One row per posted credit note, received replacement or deposit entry; reversals
    are negative. Net cost of warranty = cost of the period less ``amount`` here.
    """

    _name = "aftersales.supplier.recovery.report"
    _description = "Recovered from suppliers"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "claim_id"
    _depends = AftersalesSupplierClaimReport._depends

    claim_id = fields.Many2one("aftersales.supplier.claim", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    order_id = fields.Many2one("aftersales.order", "Service order", readonly=True)
    product_id = fields.Many2one("product.product", "Machine", readonly=True)
    kind = fields.Selection(
        [
            ("credit_note", "Credit note"),
            ("replacement", "Replacement"),
            ("deposit", "Deposit"),
        ],
        "By",
        readonly=True,
    )
    date = fields.Date(readonly=True)
    amount = fields.Monetary("Recovered", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT r.id, r.claim_id, c.company_id, c.partner_id, c.order_id,
                   c.product_id, r.kind, r.date, r.amount
              FROM (%s) r JOIN aftersales_supplier_claim c ON c.id = r.claim_id
            """,
            self.env["aftersales.supplier.claim"]._recoveries_sql(),
        )

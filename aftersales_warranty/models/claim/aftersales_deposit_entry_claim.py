from odoo import fields, models


class AftersalesDepositEntry(models.Model):
    """Claims taken from the deposit: the claim follows what is booked (WA-20)."""

    _inherit = "aftersales.deposit.entry"

    claim_id = fields.Many2one(
        "aftersales.supplier.claim",
        "Supplier claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    claim_rate = fields.Float(
        digits=0,
        default=1.0,
        readonly=True,
        copy=False,
        help="What one unit of the deposit's currency settles of the claim.",
    )

    def _after_post(self):
        result = super()._after_post()
        self.claim_id._follow_documents()
        return result

    def _after_reverse(self, amount):
        result = super()._after_reverse(amount)
        self.claim_id._follow_documents()
        return result

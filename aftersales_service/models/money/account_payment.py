from odoo import fields, models
from odoo.exceptions import UserError

from ...const import ALLOW_CHANGE


class AccountPayment(models.Model):
    _inherit = "account.payment"

    aftersales_collection_ids = fields.One2many(
        "aftersales.collection",
        "payment_id",
        "Money taken on site",
    )

    aftersales_orphan = fields.Boolean(
        "On-site payment without receipt",
        readonly=True,
        copy=False,
        help="Booked in the journal of on-site collections, but no technician "
        "recorded it.",
    )

    _aftersales_orphan_idx = models.Index("(company_id, date) WHERE aftersales_orphan")

    def action_post(self):
        result = super().action_post()
        # Safe: only looks whether a technician's receipt stands behind the payment.
        for payment in self.sudo():
            journal = payment.company_id.aftersales_collection_journal_id
            orphan = (
                bool(journal)
                and payment.journal_id == journal
                and not payment.aftersales_collection_ids
            )
            if orphan != bool(payment.aftersales_orphan):
                payment.aftersales_orphan = orphan
        return result

    def action_draft(self):
        self._check_aftersales_collection()
        return super().action_draft()

    def action_cancel(self):
        self._check_aftersales_collection()
        return super().action_cancel()

    def _check_aftersales_collection(self):
        """A payment taken on site follows its collection, not the other way round."""
        if self.env.context.get("aftersales_change") is ALLOW_CHANGE:
            return
        # Safe: only the number of the collection is shown.
        if linked := self.sudo().aftersales_collection_ids:
            raise UserError(
                self.env._(
                    "This payment is money taken on site (%(receipt)s). Cancel that "
                    "record with a reason instead.",
                    receipt=linked[0].name,
                )
            )

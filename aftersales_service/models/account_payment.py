from odoo import fields, models
from odoo.exceptions import UserError

# Unguessable: a context that comes over RPC can never hold this very object.
ALLOW_CHANGE = object()


class AccountPayment(models.Model):
    _inherit = "account.payment"

    aftersales_collection_ids = fields.One2many(
        "aftersales.collection",
        "payment_id",
        "Money taken on site",
        bypass_search_access=True,
    )

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

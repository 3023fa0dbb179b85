from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError


class AftersalesCollection(models.Model):
    """Money on its way from the technician to accounting; closed days."""

    _inherit = "aftersales.collection"

    handover_id = fields.Many2one(
        "aftersales.handover",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    def _get_payment_day(self):
        """The day it was taken; after a closed day, the next open one."""
        day, lock = super()._get_payment_day(), self.team_id.fee_lock_date
        return lock + timedelta(days=1) if lock and day <= lock else day

    def _check_can_cancel(self):
        super()._check_can_cancel()
        if drafts := self.filtered(lambda c: c.handover_id.state == "draft"):
            raise UserError(self._blocked_message("cancel", drafts))
        for collection in self:
            collection.order_id._check_fee_days(collection._get_day())

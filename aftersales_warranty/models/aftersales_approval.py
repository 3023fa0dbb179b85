from odoo import fields, models
from odoo.exceptions import AccessError

from .aftersales_return import GENERAL_MANAGER


class AftersalesApproval(models.Model):
    """Refunds, exchanges and compensation wait for the general manager (WA-11)."""

    _inherit = "aftersales.approval"

    kind = fields.Selection(
        selection_add=[("return", "Refund or exchange")],
        ondelete={"return": "cascade"},
    )

    def _check_can_decide(self):
        returns = self.filtered(lambda approval: approval.kind == "return")
        if returns and not self.env.user.has_group(GENERAL_MANAGER):
            raise AccessError(
                self.env._(
                    "Refunds, exchanges and compensation are decided by the general "
                    "manager."
                )
            )
        others = self - returns
        if others:
            super(AftersalesApproval, others)._check_can_decide()

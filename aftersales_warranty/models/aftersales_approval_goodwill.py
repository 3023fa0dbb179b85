from odoo import models

from .aftersales_goodwill_budget import GENERAL_MANAGER


class AftersalesApproval(models.Model):
    """Gifts are granted within the goodwill budget (WA-05)."""

    _inherit = "aftersales.approval"

    def action_approve(self, note=False):
        gifts = self.filtered(lambda row: row.kind == "gift" and row.state == "pending")
        if gifts:
            gifts.check_access("read")
            # Safe: the lines of the gifts, only to compare their value.
            lines = gifts.sudo().line_id.with_env(self.env)
            self.env["aftersales.goodwill.budget"]._check_lines(lines)
        return super().action_approve(note)

    def _check_can_decide(self):
        """The general manager grants gifts too: above the budget nobody else does."""
        gifts = self.filtered(lambda approval: approval.kind == "gift")
        if gifts and self.env.user.has_group(GENERAL_MANAGER):
            return super(AftersalesApproval, self - gifts)._check_can_decide()
        return super()._check_can_decide()

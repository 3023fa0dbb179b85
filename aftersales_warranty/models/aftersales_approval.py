from odoo import fields, models
from odoo.exceptions import AccessError

from .aftersales_return import GENERAL_MANAGER


class AftersalesApproval(models.Model):
    """Returns wait for the general manager (WA-11), gifts for the budget (WA-05)."""

    _inherit = "aftersales.approval"

    kind = fields.Selection(
        selection_add=[("return", "Refund or exchange")],
        ondelete={"return": "cascade"},
    )

    def action_approve(self, note=False):
        """Gifts are granted within the goodwill budget (WA-05)."""
        gifts = self.filtered(lambda row: row.kind == "gift" and row.state == "pending")
        if gifts:
            gifts.check_access("read")
            # Safe: the lines of the gifts, only to compare their value.
            lines = gifts.sudo().line_id.with_env(self.env)
            self.env["aftersales.goodwill.budget"]._check_lines(lines)
        return super().action_approve(note)

    def _check_can_decide(self):
        """Returns are the general manager's; gifts are too, beside the manager's."""
        general = self.env.user.has_group(GENERAL_MANAGER)
        returns = self.filtered(lambda approval: approval.kind == "return")
        if returns and not general:
            raise AccessError(
                self.env._(
                    "Refunds, exchanges and compensation are decided by the general "
                    "manager."
                )
            )
        gifts = self.filtered(lambda approval: approval.kind == "gift")
        others = self - returns - (gifts if general else gifts.browse())
        if not others:
            return None
        return super(AftersalesApproval, others)._check_can_decide()

from odoo import fields, models
from odoo.exceptions import AccessError

from ...const import GENERAL_MANAGER


class AftersalesApproval(models.Model):
    """Returns (WA-11), gifts within the budget (WA-05), penalties (WA-24)."""

    _inherit = "aftersales.approval"

    kind = fields.Selection(
        selection_add=[
            ("return", "Refund or exchange"),
            ("penalty", "Penalty of a supplier"),
        ],
        ondelete={"return": "cascade", "penalty": "cascade"},
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
        penalties = self.filtered(lambda approval: approval.kind == "penalty")
        penalties._check_can_decide_penalties()
        others = self - returns - penalties - (gifts if general else gifts.browse())
        if not others:
            return None
        return super(AftersalesApproval, others)._check_can_decide()

    def _check_can_decide_penalties(self):
        """Each by whom its rule names (WA-24)."""
        penalties = self.env["aftersales.penalty"].browse(self.mapped("res_id"))
        penalties._check_may_approve()

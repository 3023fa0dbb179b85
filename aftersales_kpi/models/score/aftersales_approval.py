from odoo import fields, models
from odoo.exceptions import AccessError


class AftersalesApproval(models.Model):
    """Fines and deductions wait for a manager who is not concerned (KP-03)."""

    _inherit = "aftersales.approval"

    kind = fields.Selection(
        selection_add=[("score", "Score: fine or deduction")],
        ondelete={"score": "cascade"},
    )
    score_line_id = fields.Many2one(
        "aftersales.score.line",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )

    def _check_can_decide(self):
        result = super()._check_can_decide()
        # Safe: compared with the user.
        concerned = self.sudo().score_line_id.technician_id.user_id
        if self.env.user in concerned and not self.env.su:
            raise AccessError(self.env._("Nobody decides about the own sheet."))
        return result

from odoo import fields, models


class AftersalesSupplierNoticeAnswer(models.TransientModel):
    """What the supplier said on the phone or wrote on paper (WA-21)."""

    _name = "aftersales.supplier.notice.answer"
    _description = "Answer of a supplier"

    notice_id = fields.Many2one(
        "aftersales.supplier.notice",
        required=True,
        readonly=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    decision = fields.Selection(
        [("accept", "Comes"), ("refuse", "Refuses")], required=True, default="accept"
    )
    planned_on = fields.Date("Comes on")
    reason = fields.Text()

    def action_apply(self):
        """Record the answer; the notice checks rights, state and day."""
        self.ensure_one()
        self.notice_id._answer_for(
            self.decision == "accept", self.planned_on, self.reason
        )
        return {"type": "ir.actions.act_window_close"}

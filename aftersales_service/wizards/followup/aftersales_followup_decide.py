from odoo import fields, models


class AftersalesFollowupDecide(models.TransientModel):
    """Asks the supervisor what the customer is to be told (SV-82)."""

    _name = "aftersales.followup.decide"
    _description = "Decision on a customer's question"

    followup_id = fields.Many2one(
        "aftersales.followup",
        required=True,
        readonly=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    question = fields.Text(related="followup_id.question")
    decision = fields.Text(required=True)

    def action_confirm(self):
        """Decide; the follow-up checks rights and state itself."""
        self.ensure_one()
        self.followup_id.action_decide(self.decision)
        return {"type": "ir.actions.act_window_close"}

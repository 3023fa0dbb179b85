from odoo import api, fields, models

from ...models.followup.aftersales_followup_plan import get_selection

CARD_FIELDS = (
    "attitude",
    "skill",
    "punctuality",
    "promises",
    "overall",
    "praise",
    "suggestion",
    "complaint_text",
    "question",
    "note",
    "channel",
)


class AftersalesFollowupAnswer(models.TransientModel):
    """The card as a dialog: for paper cards and for calls outside the desk (SV-81)."""

    _name = "aftersales.followup.answer"
    _description = "Answer to a follow-up"

    followup_id = fields.Many2one(
        "aftersales.followup",
        required=True,
        readonly=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    script = fields.Html(related="followup_id.script")
    channel = fields.Selection(
        [("phone", "Phone"), ("paper", "Paper")], default="phone", required=True
    )
    attitude = fields.Selection(lambda self: self._get_marks())
    skill = fields.Selection(lambda self: self._get_marks())
    punctuality = fields.Selection(lambda self: self._get_marks(), "Arrival time")
    promises = fields.Selection(lambda self: self._get_marks(), "Promises kept")
    overall = fields.Selection(
        lambda self: get_selection(self, "aftersales.followup", "overall"),
        "Overall opinion",
    )
    praise = fields.Text()
    suggestion = fields.Text()
    complaint_text = fields.Text(
        "Complaint", help="Opens a complaint and tells the supervisor."
    )
    question = fields.Text(
        "Could not be answered at once",
        help="The supervisor decides within two days; then the customer is told.",
    )
    note = fields.Text()

    @api.model
    def _get_marks(self):
        return get_selection(self, "aftersales.followup", "attitude")

    def action_confirm(self):
        """Write the answer down; the follow-up checks rights and state itself."""
        self.ensure_one()
        values = {name: self[name] for name in CARD_FIELDS}
        if not values["note"]:
            del values["note"]
        self.followup_id.action_answer(values)
        return {"type": "ir.actions.act_window_close"}

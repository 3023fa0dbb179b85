from odoo import api, fields, models

from ...models.complaint.aftersales_complaint import ANSWER_CHANNELS


class AftersalesComplaintAnswer(models.TransientModel):
    """Asks what the customer is told and how; the complaint records it."""

    _name = "aftersales.complaint.answer"
    _description = "Answer to a Complaint"

    complaint_id = fields.Many2one(
        "aftersales.complaint", required=True, ondelete="cascade"
    )
    email = fields.Char(related="complaint_id.partner_id.email")
    channel = fields.Selection(
        ANSWER_CHANNELS,
        "How",
        compute="_compute_channel",
        store=True,
        readonly=False,
        required=True,
    )
    text = fields.Text("What the customer is told", required=True)

    @api.depends("complaint_id")
    def _compute_channel(self):
        for wizard in self:
            written = wizard.complaint_id.partner_id.email_normalized
            wizard.channel = "email" if written else "phone"

    def action_confirm(self):
        """Answer; a letter is printed at once."""
        self.ensure_one()
        self.complaint_id.action_answer(self.text, self.channel)
        if self.channel == "letter":
            report = self.env.ref("aftersales_service.action_report_complaint_answer")
            action = report.report_action(self.complaint_id, config=False)
            return {**action, "close_on_report_download": True}
        return {"type": "ir.actions.act_window_close"}

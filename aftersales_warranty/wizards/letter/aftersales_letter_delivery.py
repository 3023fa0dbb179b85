from odoo import Command, api, fields, models
from odoo.exceptions import UserError

PAPER = [
    ("handed_over", "Handed over"),
    ("registered", "Registered post"),
    ("portal", "Portal only"),
]


class AftersalesLetterDelivery(models.TransientModel):
    """Letters that go out on paper, and the proof that they have arrived (WA-29)."""

    _name = "aftersales.letter.delivery"
    _description = "Delivery of a letter"

    letter_ids = fields.Many2many("aftersales.letter", required=True, readonly=True)
    is_new = fields.Boolean(compute="_compute_is_new")
    channel = fields.Selection(PAPER, "How", required=True, default="registered")
    tracking_number = fields.Char()
    delivered_on = fields.Date()
    delivered_to = fields.Char("Received by")
    proof = fields.Binary(
        help="Signed receipt or the post's confirmation: PDF, JPG or PNG."
    )
    proof_name = fields.Char("File name")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if "letter_ids" in fields_list:
            ids = self.env.context.get("active_ids") or []
            values["letter_ids"] = [Command.set(ids)]
        return values

    @api.depends("letter_ids")
    def _compute_is_new(self):
        for wizard in self:
            wizard.is_new = "draft" in wizard.letter_ids.mapped("state")

    def action_apply(self):
        """Issue what is still a draft, then record what is known of its delivery.

        :return: the papers to print, when some were issued just now
        """
        self.ensure_one()
        drafts = self.letter_ids.filtered(lambda letter: letter.state == "draft")
        if drafts:
            drafts._issue_on_paper(self.channel)
        if self.proof and len(self.letter_ids) > 1:
            raise UserError(self.env._("A proof belongs to one letter."))
        self.letter_ids._record_delivery(self._prepare_values())
        if not drafts or self.channel == "portal":
            return {"type": "ir.actions.act_window_close"}
        return {**drafts.action_print(), "close_on_report_download": True}

    def _prepare_values(self):
        return {
            "channel": self.channel,
            "tracking_number": self.tracking_number,
            "delivered_on": self.delivered_on,
            "delivered_to": self.delivered_to,
            "proof": self.proof,
            "proof_name": self.proof and (self.proof_name or "proof"),
        }

from odoo import fields, models

from ...models.complaint.aftersales_complaint_call import KINDS


class AftersalesComplaintRegisterCall(models.TransientModel):
    """Asks what the complainant said; the complaint records it."""

    _name = "aftersales.complaint.register.call"
    _description = "Call or Visit to a Complainant"

    complaint_id = fields.Many2one(
        "aftersales.complaint", required=True, ondelete="cascade"
    )
    phone = fields.Char(related="complaint_id.partner_id.phone")
    kind = fields.Selection(KINDS, required=True, default="call")
    result = fields.Text("What the customer said", required=True)

    def action_confirm(self):
        self.ensure_one()
        self.complaint_id.action_register_call(self.result, self.kind)
        return {"type": "ir.actions.act_window_close"}

from odoo import models

ALLOWED = {
    ("aftersales.score.line", "action_object"),
    ("aftersales.score.line", "action_reject_objection"),
    ("aftersales.improvement", "action_answer"),
    ("aftersales.improvement", "action_send_back"),
}


class AftersalesReason(models.TransientModel):
    _inherit = "aftersales.reason"

    def _get_allowed(self):
        return super()._get_allowed() | ALLOWED

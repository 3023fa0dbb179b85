from odoo import models

ALLOWED = {
    ("aftersales.warranty", "action_void"),
    ("aftersales.warranty", "action_restore"),
    ("aftersales.return", "action_approve"),
    ("aftersales.return", "action_cancel"),
    ("aftersales.return", "action_reject"),
    ("aftersales.deposit", "action_announce_exit"),
    ("aftersales.deposit.entry", "action_cancel"),
    ("aftersales.deposit.entry", "action_withdraw"),
    ("aftersales.penalty", "action_exempt"),
    ("aftersales.penalty", "action_propose_again"),
    ("aftersales.compensation", "action_cancel"),
    ("aftersales.compensation", "action_give_up"),
    ("aftersales.letter", "action_cancel"),
    ("aftersales.letter", "action_answer_objection"),
    ("aftersales.supplier.notice", "action_cancel"),
    ("aftersales.supplier.notice", "action_done"),
    ("aftersales.supplier.claim", "action_give_up"),
    ("aftersales.supplier.claim", "action_cancel"),
    ("aftersales.claim.due", "action_dismiss"),
}


class AftersalesReason(models.TransientModel):
    _inherit = "aftersales.reason"

    def _get_allowed(self):
        return super()._get_allowed() | ALLOWED

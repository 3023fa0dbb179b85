from odoo import models

ALLOWED = {
    ("aftersales.warranty", "action_void"),
    ("aftersales.warranty", "action_restore"),
    ("aftersales.return", "action_cancel"),
    ("aftersales.return", "action_reject"),
}


class AftersalesReason(models.TransientModel):
    _inherit = "aftersales.reason"

    def _get_allowed(self):
        return super()._get_allowed() | ALLOWED

from odoo import fields, models
from odoo.exceptions import UserError

ALLOWED = {
    ("aftersales.order", "action_cancel"),
    ("aftersales.order", "action_reopen"),
    ("aftersales.order", "action_dispatch_override"),
    ("aftersales.order", "action_escalate"),
    ("aftersales.order", "action_report_found"),
    ("aftersales.visit", "action_cancel"),
    ("aftersales.order", "action_refuse_quote"),
    ("aftersales.order", "action_withdraw_signature"),
    ("aftersales.order", "action_invoice_again"),
    ("aftersales.order", "action_explain_approval"),
    ("aftersales.collection", "action_cancel"),
    ("aftersales.handover", "action_cancel"),
    ("aftersales.free.work", "action_reverse"),
    ("aftersales.fee.line", "action_accept"),
    ("aftersales.fee.orphan", "action_accept"),
    ("aftersales.fee.close", "action_reopen"),
    ("aftersales.order.line", "action_old_part_left"),
    ("aftersales.requisition", "action_reject"),
    ("aftersales.approval", "action_reject"),
    ("aftersales.complaint", "action_withdraw"),
    ("aftersales.complaint", "action_reject"),
    ("aftersales.complaint", "action_reopen"),
}


class AftersalesReason(models.TransientModel):
    """Asks for a reason and passes it to the action that needs one."""

    _name = "aftersales.reason"
    _description = "Reason"

    reason = fields.Text(required=True)
    res_model = fields.Char(required=True)
    res_ids = fields.Json(required=True)
    method = fields.Char(required=True)

    def _get_allowed(self):
        """(model, method) pairs this dialog may call; add-ons add theirs."""
        return ALLOWED

    def action_confirm(self):
        """Call the action with the reason; it checks rights and state itself."""
        self.ensure_one()
        if (self.res_model, self.method) not in self._get_allowed():
            raise UserError(self.env._("This action does not take a reason."))
        records = self.env[self.res_model].browse(self.res_ids)
        getattr(records, self.method)(self.reason)
        return {"type": "ir.actions.act_window_close"}

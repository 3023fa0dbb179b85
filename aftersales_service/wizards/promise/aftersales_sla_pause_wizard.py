from odoo import fields, models
from odoo.exceptions import UserError


class AftersalesSlaPauseWizard(models.TransientModel):
    """Asks why the clock of a promise stops (SV-10)."""

    _name = "aftersales.sla.pause.wizard"
    _description = "Stop the Clock"

    res_model = fields.Char(
        required=True, default=lambda self: self.env.context.get("active_model")
    )
    res_ids = fields.Json(
        required=True, default=lambda self: self.env.context.get("active_ids")
    )
    reason_id = fields.Many2one(
        "aftersales.pause.reason",
        "What do we wait for?",
        required=True,
    )
    note = fields.Char(help="What exactly, and until when it is expected.")

    def action_confirm(self):
        """Stop the clock; rights and state are checked by the document."""
        self.ensure_one()
        self._get_documents().action_pause(self.reason_id.id, self.note)
        return {"type": "ir.actions.act_window_close"}

    def _get_documents(self):
        """Documents the dialog was opened on; only those that make promises."""
        if self.res_model not in self.env["aftersales.sla.mixin"]._get_sla_models():
            raise UserError(self.env._("This document makes no promises."))
        return self.env[self.res_model].browse(self.res_ids or []).exists()

from odoo import fields, models


class AftersalesVisitLeave(models.TransientModel):
    """Asks for the outcome of a visit and what comes next (SV-22)."""

    _name = "aftersales.visit.leave"
    _description = "Leave a Visit"

    visit_id = fields.Many2one("aftersales.visit", required=True, ondelete="cascade")
    outcome = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.visit"]
            ._fields["outcome"]
            ._description_selection(self.env)
        ),
        required=True,
        default="done",
    )
    next_step = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.visit"]
            ._fields["next_step"]
            ._description_selection(self.env)
        ),
    )
    note = fields.Text("Remark")

    def action_confirm(self):
        """Leave; the visit checks rights, state and outcome itself."""
        self.ensure_one()
        step = self.next_step if self.outcome != "done" else False
        self.visit_id.action_leave(self.outcome, note=self.note, next_step=step)
        return {"type": "ir.actions.act_window_close"}

from odoo import fields, models


class AftersalesFollowupQuestion(models.AbstractModel):
    """What the caller could not answer at once (SV-82)."""

    _name = "aftersales.followup.question"
    _description = "Follow-up: questions of the customer"

    question = fields.Text(
        readonly=True, copy=False, help="What could not be answered at once."
    )
    question_state = fields.Selection(
        [("open", "To decide"), ("decided", "To tell the customer"), ("told", "Told")],
        "State of the question",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    question_due_on = fields.Date("Decision due", readonly=True, copy=False)
    decision = fields.Text(readonly=True, copy=False)
    decided_at = fields.Datetime("Decided on", readonly=True, copy=False)
    decided_by_id = fields.Many2one(
        "res.users", "Decided by", readonly=True, copy=False, ondelete="set null"
    )
    told_at = fields.Datetime("Told on", readonly=True, copy=False)
    told_by_id = fields.Many2one(
        "res.users", "Told by", readonly=True, copy=False, ondelete="set null"
    )

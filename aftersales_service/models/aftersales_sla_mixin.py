from odoo import fields, models


class AftersalesSlaMixin(models.AbstractModel):
    """Promises on time: milestones with a deadline each (SV-10 … SV-12)."""

    _name = "aftersales.sla.mixin"
    _inherit = ["aftersales.sla.bar", "aftersales.sla.watch"]
    _description = "After-sales: promises on time"

    # Milestones a document has, in their order; a document names its own.
    SLA_MILESTONES = ("answer", "arrive", "resolve")

    policy_id = fields.Many2one(
        "aftersales.sla.policy",
        "Promise",
        copy=False,
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    answer_policy_id = fields.Many2one(
        "aftersales.sla.policy", copy=False, readonly=True, ondelete="restrict"
    )
    arrive_policy_id = fields.Many2one(
        "aftersales.sla.policy", copy=False, readonly=True, ondelete="restrict"
    )
    resolve_policy_id = fields.Many2one(
        "aftersales.sla.policy", copy=False, readonly=True, ondelete="restrict"
    )
    answer_deadline = fields.Datetime("Answer by", copy=False, readonly=True)
    arrive_deadline = fields.Datetime("On site by", copy=False, readonly=True)
    resolve_deadline = fields.Datetime("Solved by", copy=False, readonly=True)
    answer_at = fields.Datetime("Answered on", copy=False, readonly=True)
    arrive_at = fields.Datetime("Arrived on", copy=False, readonly=True)
    resolve_at = fields.Datetime("Solved on", copy=False, readonly=True)
    sla_state = fields.Selection(
        [
            ("running", "In time"),
            ("paused", "Clock stopped"),
            ("at_risk", "At risk"),
            ("missed", "Missed"),
            ("met", "Kept"),
        ],
        "Promise kept",
        copy=False,
        readonly=True,
        index="btree_not_null",
    )
    sla_due_at = fields.Datetime(
        "Next deadline",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The earliest deadline that is still open.",
    )
    next_check_at = fields.Datetime(copy=False, readonly=True, index="btree_not_null")

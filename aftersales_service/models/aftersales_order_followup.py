from odoo import api, fields, models

from .aftersales_followup import OPINIONS


class AftersalesOrderFollowup(models.AbstractModel):
    """What a service order knows of its follow-ups (SV-80)."""

    _name = "aftersales.order.followup"
    _description = "Service Order: follow-ups"

    followup_ids = fields.One2many(
        "aftersales.followup", "order_id", "Follow-ups", copy=False
    )
    followup_planned_at = fields.Datetime(
        "Follow-ups planned on", readonly=True, copy=False
    )
    opinion = fields.Selection(
        OPINIONS,
        "Opinion in the follow-up",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Of the latest answered follow-up.",
    )
    opinion_at = fields.Datetime("Opinion given on", readonly=True, copy=False)
    opinion_followup_id = fields.Many2one(
        "aftersales.followup",
        "Follow-up of the opinion",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    @api.model
    def _get_protected_fields(self):
        return super()._get_protected_fields() | {
            "followup_planned_at",
            "opinion",
            "opinion_at",
            "opinion_followup_id",
        }

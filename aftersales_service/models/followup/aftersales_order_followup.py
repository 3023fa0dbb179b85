from odoo import api, fields, models

from ...const import OPINIONS
from ...tools.records import count_by


class AftersalesOrder(models.Model):
    """What a service order knows of its follow-ups (SV-80)."""

    _inherit = "aftersales.order"

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

    followup_count = fields.Integer(compute="_compute_followup_count")

    _followup_missing_idx = models.Index(
        "(done_at) WHERE followup_planned_at IS NULL AND state IN ('done', 'closed')"
    )

    @api.depends("followup_ids")
    @api.depends_context("uid")
    def _compute_followup_count(self):
        followups = self.env["aftersales.followup"]
        counts = {}
        if followups.has_access("read"):
            kept = [("state", "!=", "cancelled")]
            counts = count_by(followups, "order_id", self, kept)
        for order in self:
            order.followup_count = counts.get(order.id, 0)

    # -- planning -----------------------------------------------------------------

    def _after_complete(self):
        super()._after_complete()
        self._plan_followups()

    def _plan_followups(self):
        """Every completed order is asked, by plan, without exception (SV-80)."""
        self.env["aftersales.followup"]._plan_for_orders(self)
        # Safe: the caller completed the orders; a time stamp for the nightly job.
        self.sudo().write({"followup_planned_at": fields.Datetime.now()})

    def _transition(self, name):
        result = super()._transition(name)
        if name in ("reopen", "cancel"):
            self._drop_followups()
        return result

    def _drop_followups(self):
        """Not done any more: nobody asks; completed again, it is planned again."""
        # Safe: the caller may cancel or reopen the orders; nothing is shown.
        orders = self.sudo()
        planned = orders.filtered("followup_planned_at")
        if not planned:
            return
        open_ones = (
            self.env["aftersales.followup"]
            .sudo()
            .search(  # Safe: as above.
                [("order_id", "in", planned.ids), ("state", "=", "planned")]
            )
        )
        open_ones._transition("cancel")
        planned.write({"followup_planned_at": False})

    # -- opinion --------------------------------------------------------------------

    def _update_opinions(self):
        """That of the latest answer (docs/requirements.md, Opinion)."""
        # Safe: called by what changed an answer; the values come from answers only.
        orders = self.sudo()
        answered = (
            self.env["aftersales.followup"]
            .sudo()
            .search(  # Safe: as above.
                [
                    ("order_id", "in", orders.ids),
                    ("state", "=", "answered"),
                    ("overall", "!=", False),
                ],
                order="answered_at, id",
            )
        )
        latest = {followup.order_id: followup for followup in answered}
        for order in orders:
            followup = latest.get(order, answered.browse())
            order.write(
                {
                    "opinion": followup.overall,
                    "opinion_at": followup.answered_at,
                    "opinion_followup_id": followup.id,
                }
            )

    def action_view_followups(self):
        """Open the follow-ups of the order."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_followup_action"
        )
        action["domain"] = [("order_id", "in", self.ids)]
        action["context"] = {}
        return action

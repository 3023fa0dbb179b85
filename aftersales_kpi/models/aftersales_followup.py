from odoo import models


class AftersalesFollowup(models.Model):
    """An answer changes the scores of everybody on its order (KP-01)."""

    _inherit = "aftersales.followup"

    def _after_answer(self):
        result = super()._after_answer()
        self._mark_scores()
        return result

    def _mark_scores(self):
        """The month of the answer, and of the order whose bonus hangs on it."""
        # Safe: marks what the job computes again; nothing is shown.
        followups = self.sudo()
        facts = self.env["aftersales.score.facts"]
        keys = {
            (technician.id, facts._get_local_day(followup.company_id, instant))
            for followup in followups
            for technician in followup.order_id.technician_ids
            for instant in (followup.answered_at, followup.order_id.done_at)
            if instant
        }
        followups.env["aftersales.score.dirty"]._mark(keys)

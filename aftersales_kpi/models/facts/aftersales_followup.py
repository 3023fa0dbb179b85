from odoo import models

FIGURES = {"state", "overall", "answered_at", "due_on", "order_id", "team_id"}


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

    # -- figures --------------------------------------------------------------

    def write(self, vals):
        if not vals.keys() & FIGURES:
            return super().write(vals)
        before = self._get_figure_keys()
        result = super().write(vals)
        # Safe: marks what the job computes again; nothing is shown.
        marks = self.env["aftersales.kpi.dirty"].sudo()
        marks._mark(before | self._get_figure_keys())
        return result

    def _get_figure_keys(self):
        """The months of the answer, of the last day, and of the order (KP-06)."""
        facts = self.env["aftersales.score.facts"]
        keys = set()
        # Safe: see `write`.
        for card in self.sudo():
            company, order = card.company_id, card.order_id
            who = order.technician_id.id
            keys.add((company.id, card.due_on, "followup", who))
            if card.answered_at:
                day = facts._get_month_of(company, card.answered_at)
                keys.add((company.id, day, "followup", who))
            if order.done_at:
                day = facts._get_month_of(company, order.done_at)
                keys.add((company.id, day, "asked", who))
        return keys

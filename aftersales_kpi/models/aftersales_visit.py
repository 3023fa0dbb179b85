from odoo import models

FACTS = {"left_without_report", "left_at", "arrived_at", "technician_ids", "state"}


class AftersalesVisit(models.Model):
    """Leaving without a report and coming late are facts of the score (KP-03)."""

    _inherit = "aftersales.visit"

    def write(self, vals):
        if not FACTS & vals.keys():
            return super().write(vals)
        before = self._get_score_keys()
        result = super().write(vals)
        # Safe: marks what the job computes again; nothing is shown.
        self.env["aftersales.score.dirty"].sudo()._mark(before | self._get_score_keys())
        return result

    def _get_score_keys(self):
        # Safe: see `write`.
        visits = self.sudo()
        facts = self.env["aftersales.score.facts"]
        return {
            (technician.id, facts._get_local_day(visit.company_id, instant))
            for visit in visits
            for technician in visit.technician_ids
            for instant in (visit.arrived_at, visit.left_at)
            if instant
        }

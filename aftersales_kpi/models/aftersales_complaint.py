from datetime import timedelta

from odoo import models

FACTS = {
    *("state", "at_fault", "technician_ids", "concerned_technician_ids", "parent_id"),
    *("supplier_id", "received_at", "confirmed_at", "resolve_at", "company_id"),
}


class AftersalesComplaint(models.Model):
    """Complaints with our fault, and cases nobody settled in time (KP-03, WA-23)."""

    _inherit = "aftersales.complaint"

    def write(self, vals):
        if not FACTS & vals.keys():
            return super().write(vals)
        before = self._get_score_keys()
        result = super().write(vals)
        # Safe: marks what the job computes again; nothing is shown.
        self.env["aftersales.score.dirty"].sudo()._mark(before | self._get_score_keys())
        return result

    def _get_score_keys(self):
        """Its own months, and those of the complaints that repeat it."""
        # Safe: see `write`.
        complaints = self.sudo()
        complaints |= complaints.child_ids
        facts = self.env["aftersales.score.facts"]
        rules = complaints.env["aftersales.score.rule"].search(
            [("kind", "=", "supplier_case")]
        )
        waits = {timedelta(hours=rule.hours) for rule in rules}
        return {
            (technician.id, facts._get_local_day(complaint.company_id, instant))
            for complaint in complaints
            for technician in (
                complaint.technician_ids | complaint.concerned_technician_ids
            )
            for instant in (
                complaint.confirmed_at,
                *(complaint.received_at + wait for wait in waits),
            )
            if instant
        }

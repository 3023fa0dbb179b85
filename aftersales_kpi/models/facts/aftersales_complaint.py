from datetime import timedelta

from odoo import models

FACTS = {
    *("state", "at_fault", "technician_ids", "concerned_technician_ids", "parent_id"),
    *("supplier_id", "received_at", "confirmed_at", "resolve_at", "company_id"),
}


FIGURES = {"product_id", "asset_id", "order_id", "team_id"}


class AftersalesComplaint(models.Model):
    """Complaints with our fault, and cases nobody settled in time (KP-03, WA-23)."""

    _inherit = "aftersales.complaint"

    def write(self, vals):
        if not (FACTS | FIGURES) & vals.keys():
            return super().write(vals)
        before = self._get_score_keys()
        figures = self._get_figure_keys()
        result = super().write(vals)
        # Safe: marks what the job computes again; nothing is shown.
        marks = self.env["aftersales.kpi.dirty"].sudo()
        marks._mark(figures | self._get_figure_keys())
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

    def _get_figure_keys(self):
        """The month of the receipt (KP-06)."""
        facts = self.env["aftersales.score.facts"]
        # Safe: see `write`.
        return {
            (
                complaint.company_id.id,
                facts._get_month_of(complaint.company_id, complaint.received_at),
                "complaint",
                complaint._get_figure_technician().id,
            )
            for complaint in self.sudo()
            if complaint.received_at and complaint.confirmed_at
        }

    def _get_figure_technician(self):
        """In charge of the order, else the first one named; as the facts say it."""
        named = self.technician_ids.sorted("id")[:1]
        return self.order_id.technician_id or named

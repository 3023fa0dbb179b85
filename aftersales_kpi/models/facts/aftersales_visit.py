from odoo import api, fields, models

FACTS = {"left_without_report", "left_at", "arrived_at", "technician_ids", "state"}
FIGURES = {"outcome", "order_id"}


class AftersalesVisit(models.Model):
    """Leaving without a report and coming late are facts of the score (KP-03)."""

    _inherit = "aftersales.visit"

    trip_cause_id = fields.Many2one(
        "aftersales.trip.cause",
        "Cause of the trip",
        ondelete="restrict",
        index="btree_not_null",
        copy=False,
        tracking=True,
        help="Only where the decision table is wrong; empty: the table decides.",
    )
    trip_row_ids = fields.One2many("aftersales.trip.report", "visit_id", "Trips")

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

    @api.model
    def _get_always_writable(self):
        """The cause of a trip is named after it, when all else is fixed."""
        return super()._get_always_writable() | {"trip_cause_id"}

    def _check_may_write(self, vals):
        super()._check_may_write(vals)
        if "trip_cause_id" in vals and not self._writes_itself(vals):
            self.env["aftersales.order"]._check_group("supervisor")

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

    def _get_figure_keys(self):
        """The month of the arrival, and of the order that counts its visits (KP-06)."""
        keys = set()
        # Safe: see `write`.
        for visit in self.sudo():
            order = visit.order_id
            keys |= order._get_keys_of(
                {"visit": [visit.arrived_at], "done": [order.done_at]}
            )
        return keys

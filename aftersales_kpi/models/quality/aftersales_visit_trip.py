from odoo import api, fields, models


class AftersalesVisit(models.Model):
    """Why somebody had to go there (KP-07)."""

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

    @api.model
    def _get_always_writable(self):
        """The cause of a trip is named after it, when all else is fixed."""
        return super()._get_always_writable() | {"trip_cause_id"}

    def _check_may_write(self, vals):
        super()._check_may_write(vals)
        if "trip_cause_id" in vals and not self._writes_itself(vals):
            self.env["res.users"]._check_aftersales_role("supervisor")

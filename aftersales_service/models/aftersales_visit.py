from odoo import fields, models


class AftersalesVisit(models.Model):
    """One attempt of technicians at the customer's site (SV-22 … SV-24)."""

    _name = "aftersales.visit"
    _description = "Visit"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _order = "planned_start desc, id desc"
    _check_company_auto = True

    PROTECTED = frozenset(
        {"state", "departed_at", "arrived_at", "left_at", "outcome", "company_id"}
    )

    order_id = fields.Many2one(
        "aftersales.order",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="order_id.company_id", store=True, index=True, precompute=True
    )
    technician_ids = fields.Many2many(
        "aftersales.technician", string="Technicians", check_company=True
    )
    lead_id = fields.Many2one(
        "aftersales.technician",
        "In charge",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    planned_start = fields.Datetime(required=True, index=True)
    planned_end = fields.Datetime(required=True)
    departed_at = fields.Datetime("Set out", copy=False, readonly=True)
    arrived_at = fields.Datetime("Arrived", copy=False, readonly=True)
    left_at = fields.Datetime("Left", copy=False, readonly=True)
    outcome = fields.Selection(
        [
            ("done", "Done"),
            ("continue", "To be continued"),
            ("absent", "Customer absent"),
            ("part_missing", "Part missing"),
            ("not_ours", "Not our fault"),
        ],
        copy=False,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("departed", "On the way"),
            ("arrived", "On site"),
            ("left", "Left"),
            ("cancelled", "Cancelled"),
        ],
        default="planned",
        required=True,
        copy=False,
        readonly=True,
        index=True,
    )

    def _cancel_open(self):
        """Drop visits nobody has set out for."""
        # Safe: called by actions that have checked rights on the order.
        self.filtered(lambda visit: visit.state == "planned").sudo().write(
            {"state": "cancelled"}
        )

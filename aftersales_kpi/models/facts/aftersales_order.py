from odoo import models


class AftersalesOrder(models.Model):
    """Figures look orders up by their promises, and by what was reached (KP-06)."""

    _inherit = "aftersales.order"

    _kpi_answer_idx = models.Index(
        "(answer_deadline) WHERE answer_deadline IS NOT NULL"
    )
    _kpi_arrive_idx = models.Index(
        "(arrive_deadline) WHERE arrive_deadline IS NOT NULL"
    )
    _kpi_resolve_idx = models.Index(
        "(resolve_deadline) WHERE resolve_deadline IS NOT NULL"
    )
    _kpi_answered_idx = models.Index("(answer_at) WHERE answer_at IS NOT NULL")
    _kpi_arrived_idx = models.Index("(arrive_at) WHERE arrive_at IS NOT NULL")

from odoo import api, fields, models


class AftersalesSlaPause(models.Model):
    """A time in which the clock stood still, with its reason (SV-10).

    Written by ``action_pause`` and ``action_resume`` of the document alone.
    """

    _name = "aftersales.sla.pause"
    _description = "Stopped Clock"
    _inherit = ["aftersales.guard.mixin"]
    _order = "started_at desc, id desc"
    _rec_name = "reason_id"

    order_id = fields.Many2one(
        "aftersales.order",
        "Service Order",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    complaint_id = fields.Many2one(
        "aftersales.complaint",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        index=True,
    )
    reason_id = fields.Many2one(
        "aftersales.pause.reason", required=True, readonly=True, ondelete="restrict"
    )
    kind = fields.Selection(related="reason_id.kind")
    started_at = fields.Datetime("Stopped on", required=True, readonly=True)
    ended_at = fields.Datetime("Went on", readonly=True)
    hours = fields.Float(
        compute="_compute_hours", help="Elapsed hours; up to now while it lasts."
    )
    note = fields.Char("Remark", readonly=True)
    user_id = fields.Many2one("res.users", "Stopped by", readonly=True)
    ended_by_id = fields.Many2one("res.users", "Continued by", readonly=True)

    _order_of_times = models.Constraint(
        "CHECK (ended_at >= started_at)", "A pause ends after it begins."
    )
    _one_open = models.UniqueIndex(
        "(COALESCE(order_id, 0), COALESCE(complaint_id, 0)) WHERE ended_at IS NULL",
        "The clock has been stopped already.",
    )

    @api.depends("order_id", "complaint_id")
    def _compute_company_id(self):
        for pause in self:
            pause.company_id = pause._get_document().company_id

    @api.depends("started_at", "ended_at")
    def _compute_hours(self):
        now = fields.Datetime.now()
        for pause in self:
            end = pause.ended_at or now
            pause.hours = (end - (pause.started_at or end)).total_seconds() / 3600

    def _get_document(self):
        """The order or complaint whose clock stood still."""
        return self.order_id or self.complaint_id

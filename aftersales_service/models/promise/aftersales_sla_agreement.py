from odoo import api, fields, models


class AftersalesSlaAgreement(models.Model):
    """A promise that could not be kept and was agreed anew: both dates (SV-12).

    Written by ``action_agree`` of the document alone. A document opened again leaves
    such a row as well: its first promise stays what it was.
    """

    _name = "aftersales.sla.agreement"
    _description = "Re-Agreed Promise"
    _inherit = ["aftersales.guard.mixin"]
    _order = "agreed_at desc, id desc"
    _rec_name = "reason"

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
    milestone = fields.Selection(
        [("answer", "Answer"), ("arrive", "Arrival"), ("resolve", "Solution")],
        required=True,
        readonly=True,
    )
    old_deadline = fields.Datetime("Promised until", readonly=True)
    new_deadline = fields.Datetime(
        "Agreed until", readonly=True, help="Empty: as the promise says."
    )
    reason = fields.Char(required=True, readonly=True)
    agreed_with = fields.Char(readonly=True, help="Who agreed at the customer's.")
    user_id = fields.Many2one("res.users", "Agreed by", readonly=True)
    agreed_at = fields.Datetime("Agreed on", required=True, readonly=True)
    is_reopening = fields.Boolean(
        "Opened again",
        readonly=True,
        help="Not agreed anew: what was solved is to be done again, and has a promise "
        "of its own from that moment on.",
    )
    reached_at = fields.Datetime("Solved before on", readonly=True)
    was_late = fields.Boolean(
        compute="_compute_was_late",
        store=True,
        precompute=True,
        help="The old promise had been broken when the new one was made.",
    )

    @api.depends("order_id", "complaint_id")
    def _compute_company_id(self):
        for agreement in self:
            agreement.company_id = agreement._get_document().company_id

    @api.depends("old_deadline", "agreed_at", "is_reopening", "reached_at")
    def _compute_was_late(self):
        for agreement in self:
            old = agreement.old_deadline
            end = agreement.agreed_at
            if agreement.is_reopening:
                end = agreement.reached_at
            agreement.was_late = bool(old and end and end > old)

    def _get_document(self):
        """The order or complaint the promise belongs to."""
        return self.order_id or self.complaint_id

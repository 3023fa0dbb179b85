from odoo import api, fields, models


class AftersalesHandoverCount(models.Model):
    """Notes and coins of a handover; optional, they add up to what was counted."""

    _name = "aftersales.handover.count"
    _description = "Counted Notes and Coins"
    _order = "denomination desc, id"

    handover_id = fields.Many2one(
        "aftersales.handover", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="handover_id.currency_id")
    company_id = fields.Many2one(related="handover_id.company_id", store=True)
    denomination = fields.Monetary("Note or coin", required=True)
    quantity = fields.Integer("Pieces", required=True, default=1)
    amount = fields.Monetary(compute="_compute_amount")

    _positive = models.Constraint(
        "CHECK (denomination > 0 AND quantity >= 0)",
        "Notes and coins have a value, and their number is not negative.",
    )
    _denomination_uniq = models.UniqueIndex(
        "(handover_id, denomination)", "This note or coin is counted twice."
    )

    @api.depends("denomination", "quantity")
    def _compute_amount(self):
        for count in self:
            count.amount = count.denomination * count.quantity

    @api.model_create_multi
    def create(self, vals_list):
        counts = super().create(vals_list)
        counts.handover_id._check_draft()
        return counts

    def write(self, vals):
        self.handover_id._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_booked(self):
        self.handover_id._check_draft()

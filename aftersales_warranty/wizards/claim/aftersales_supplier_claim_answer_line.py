from odoo import fields, models


class AftersalesSupplierClaimAnswerLine(models.TransientModel):
    """What is accepted or agreed of one line, and why less than was claimed."""

    _name = "aftersales.supplier.claim.answer.line"
    _description = "Answer of the supplier: line"

    wizard_id = fields.Many2one(
        "aftersales.supplier.claim.answer", required=True, ondelete="cascade"
    )
    line_id = fields.Many2one("aftersales.supplier.claim.line", required=True)
    currency_id = fields.Many2one(related="line_id.currency_id")
    name = fields.Char(related="line_id.name")
    claimed = fields.Monetary(related="line_id.amount", string="Claimed")
    accepted = fields.Monetary(related="line_id.accepted_amount", string="Answered")
    amount = fields.Monetary("Accepted")
    reason = fields.Char()

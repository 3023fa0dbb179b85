from odoo import api, fields, models
from odoo.fields import Command


class AftersalesSupplierClaimAnswer(models.TransientModel):
    """Takes the supplier's answer, or what was agreed, line by line (WA-20)."""

    _name = "aftersales.supplier.claim.answer"
    _description = "Answer of the supplier"

    claim_id = fields.Many2one("aftersales.supplier.claim", required=True)
    kind = fields.Selection(
        [("answer", "Answer"), ("negotiate", "Agreement")],
        required=True,
        default="answer",
    )
    currency_id = fields.Many2one(related="claim_id.currency_id")
    partner_id = fields.Many2one(related="claim_id.partner_id")
    claimed_amount = fields.Monetary(related="claim_id.claimed_amount")
    amount = fields.Monetary("In all", compute="_compute_amount")
    reason = fields.Text("How it came about")
    line_ids = fields.One2many(
        "aftersales.supplier.claim.answer.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("claim_id", "kind")
    def _compute_line_ids(self):
        """Everything accepted at first; the exceptions are typed."""
        for wizard in self:
            name = "agreed_amount" if wizard.kind == "negotiate" else "amount"
            wizard.line_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "line_id": line.id,
                            "amount": line[name],
                            "reason": line.answer_reason
                            if wizard.kind == "answer"
                            else line.agreed_reason,
                        }
                    )
                    for line in wizard.claim_id.line_ids
                    if line.amount
                ),
            ]

    @api.depends("line_ids.amount")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = sum(wizard.line_ids.mapped("amount"))

    def action_refuse_all(self):
        """The supplier refuses everything: one reason for all lines."""
        self.ensure_one()
        for line in self.line_ids:
            line.amount = 0.0
            line.reason = line.reason or self.reason
        return self.action_confirm()

    def action_confirm(self):
        """The claim checks rights, state and amounts itself."""
        self.ensure_one()
        answers = {
            row.line_id.id: (row.amount, row.reason or self.reason)
            for row in self.line_ids
        }
        if self.kind == "negotiate":
            self.claim_id.action_negotiate(answers, self.reason)
        else:
            self.claim_id.action_answer(answers)
        return {"type": "ir.actions.act_window_close"}

from odoo import api, fields, models


class AftersalesDepositGiveBack(models.TransientModel):
    """Asks how much of a posted entry is given back, and why (Example 23 b)."""

    _name = "aftersales.deposit.give.back"
    _description = "Give back"

    entry_id = fields.Many2one("aftersales.deposit.entry", required=True)
    currency_id = fields.Many2one(related="entry_id.currency_id")
    amount = fields.Monetary(
        compute="_compute_amount", store=True, readonly=False, required=True
    )
    reason = fields.Text(required=True)

    @api.depends("entry_id")
    def _compute_amount(self):
        for wizard in self:
            entry = wizard.entry_id
            wizard.amount = entry._get_booked_amount() - entry.given_back

    def action_confirm(self):
        """Book it; the entry checks rights, state and amount itself."""
        self.ensure_one()
        self.entry_id.action_reverse(self.reason, self.amount)
        return {"type": "ir.actions.act_window_close"}

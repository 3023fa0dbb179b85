from odoo import api, fields, models
from odoo.tools import format_amount


class AftersalesDepositTieOutWizard(models.TransientModel):
    """Shows the tie-out of a day; the difference is 0.00 or comes with its items."""

    _name = "aftersales.deposit.tie_out.wizard"
    _description = "Deposits against the ledger"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    day = fields.Date(
        "At the end of",
        required=True,
        default=lambda self: self.env.company._aftersales_today(),
    )
    balance_desk = fields.Monetary("Deposits", compute="_compute_tie")
    balance_ledger = fields.Monetary("Deposits, ledger", compute="_compute_tie")
    balance_difference = fields.Monetary("Difference", compute="_compute_tie")
    balance_exchange = fields.Monetary("Exchange rest", compute="_compute_tie")
    receivable_desk = fields.Monetary("Receivable", compute="_compute_tie")
    receivable_ledger = fields.Monetary("Receivable, ledger", compute="_compute_tie")
    receivable_difference = fields.Monetary(
        "Difference of receivables", compute="_compute_tie"
    )
    receivable_exchange = fields.Monetary(
        "Exchange rest of receivables", compute="_compute_tie"
    )
    fund_desk = fields.Monetary("Complaint funds", compute="_compute_tie")
    fund_ledger = fields.Monetary("Complaint funds, ledger", compute="_compute_tie")
    fund_difference = fields.Monetary("Difference of funds", compute="_compute_tie")
    fund_exchange = fields.Monetary("Exchange rest of funds", compute="_compute_tie")
    entries = fields.Text("Entries that make the difference", compute="_compute_tie")
    by_hand = fields.Text("Booked without a deposit entry", compute="_compute_tie")

    @api.depends("company_id", "day")
    def _compute_tie(self):
        ties = self.env["aftersales.deposit.tie_out"]
        for wizard in self:
            result = ties.get_tie_out(wizard.company_id.id, wizard.day)
            for name in ("balance", "receivable", "fund"):
                tie = result.get(name, {})
                for side in ("desk", "ledger", "exchange", "difference"):
                    wizard[f"{name}_{side}"] = tie.get(side, 0.0)
            wizard.entries = wizard._lines(result, "entries")
            wizard.by_hand = wizard._lines(result, "by_hand")

    def _lines(self, result, key):
        return "\n".join(
            f"{row['name']} · {row['date']} · {row['partner'] or '–'} · "
            f"{format_amount(self.env, row['amount'], self.currency_id)}"
            for tie in result.values()
            for row in tie[key]
        )

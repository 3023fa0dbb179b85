from odoo import fields, models


class AftersalesDepositDemand(models.Model):
    """Demand to top up a deposit: no entry, a due date (WA-22).

    One is open at a time; it is raised to the shortfall, keeps its first due date and
    stays open until the required amount is reached. Nobody writes it by hand.
    """

    _name = "aftersales.deposit.demand"
    _description = "Top-up demand"
    _inherit = ["aftersales.guard.mixin"]
    _order = "demanded_on desc, id desc"
    _rec_name = "due_on"

    PROTECTED = frozenset(
        {"deposit_id", "amount", "demanded_on", "due_on", "closed_on", "state"}
    )

    deposit_id = fields.Many2one(
        "aftersales.deposit", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="deposit_id.company_id", store=True)
    partner_id = fields.Many2one(
        related="deposit_id.partner_id", store=True, string="Supplier"
    )
    currency_id = fields.Many2one(related="deposit_id.currency_id")
    amount = fields.Monetary("Demanded", readonly=True)
    demanded_on = fields.Date(readonly=True)
    due_on = fields.Date("Due", readonly=True, index=True)
    closed_on = fields.Date(readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("met", "Met"), ("cancelled", "Dropped")],
        default="open",
        required=True,
        readonly=True,
    )

    _open_uniq = models.UniqueIndex(
        "(deposit_id) WHERE state = 'open'", "A top-up is already demanded."
    )

    def _close(self, state):
        opened = self.filtered(lambda demand: demand.state == "open")
        opened.write({"state": state, "closed_on": fields.Date.context_today(self)})
        # The next one may be raised in this very transaction (unique index).
        opened.flush_recordset(["state"])

    def _meet(self):
        self._close("met")

    def _cancel_open(self):
        self._close("cancelled")

    def _after_demand(self):
        """Extension point: the letter of demand (WA-29)."""

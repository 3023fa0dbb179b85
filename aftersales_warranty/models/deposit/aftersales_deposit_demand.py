from odoo import fields, models


class AftersalesDepositDemand(models.Model):
    """Demand to top up a deposit: no entry, a due date (WA-22).

    One is open at a time; it follows the shortfall, keeps its first due date and stays
    open until the required amount is reached. Nobody writes it by hand.
    """

    _name = "aftersales.deposit.demand"
    _description = "Top-up demand"
    _inherit = ["aftersales.guard.mixin"]
    _order = "demanded_on desc, id desc"
    _rec_name = "due_on"

    deposit_id = fields.Many2one(
        "aftersales.deposit",
        required=True,
        index=True,
        ondelete="restrict",
        guarded=True,
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
        for company, demands in opened.grouped("company_id").items():
            demands.write({"state": state, "closed_on": company._aftersales_today()})
        # The next one may be raised in this very transaction (unique index).
        opened.flush_recordset(["state"])
        if opened:
            opened._drop_letters(self.env._("No longer demanded"))

    def _meet(self):
        self._close("met")

    def _cancel_open(self):
        self._close("cancelled")

    def _after_demand(self, lower=False):
        """The letter of demand, also when the demand was raised (WA-29).

        A draft follows the amount; one that has gone out is replaced by a new one,
        unless less is owed by now.
        """
        letters = self.env["aftersales.letter"]
        for demand in self:
            [letter] = letters._draft([demand._prepare_letter()])
            letter = letter.sudo()  # Safe: the draft of this very demand.
            if demand.currency_id.compare_amounts(letter.amount, demand.amount) == 0:
                continue
            if letter.state == "draft":
                letter.amount = demand.amount
                letter._fill_text()
            elif not lower:
                letters._draft([demand._prepare_letter(letter)])

    def _prepare_letter(self, earlier=None):
        """Values of the letter; of one that replaces an earlier letter."""
        self.ensure_one()
        origin = f"demand:{self.id}"
        if earlier:
            origin = f"{origin}:{self.currency_id.round(self.amount)}"
        return {
            "kind": "demand",
            "partner_id": self.partner_id.id,
            "deposit_id": self.deposit_id.id,
            "demand_id": self.id,
            "origin": origin,
            "amount": self.amount,
            "due_on": self.due_on,
            "supersedes_id": earlier.id if earlier else False,
        }

    def _drop_letters(self, reason):
        """What is no longer demanded needs no letter any more; drafts only."""
        # Safe: the consequence of closing the demand.
        letters = self.env["aftersales.letter"].sudo()
        letters.search(
            [("demand_id", "in", self.ids), ("state", "=", "draft")]
        )._cancel(reason)

from odoo import api, fields, models

OPEN = ("proposed", "approved")
BOOKED = ("posted", "reversed")


class AftersalesPenalty(models.Model):
    """The entries of a penalty on the deposit: proposed, approved, taken back.

    Origins are ``penalty:ID:CYCLE`` and ``penalty:ID:CYCLE:PERSON``, so whatever is
    run twice proposes once. Posting and reversing are accounting's.
    """

    _inherit = "aftersales.penalty"

    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    amount = fields.Monetary(readonly=True, help="By the rule, when it became due.")
    entry_ids = fields.One2many(
        "aftersales.deposit.entry",
        "penalty_id",
        "Entries",
        readonly=True,
        groups="aftersales_service.aftersales_service_group_supervisor,"
        "aftersales_service.aftersales_service_group_accountant,"
        "aftersales_warranty.aftersales_warranty_group_general_manager",
    )
    reserved_amount = fields.Monetary(
        "Reserved", compute="_compute_amounts", help="Proposed or approved, not posted."
    )
    booked_amount = fields.Monetary(
        "Booked", compute="_compute_amounts", help="Posted, less what was given back."
    )
    give_back_amount = fields.Monetary(
        "To give back",
        compute="_compute_amounts",
        help="Posted for what was revoked or exempted since; accounting reverses it.",
    )

    @api.depends("deposit_id", "company_id")
    def _compute_currency_id(self):
        for penalty in self:
            # Safe: only the currency.
            deposit = penalty.sudo().deposit_id
            penalty.currency_id = deposit.currency_id or penalty.company_id.currency_id

    @api.depends("entry_ids.state", "entry_ids.amount", "entry_ids.given_back")
    def _compute_amounts(self):
        for penalty in self:
            # Safe: sums of the penalty itself; purchasing has no right on entries.
            entries = penalty.sudo().entry_ids
            posted = entries.filtered(lambda entry: entry.state in BOOKED)
            pending = entries.filtered(lambda entry: entry.state in OPEN)
            asked = posted.filtered("give_back_reason")
            penalty.reserved_amount = sum(pending.mapped("amount"))
            penalty.booked_amount = sum(e.amount - e.given_back for e in posted)
            penalty.give_back_amount = sum(e.amount - e.given_back for e in asked)

    @api.model
    def _get_rule_amount(self, rule, deposit, day):
        """The amount of the rule, which is in the company's currency."""
        return self._convert(rule.amount, deposit, day)

    @api.model
    def _convert(self, amount, deposit, day):
        if not amount or not deposit:
            return amount
        company = deposit.company_id
        return company.currency_id._convert(amount, deposit.currency_id, company, day)

    # -------------------------------------------------------------------------
    # PROPOSE
    # -------------------------------------------------------------------------

    def _propose_money(self):
        """One entry for each penalty that costs something; in one batch."""
        todo = self.filtered(lambda p: p.deposit_id.state == "running")
        todo = todo.filtered(lambda p: not p._keep_booked())
        vals_list = [vals for vals in (p._prepare_entry() for p in todo) if vals]
        if vals_list:
            self.env["aftersales.deposit.entry"]._propose(vals_list)
            self.invalidate_recordset(["entry_ids"])

    def _keep_booked(self):
        """Due again before it was given back: what was posted stays."""
        booked = self.entry_ids.filtered(
            lambda entry: entry.state == "posted" and not entry.person_ids
        )
        booked.write({"give_back_reason": False})
        return booked

    def _prepare_entry(self):
        self.ensure_one()
        kind, amount = {
            "deduction": ("penalty", self.amount),
            "fund": ("fund", self.amount),
            "withdrawal": ("forfeiture", self.deposit_id.balance),
        }.get(self.action, (False, 0.0))
        if not kind or self.currency_id.compare_amounts(amount, 0) <= 0:
            return {}
        return self._prepare_entry_values(kind, amount, self._get_origin())

    def _get_origin(self):
        return f"penalty:{self.id}:{self.cycle}"

    def _prepare_entry_values(self, kind, amount, origin):
        return {
            "deposit_id": self.deposit_id.id,
            "kind": kind,
            "amount": amount,
            "origin": origin,
            "penalty_id": self.id,
            "date": self._get_entry_day(),
            "note": f"{self.name} {self.rule_id.name}",
            "evidence": self._get_words(),
            "own_evidence": self._get_words(),
            "complaint_ids": [(6, 0, self.complaint_ids.ids)],
        }

    def _get_words(self):
        """Reason and evidence as they stand on the entry."""
        return f"{self.reason}\n{self.evidence}".strip()

    def _get_entry_day(self):
        """Never before the deposit was there, never in the future."""
        today = self.company_id._aftersales_today()
        return min(max(self.reached_on, self.deposit_id.date_start), today)

    # -------------------------------------------------------------------------
    # DECIDE
    # -------------------------------------------------------------------------

    def _approve_money(self):
        """Its entries are approved by whoever approves the penalty."""
        self.filtered(lambda p: not p.entry_ids)._propose_money()
        entries = self.entry_ids.filtered(lambda entry: entry.state == "proposed")
        funds = entries.filtered(lambda entry: entry.kind == "fund")
        for company, demanded in funds.grouped("company_id").items():
            today = company._aftersales_today()
            demanded.write({"date": today, "due_on": today})
        entries._approve_of_penalty()

    def _take_money_back(self, reason):
        """Not booked: cancelled. Booked: accounting is asked to reverse it (WA-28)."""
        pending = self.entry_ids.filtered(lambda entry: entry.state in OPEN)
        if pending:
            pending._cancel(reason)
        self.entry_ids.filtered(
            lambda entry: entry.state == "posted" and entry.kind != "fund"
        )._ask_give_back(reason)

    def _get_fund_entry(self):
        """The demand of the complaint fund that is in force."""
        return self.entry_ids.filtered(
            lambda entry: entry.kind == "fund" and entry.state != "cancelled"
        )[:1]

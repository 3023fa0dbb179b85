from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount

from ...const import FIGURES


class AftersalesDeposit(models.Model):
    """What follows from the ledger: demands, never below zero, rates at the end."""

    _inherit = "aftersales.deposit"

    # -------------------------------------------------------------------------
    # DEMANDS
    # -------------------------------------------------------------------------

    def _may_demand(self):
        """None after forfeiture or at exit."""
        self.ensure_one()
        return self.state == "running" and not self.forfeited_on and not self.exit_on

    def action_demand(self):
        """Ask for the top-up now, without waiting for the alarm."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("accountant", "manager")
        for deposit in self.sudo():  # Safe: rights were checked above.
            deposit._lock_agreement()
            if not deposit._may_demand():
                raise UserError(
                    self.env._(
                        "Nothing is demanded from %s: the agreement is not running, "
                        "was forfeited or ends.",
                        deposit.display_name,
                    )
                )
            if deposit.currency_id.is_zero(deposit.shortfall):
                raise UserError(self.env._("The required amount is there."))
            deposit._raise_demand(deposit.company_id._aftersales_today())
        return True

    def _review_demand(self, day=None, create=False):
        """After every booking: demand, raise, close or drop the top-up (WA-22)."""
        self.ensure_one()
        self.invalidate_recordset(FIGURES)
        demand = self.demand_ids.filtered(lambda row: row.state == "open")
        if not self._may_demand():
            demand._cancel_open()
        elif self.currency_id.is_zero(self.shortfall):
            demand._meet()
        elif demand or (create and self.is_below_alarm):
            self._raise_demand(day or self.company_id._aftersales_today())

    def _raise_demand(self, day):
        """One open demand at a time: the first due date, the shortfall of today.

        What falls needs no letter of its own, the next one tells it.
        """
        demand = self.demand_ids.filtered(lambda row: row.state == "open")
        if demand:
            change = self.currency_id.compare_amounts(self.shortfall, demand.amount)
            if change:
                demand.amount = self.shortfall
                demand._after_demand(lower=change < 0)
            return demand
        demand = self.env["aftersales.deposit.demand"].create(
            {
                "deposit_id": self.id,
                "amount": self.shortfall,
                "demanded_on": day,
                "due_on": day + timedelta(days=self.demand_days),
            }
        )
        demand._after_demand()
        return demand

    # -------------------------------------------------------------------------
    # LEDGER
    # -------------------------------------------------------------------------

    @api.model
    def _find_for_items(self, items):
        """Live agreements whose figures these journal items change."""
        accounts = items.account_id.ids
        if not accounts:
            return self
        # Safe: the consequence of posting an entry; nothing of the agreement is shown.
        touched = self.sudo().search(
            Domain("state", "!=", "ended")
            & Domain("company_id", "in", items.company_id.ids)
            & (
                Domain("account_id", "in", accounts)
                | Domain("receivable_account_id", "in", accounts)
                | Domain("fund_account_id", "in", accounts)
            )
        )
        owners = items.partner_id.commercial_partner_id
        return touched.filtered(lambda d: d.partner_id.commercial_partner_id in owners)

    def _follow_ledger(self):
        """Items were posted or taken back by hand: never below zero (WA-22)."""
        if not self:
            return
        self._lock_agreement()
        for deposit in self:
            if deposit.currency_id.compare_amounts(deposit.balance, 0) < 0:
                raise UserError(
                    self.env._(
                        "The deposit of %(supplier)s would fall below zero "
                        "(%(balance)s). Book what exceeds it as due from the supplier.",
                        supplier=deposit.partner_id.name,
                        balance=format_amount(
                            self.env, deposit.balance, deposit.currency_id
                        ),
                    )
                )
            deposit._review_demand()

    def _settle_exchange(self):
        """What changing rates have left of a foreign deposit becomes Odoo's own entry.

        Nothing is held any more in its currency; without it the account would keep a
        balance in the currency of the company for ever (Reliability 38).
        """
        if self.currency_id == self.company_id.currency_id:
            return
        items = self.env["account.move.line"].search(
            [
                ("account_id", "=", self.account_id.id),
                ("company_id", "=", self.company_id.id),
                ("partner_id", "child_of", self.partner_id.commercial_partner_id.id),
                ("currency_id", "=", self.currency_id.id),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
            ]
        )
        rest = sum(items.mapped("amount_currency"))
        if self.account_id.reconcile and self.currency_id.is_zero(rest) and items:
            items.reconcile()

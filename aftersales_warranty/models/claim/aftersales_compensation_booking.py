from odoo import models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command

from odoo.addons.aftersales_service.const import ALLOW_CHANGE


class AftersalesCompensation(models.Model):
    """The documents of a compensation: draft, booking, loss (WA-27, Entry 4 to 11)."""

    _inherit = "aftersales.compensation"

    def _create_draft(self):
        """The document that pays the customer, for accounting to check."""
        if self.method == "payment":
            values = self._prepare_payment()
            self.payment_id = self.env["account.payment"].create(values)
        else:
            values = self._prepare_credit_note()
            self.credit_note_id = self.env["account.move"].create(values)

    def _prepare_payment(self):
        journal = self.journal_id or self.env["account.journal"].search(
            [("company_id", "=", self.company_id.id), ("type", "=", "bank")], limit=1
        )
        if not journal or not journal.active:
            self.deposit_id._warn_setting(self.env._("the bank journal"))
        return {
            "payment_type": "outbound",
            "partner_type": "customer",
            "partner_id": self.customer_id.id,
            "amount": self.amount,
            "currency_id": self.currency_id.id,
            "journal_id": journal.id,
            "date": self.date,
            "memo": self.name,
        }

    def _prepare_credit_note(self):
        product = self.company_id.aftersales_compensation_product_id
        return {
            "move_type": "out_refund",
            "company_id": self.company_id.id,
            "partner_id": self.customer_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": self.date,
            "invoice_origin": self.name,
            "ref": self.name,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "name": self.env._("Compensation %s", self.name),
                        "quantity": 1.0,
                        "price_unit": self.amount,
                        "account_id": self._get_expense_account().id,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }

    def _get_expense_account(self):
        """Account of the company's compensation product (Reliability 39)."""
        company = self.company_id
        product = company.aftersales_compensation_product_id.with_company(company)
        account = product.product_tmpl_id.get_product_accounts()["expense"]
        if not product or not account:
            raise RedirectWarning(
                self.env._(
                    "%(company)s has no product for compensation. Choose one in the "
                    "settings of after-sales; its expense account takes it.",
                    company=company.name,
                ),
                self.env.ref("aftersales_service.res_config_settings_action").id,
                self.env._("Open the settings"),
            )
        return account

    # -------------------------------------------------------------------------
    # BOOK
    # -------------------------------------------------------------------------

    def action_book(self):
        """Pay the customer; from now on the supplier owes it (Entry 4)."""
        self.check_access("read")
        self.deposit_id._check_accountant()
        # Safe: rights were checked; the amount was approved by a manager.
        for row in self.sudo():
            row.deposit_id._lock_agreement()
            row._lock_for_action()
            row.invalidate_recordset()
            row._check_can_book()
            row._do_book()
        return True

    def _check_can_book(self):
        if self.state in ("advanced", "closed"):
            raise UserError(
                self.env._(
                    "%(name)s was already booked by %(user)s.",
                    name=self.name,
                    user=self.booked_by_id.name or "–",
                )
            )
        self._check_transition("book")
        self.deposit_id._check_settings()

    def _do_book(self):
        self._post_documents()
        counter = self._get_counter_line()
        debt = self.deposit_id.receivable_account_id
        move = self._create_move(
            "advance",
            [(debt, self.partner_id, self.amount), (*counter, -self.amount)],
            self._get_open_day(self.date, self.deposit_id.journal_id),
        )
        self.advance_move_id = move
        self._transition("book")
        self._match_payment(move)
        self.deposit_id.invalidate_recordset()

    def _post_documents(self):
        """The customer is paid on a day that is open, or the user is told (35)."""
        payment, refund = self.payment_id, self.credit_note_id
        if payment.state == "draft":
            payment.date = self._get_open_day(payment.date, payment.journal_id)
            payment.action_post()
        if refund.state == "draft":
            day = self._get_open_day(
                refund.invoice_date or self.date,
                refund.journal_id,
                has_tax=refund._affect_tax_report(),
            )
            refund.write({"invoice_date": day, "date": day})
            refund.action_post()

    def _get_open_day(self, day, journal, **options):
        return self.company_id._aftersales_get_open_day(
            day, journal, self.name, **options
        )

    def _get_counter_line(self):
        """What the receivable stands against: the customer's account or the cost."""
        if self.method == "credit_note":
            return self._get_expense_account(), self.customer_id
        customer = self.customer_id.with_company(self.company_id)
        owner = customer.commercial_partner_id
        return customer.property_account_receivable_id, owner

    def _match_payment(self, move):
        """The payment settles what the entry credits to the customer."""
        if not self.payment_id:
            return
        account, _owner = self._get_counter_line()
        lines = (move | self.payment_id.move_id).line_ids.filtered(
            lambda line: line.account_id == account and not line.reconciled
        )
        if len(lines) > 1 and account.reconcile:
            lines.reconcile()

    def _create_move(self, key, lines, day):
        """One posted entry per key (unique on the compensation)."""
        company, currency = self.company_id, self.currency_id
        move = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "entry",
                    "journal_id": self.deposit_id.journal_id.id,
                    "company_id": company.id,
                    "date": day,
                    "ref": self.name,
                    "aftersales_compensation_id": self.id,
                    "aftersales_deposit_key": key,
                    "line_ids": [
                        Command.create(
                            {
                                "name": self.name,
                                "account_id": account.id,
                                "partner_id": partner.id,
                                "currency_id": currency.id,
                                "amount_currency": amount,
                                "balance": currency._convert(
                                    amount, company.currency_id, company, day
                                ),
                            }
                        )
                        for account, partner, amount in lines
                    ],
                }
            )
        )
        move.with_context(aftersales_change=ALLOW_CHANGE)._post(soft=False)
        return move

    def action_book_loss(self):
        """Expense for what a manager has given up (Entry 11)."""
        self.check_access("read")
        self.deposit_id._check_accountant()
        for row in self.sudo():  # Safe: rights were checked, a manager gave it up.
            row.deposit_id._lock_agreement()
            row._lock_for_action()
            row.invalidate_recordset()
            row._book_loss()
        return True

    def _book_loss(self):
        self._check_advanced()
        if not self.given_up_by_id:
            raise UserError(self.env._("A manager has to give up %s first.", self.name))
        account = self.company_id.aftersales_deposit_loss_account_id
        if not account or not account.active:
            self.deposit_id._warn_setting(self.env._("the account of lost recoveries"))
        debt = self._get_debt()
        amount = self.open_amount
        move = self._create_move(
            "loss",
            [(account, self.partner_id, amount)]
            + [(debt.account_id, self.partner_id, -amount)],
            self._get_loss_day(),
        )
        self.loss_move_id = move
        credit = move.line_ids.filtered(lambda ln: ln.account_id == debt.account_id)
        (debt | credit).reconcile()
        self.deposit_id.invalidate_recordset()

    def _get_loss_day(self):
        """A loss is booked when it is given up, not when the customer was paid."""
        return self._get_open_day(
            max(self.company_id._aftersales_today(), self.advance_move_id.date),
            self.deposit_id.journal_id,
            fixed=True,
        )

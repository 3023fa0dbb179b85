from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Default Warranty Term",
        domain="[('head_id', '=', False), ('company_id', 'in', [id, False])]",
        ondelete="restrict",
        help="For products with serial numbers where neither the product nor its "
        "category names one. Empty: no warranty.",
    )
    aftersales_warranty_backdate_days = fields.Integer(
        "Older events need a reason after (days)",
        default=30,
        help="A product registered by hand with an older date gets no warranty by "
        "itself: a supervisor opens it and says why.",
    )
    aftersales_entitlement_set_ids = fields.Many2many(
        "aftersales.entitlement.set",
        "aftersales_entitlement_set_company_rel",
        "company_id",
        "set_id",
        string="Customers may ask for",
        help="Holds for products and categories that name no set of their own.",
    )
    aftersales_return_approval = fields.Boolean(
        "General manager approves returns",
        default=True,
        help="Refunds, exchanges and compensation wait for the general manager where "
        "their rule says so; without the approval the customer bears the costs.",
    )
    aftersales_return_days = fields.Integer(
        "Days to send goods back",
        default=14,
        help="When the replacement goes first, the old goods are due after so many "
        "days.",
    )
    aftersales_return_fee_product_id = fields.Many2one(
        "product.product",
        "Fee for use",
        domain=[("type", "=", "service")],
        check_company=True,
        help="Product of the deduction on a credit note; empty: the account of the "
        "goods.",
    )
    aftersales_compensation_product_id = fields.Many2one(
        "product.product",
        "Compensation",
        domain=[("type", "=", "service")],
        check_company=True,
        help="Its expense account takes what is paid to customers for their loss.",
    )
    aftersales_loaner_location_id = fields.Many2one(
        "stock.location",
        "Loaners at customers",
        domain=[("usage", "=", "internal")],
        check_company=True,
        help="Where loaners are booked while customers have them; made with the first.",
    )

    aftersales_deposit_account_id = fields.Many2one(
        "account.account",
        "Supplier deposits",
        check_company=True,
        help="Liability: money of suppliers we hold.",
    )
    aftersales_deposit_receivable_account_id = fields.Many2one(
        "account.account",
        "Due from suppliers",
        check_company=True,
        help="What suppliers owe us beyond their deposit, and what we paid for them.",
    )
    aftersales_deposit_fund_account_id = fields.Many2one(
        "account.account",
        "Complaint fund",
        check_company=True,
        help="Liability: complaint funds, kept apart from the deposits.",
    )
    aftersales_deposit_income_account_id = fields.Many2one(
        "account.account",
        "Penalty income",
        check_company=True,
        help="Income from penalties and forfeited deposits.",
    )
    aftersales_deposit_loss_account_id = fields.Many2one(
        "account.account",
        "Lost recoveries",
        check_company=True,
        help="Expense: what we paid for a supplier and cannot recover.",
    )
    aftersales_deposit_journal_id = fields.Many2one(
        "account.journal",
        "Journal of deposits",
        domain=[("type", "=", "general")],
        check_company=True,
    )
    aftersales_deposit_lock_policy = fields.Selection(
        [
            ("refuse", "Refuse and show the lock date"),
            ("next", "Book on the next open day"),
        ],
        "Deposit entry in a locked period",
        default="refuse",
        required=True,
        help="What happens when the day of an entry lies in a locked period.",
    )
    aftersales_penalty_reversal = fields.Selection(
        [
            ("propose", "Accounting books it"),
            ("post", "Booked at once"),
        ],
        "Reversing entry of a revoked penalty",
        default="propose",
        required=True,
        help="A complaint is withdrawn or moved after its penalty was posted.",
    )

    aftersales_claim_days = fields.Integer(
        "Days to claim from a supplier",
        default=30,
        help="From the day the repair was done, where the supplier's terms say nothing "
        "else.",
    )
    aftersales_claim_answer_days = fields.Integer(
        "Days for the supplier's answer",
        default=14,
        help="An answer that takes longer is on the list of overdue answers.",
    )
    aftersales_claim_account_id = fields.Many2one(
        "account.account",
        "Recovered from suppliers",
        check_company=True,
        help="Credit notes of claims go here. Empty: the account of recharged cost, "
        "else the expense account of the product.",
    )

    _aftersales_claim_days_positive = models.Constraint(
        "CHECK (aftersales_claim_days >= 0 AND aftersales_claim_answer_days >= 0)",
        "Days cannot be negative.",
    )
    _aftersales_return_days_positive = models.Constraint(
        "CHECK (aftersales_return_days > 0)", "Allow at least one day to send back."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """New companies promise what we ship as our own promise."""
        name = "aftersales_entitlement_set_ids"
        companies = super().create(vals_list)
        promise = self.env.ref(
            "aftersales_warranty.entitlement_set_promise", raise_if_not_found=False
        )
        for company, vals in zip(companies, vals_list, strict=True):
            if promise and name not in vals:
                # Safe: what every company begins with. No default of the field: who
                # creates companies need not be of the service department.
                company.sudo()[name] = promise
        return companies

    def _aftersales_get_open_day(self, day, journal, name, has_tax=False, fixed=False):
        """The day, or what the company wants in a locked period (Reliability 35).

        Odoo would book on another day in silence: here the user is told first.

        :param str name: what is to be booked
        :param bool has_tax: the tax lock date holds as well
        :param bool fixed: the user cannot enter another day
        :raise UserError: names the lock dates and what to do
        """
        self.ensure_one()
        locks = self._get_violated_lock_dates(day, has_tax, journal)
        if not locks:
            return day
        if self.aftersales_deposit_lock_policy == "next":
            later = locks[-1][0] + timedelta(days=1)
            return self._aftersales_get_open_day(later, journal, name, has_tax)
        raise UserError(self._aftersales_lock_message(day, locks, name, fixed))

    def _aftersales_lock_message(self, day, locks, name, fixed):
        facts = {
            "name": name,
            "day": format_date(self.env, day),
            "locks": self._format_lock_dates(locks),
        }
        if fixed:
            return self.env._(
                "%(name)s: %(day)s lies in a locked period: %(locks)s. Ask accounting "
                "to open the period, or let the company book on the next open day "
                "(settings of After-Sales).",
                **facts,
            )
        return self.env._(
            "%(name)s: %(day)s lies in a locked period: %(locks)s. Enter a later day, "
            "or let the company book on the next open day (settings of After-Sales).",
            **facts,
        )

    def _aftersales_get_loaner_location(self):
        """Where loaners are booked while customers have them: ours, not for sale."""
        self.ensure_one()
        # Safe: a technical place of the company, made when the first loaner goes out.
        company = self.sudo()
        if not company.aftersales_loaner_location_id:
            company.aftersales_loaner_location_id = (
                self.env["stock.location"]
                .sudo()  # Safe: see above.
                .create(
                    {
                        "name": self.env._("Loaned to customers"),
                        "usage": "internal",
                        "company_id": company.id,
                    }
                )
            )
        return company.aftersales_loaner_location_id

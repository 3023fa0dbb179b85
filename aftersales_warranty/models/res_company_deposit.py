from odoo import fields, models


class ResCompany(models.Model):
    """Where the deposits of suppliers stand in the ledger (WA-22)."""

    _inherit = "res.company"

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

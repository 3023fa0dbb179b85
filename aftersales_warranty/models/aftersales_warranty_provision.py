from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command, Domain

from odoo.addons.aftersales_service.models.account_payment import ALLOW_CHANGE

from ..tools.provision import provision


class AftersalesWarrantyProvision(models.Model):
    """What is set aside for warranty repairs of the sales of a period (domain.md §5.2).

    ============ ============ ======================================================
    Action       Group        Restriction
    ============ ============ ======================================================
    create, edit accountant   one per company and period; accounts until booked
    propose      accountant   draft entry over what is missing or too much, one at a
                              time
    ============ ============ ======================================================

    Sales and use are posted journal items, never typed: ``sales`` the credit of the
    income accounts in the period, ``used`` the debit of the provision account by
    others than this record, ``accrued`` what its own posted entries have set aside.
    """

    _name = "aftersales.warranty.provision"
    _description = "Warranty provision"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _order = "date_to desc, id desc"
    _check_company_auto = True

    PROTECTED = frozenset({"move_ids", "version"})

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        "From",
        required=True,
        default=lambda self: fields.Date.start_of(
            fields.Date.context_today(self), "year"
        ),
    )
    date_to = fields.Date(
        "To",
        required=True,
        default=lambda self: fields.Date.end_of(
            fields.Date.context_today(self), "year"
        ),
    )
    rate = fields.Float(
        "Rate %",
        required=True,
        tracking=True,
        help="Share of the sales that repairs are expected to cost. A new estimate "
        "books the difference.",
    )
    account_id = fields.Many2one(
        "account.account",
        "Provision account",
        required=True,
        ondelete="restrict",
        check_company=True,
        help="Liability; repairs are booked against it.",
    )
    expense_account_id = fields.Many2one(
        "account.account",
        "Cost account",
        required=True,
        ondelete="restrict",
        check_company=True,
    )
    income_account_ids = fields.Many2many(
        "account.account",
        "aftersales_warranty_provision_account_rel",
        "provision_id",
        "account_id",
        "Sales on",
        check_company=True,
        help="Income accounts whose sales carry a warranty; empty: all income.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain=[("type", "=", "general")],
        default=lambda self: self._default_journal_id(),
    )
    version = fields.Integer(readonly=True, copy=False, default=0)
    move_ids = fields.One2many(
        "account.move",
        "aftersales_provision_id",
        "Journal entries",
        readonly=True,
        copy=False,
    )
    sales = fields.Monetary(compute="_compute_figures")
    accrued = fields.Monetary("Set aside", compute="_compute_figures")
    used = fields.Monetary(compute="_compute_figures")
    left = fields.Monetary(compute="_compute_figures")
    needed = fields.Monetary("Still needed", compute="_compute_figures")
    to_book = fields.Monetary(
        compute="_compute_figures",
        help="Above zero: to set aside. Below zero: to release.",
    )
    draft_amount = fields.Monetary("Waiting in drafts", compute="_compute_figures")

    _period_uniq = models.UniqueIndex(
        "(company_id, account_id, date_from, date_to)",
        "There is a provision for this period already.",
    )
    _days_in_order = models.Constraint(
        "CHECK (date_from <= date_to)", "The first day lies after the last one."
    )
    _rate_valid = models.Constraint(
        "CHECK (rate >= 0 AND rate <= 100)", "The rate lies between 0 and 100 %."
    )

    @api.model
    def _default_journal_id(self):
        return self.env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", self.env.company.id)],
            limit=1,
        )

    @api.depends("date_from", "date_to")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.date_from} – {row.date_to}"

    # -------------------------------------------------------------------------
    # FIGURES
    # -------------------------------------------------------------------------

    @api.depends(
        "rate",
        "date_from",
        "date_to",
        "account_id",
        "income_account_ids",
        "move_ids.state",
    )
    def _compute_figures(self):
        for row in self:
            rounded = row.currency_id.round
            sales = -row._sum(row._get_sales_domain())
            own = Domain("move_id.aftersales_provision_id", "=", row.id or 0)
            base = Domain("account_id", "=", row.account_id.id or 0)
            row.accrued = rounded(-row._sum(base & own))
            row.used = rounded(row._sum(base & ~own & row._get_period_domain()))
            row.sales = rounded(sales)
            facts = (row.sales, row.rate, row.used, row.accrued)
            left, needed, to_book = provision(*facts)
            row.left, row.needed = rounded(left), rounded(needed)
            row.to_book = rounded(to_book)
            row.draft_amount = rounded(
                -row._sum(base & own, state="draft") if row.id else 0.0
            )

    def _get_period_domain(self):
        return Domain("date", ">=", self.date_from) & Domain("date", "<=", self.date_to)

    def _get_sales_domain(self):
        domain = self._get_period_domain()
        if self.income_account_ids:
            return domain & Domain("account_id", "in", self.income_account_ids.ids)
        return domain & Domain("account_id.account_type", "=", "income")

    def _sum(self, domain, state="posted"):
        """Balance of the company's journal items."""
        [(total,)] = self.env["account.move.line"]._read_group(
            domain
            & Domain("company_id", "=", self.company_id.id)
            & Domain("parent_state", "=", state),
            aggregates=["balance:sum"],
        )
        return total or 0.0

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def write(self, vals):
        fixed = {"company_id", "account_id", "date_from", "date_to"}
        if not self.env.su and vals.keys() & fixed and self.move_ids:
            raise UserError(
                self.env._("Entries were made: period and account stay as they are.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_booked(self):
        if self.move_ids:
            raise UserError(self.env._("Entries were made: keep the provision."))

    def action_propose(self):
        """Draft entry over what is missing or too much; accounting posts it.

        A second click shows the draft. Twice at once makes one: the row is locked and
        updated.
        """
        self.ensure_one()
        self.check_access("write")
        self.env["aftersales.deposit"]._check_accountant()
        row = self.sudo()  # Safe: rights were checked above.
        row._lock_for_action()
        row.invalidate_recordset()
        row.version += 1
        row.flush_recordset(["version"])
        draft = row.move_ids.filtered(lambda move: move.state == "draft")
        if not draft:
            draft = row._create_move()
        return draft.with_env(self.env)._get_records_action()

    def _create_move(self):
        if self.currency_id.is_zero(self.to_book):
            raise UserError(
                self.env._("Nothing to book: what is left is what is still needed.")
            )
        for account in (self.account_id, self.expense_account_id):
            if not account.active:
                self._warn_account(account)
        text = (
            self.env._("Warranty provision %s", self.display_name)
            if self.to_book > 0
            else self.env._("Release of the warranty provision %s", self.display_name)
        )
        moves = self.env["account.move"].with_company(self.company_id)
        today = fields.Date.context_today(self)
        return moves.with_context(aftersales_change=ALLOW_CHANGE).create(
            {
                "move_type": "entry",
                "journal_id": self.journal_id.id,
                "company_id": self.company_id.id,
                "date": min(self.date_to, today),
                "ref": text,
                "aftersales_provision_id": self.id,
                "line_ids": [
                    Command.create(
                        {"name": text, "account_id": account.id, "balance": amount}
                    )
                    for account, amount in (
                        (self.expense_account_id, self.to_book),
                        (self.account_id, -self.to_book),
                    )
                ],
            }
        )

    def _warn_account(self, account):
        raise RedirectWarning(
            self.env._(
                "%(company)s: the account %(account)s is archived. Choose another one "
                "on the provision.",
                company=self.company_id.name,
                account=account.display_name,
            ),
            self.env.ref("aftersales_warranty.aftersales_warranty_provision_action").id,
            self.env._("Open the provisions"),
        )

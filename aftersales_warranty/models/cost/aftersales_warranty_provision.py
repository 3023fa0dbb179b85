from decimal import Decimal
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tools import SQL

from odoo.addons.aftersales_service.const import ALLOW_CHANGE

from ...tools.amount import money
from ...tools.provision import provision


class AftersalesWarrantyProvision(models.Model):
    """What is set aside for warranty repairs of the sales of a period (Example 24).

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

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        "From",
        required=True,
        default=lambda self: fields.Date.start_of(
            self.env.company._aftersales_today(), "year"
        ),
    )
    date_to = fields.Date(
        "To",
        required=True,
        default=lambda self: fields.Date.end_of(
            self.env.company._aftersales_today(), "year"
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
        for row, (sales, used, accrued, draft) in zip(self, self._sum(), strict=True):
            rounded = row.currency_id.round
            row.sales, row.used = rounded(sales), rounded(used)
            row.accrued, row.draft_amount = rounded(accrued), rounded(draft)
            facts = (row.sales, row.rate, row.used, row.accrued)
            unit = Decimal(str(row.currency_id.rounding or 0.01)).normalize()
            left, needed, to_book = provision(*facts, partial(money, unit=unit))
            row.left, row.needed = rounded(left), rounded(needed)
            row.to_book = rounded(to_book)

    def _sum(self):
        """``[(sales, used, accrued, in drafts)]`` of all records, in one query.

        Balances of the company's journal items, for people who see the record.
        """
        if not self:
            return []
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model(["aftersales_provision_id"])
        self.env["account.account"].flush_model(["account_type"])
        rows = self.env.execute_query(
            SQL(
                "SELECT s.* FROM (VALUES %s) p(number, own, company, account, first,"
                " last, incomes) CROSS JOIN LATERAL (%s) s ORDER BY p.number",
                SQL(", ").join(
                    row._get_facts_sql(number) for number, row in enumerate(self)
                ),
                self._sums_sql(),
            )
        )
        return [tuple(float(value or 0.0) for value in row) for row in rows]

    def _get_facts_sql(self, number):
        return SQL(
            "(%s, %s, %s, %s, %s::date, %s::date, %s::int[])",
            number,
            self._origin.id or 0,
            self.company_id.id or 0,
            self.account_id.id or 0,
            self.date_from or None,
            self.date_to or None,
            self.income_account_ids.ids,
        )

    @api.model
    def _sums_sql(self):
        return SQL(
            """
            SELECT (SELECT -sum(i.balance)
                      FROM account_move_line i
                      JOIN account_account a ON a.id = i.account_id
                     WHERE i.company_id = p.company AND i.parent_state = 'posted'
                       AND i.date BETWEEN p.first AND p.last
                       AND CASE WHEN p.incomes = '{}'
                                THEN a.account_type = 'income'
                                ELSE a.id = ANY (p.incomes) END),
                   sum(i.balance) FILTER (WHERE i.parent_state = 'posted'
                       AND m.aftersales_provision_id IS DISTINCT FROM p.own
                       AND i.date BETWEEN p.first AND p.last),
                   -sum(i.balance) FILTER (WHERE i.parent_state = 'posted'
                       AND m.aftersales_provision_id = p.own),
                   -sum(i.balance) FILTER (WHERE i.parent_state = 'draft'
                       AND m.aftersales_provision_id = p.own)
              FROM account_move_line i
              JOIN account_move m ON m.id = i.move_id
             WHERE i.account_id = p.account AND i.company_id = p.company
            """
        )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def write(self, vals):
        fixed = {"company_id", "account_id", "date_from", "date_to"}
        if not self._writes_itself(vals) and vals.keys() & fixed and self.move_ids:
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
        day = self.company_id._aftersales_get_open_day(
            min(self.date_to, self.company_id._aftersales_today()),
            self.journal_id,
            text,
            fixed=True,
        )
        return moves.with_context(aftersales_change=ALLOW_CHANGE).create(
            {
                "move_type": "entry",
                "journal_id": self.journal_id.id,
                "company_id": self.company_id.id,
                "date": day,
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

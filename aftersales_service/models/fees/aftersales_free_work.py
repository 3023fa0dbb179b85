from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ...const import ALLOW_CHANGE
from ...tools.records import require_reason


class AftersalesFreeWork(models.Model):
    """Cost of warranty, contract and goodwill work, posted by accounting (SV-54).

    ============ ============ ======================================================
    Action       Group        Restriction
    ============ ============ ======================================================
    create, edit accountant   draft
    post         accountant   accounting rights; switched on in the settings
    reverse      accountant   by an entry; the lines can be posted again
    ============ ============ ======================================================

    One summarised entry per period, or one per order. Each order line stands in one
    live posting (unique index): the same period twice posts nothing twice.
    """

    _name = "aftersales.free.work"
    _description = "Posting of Free Work"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _order = "date_to desc, id desc"
    _check_company_auto = True

    name = fields.Char("Number", readonly=True, copy=False, default="/")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        "From",
        required=True,
        default=lambda self: fields.Date.start_of(
            self.env.company._aftersales_today(), "month"
        ),
    )
    date_to = fields.Date(
        "To",
        required=True,
        default=lambda self: self.env.company._aftersales_today(),
    )
    state = fields.Selection(
        [("draft", "Draft"), ("posted", "Posted"), ("reversed", "Reversed")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    line_ids = fields.One2many(
        "aftersales.free.work.line", "work_id", "Lines", copy=False, guarded=True
    )
    move_ids = fields.Many2many(
        "account.move",
        "aftersales_free_work_move_rel",
        "work_id",
        "move_id",
        "Journal entries",
        readonly=True,
        copy=False,
    )
    amount = fields.Monetary("Cost", compute="_compute_amount", store=True)

    _days_in_order = models.Constraint(
        "CHECK (date_from <= date_to)", "The first day lies after the last one."
    )

    @api.depends("line_ids.cost")
    def _compute_amount(self):
        for work in self:
            work.amount = sum(work.line_ids.mapped("cost"))

    @api.model
    def _prepare_guarded_values(self, vals_list):
        self.env["ir.sequence"]._aftersales_number("aftersales.free.work", vals_list)
        return super()._prepare_guarded_values(vals_list)

    def write(self, vals):
        if not self._writes_itself(vals) and vals.keys() & {
            "company_id",
            "date_from",
            "date_to",
        }:
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        self._check_draft()

    def _check_draft(self):
        if blocked := self.filtered(lambda work: work.state != "draft"):
            raise UserError(self._blocked_message("change", blocked))

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "post": (("draft",), "posted"),
            "reverse": (("posted",), "reversed"),
        }

    # -------------------------------------------------------------------------
    # POST
    # -------------------------------------------------------------------------

    def _check_accountant(self):
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("accountant")
        self.env["aftersales.collection"]._check_accounting()

    def action_post(self):
        """Post the cost of what was done in the period and is not posted yet.

        :raise UserError: switched off, nothing to post, or already posted
        :raise RedirectWarning: accounts of a payer and category are missing
        """
        self._check_accountant()
        for work in self.sudo():  # Safe: rights were checked above.
            work._lock_for_action()
            work._check_transition("post")
            work._check_can_post()
            work._collect_lines()
            moves = work._create_moves()
            work.move_ids = [Command.set(moves.ids)]
            work._transition("post")
        return True

    def _check_can_post(self):
        company = self.company_id
        if company.aftersales_free_work_policy == "off":
            raise UserError(
                self.env._(
                    "Posting the cost of free work is switched off for %s. Switch it "
                    "on in the settings of After-Sales.",
                    company.name,
                )
            )
        company._check_aftersales_setting(
            company.aftersales_free_work_journal_id,
            self.env._("the journal of free work"),
        )
        company._check_aftersales_lock(
            self.date_to, company.aftersales_free_work_journal_id, self.name
        )

    def _lines_domain(self):
        """Lines of the period nobody pays for and that no live posting holds."""
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("payer", "not in", ("customer", False))
            & Domain("order_id.state", "in", ("done", "closed"))
            & Domain("order_id.fee_day", ">=", self.date_from)
            & Domain("order_id.fee_day", "<=", self.date_to)
            & Domain("free_work_line_ids", "not any", [("is_live", "=", True)])
        )

    def _collect_lines(self):
        lines = self.env["aftersales.order.line"].search(self._lines_domain())
        costs = lines._get_free_costs()
        values = [
            {
                "work_id": self.id,
                "order_line_id": line.id,
                "payer": line.payer,
                "categ_id": line.product_id.categ_id.id,
                "cost": costs[line],
            }
            for line in lines
            if not self.currency_id.is_zero(costs[line])
        ]
        if not values:
            raise UserError(
                self.env._(
                    "No cost of free work is left to post from %(start)s to %(end)s.",
                    start=self.date_from,
                    end=self.date_to,
                )
            )
        self.env["aftersales.free.work.line"].create(values)

    def _create_moves(self):
        keys = {(line.payer, line.categ_id) for line in self.line_ids}
        accounts = self.env["aftersales.free.work.account"]._match(
            self.company_id, keys
        )
        if self.company_id.aftersales_free_work_policy == "order":
            groups = self.line_ids.grouped("order_id").items()
            values = [
                self._prepare_move(lines, accounts, f"{self.name} {order.name}")
                for order, lines in groups
            ]
        else:
            values = [self._prepare_move(self.line_ids, accounts, self.name)]
        moves = self.env["account.move"].with_company(self.company_id).create(values)
        moves._post(soft=False)
        return moves

    def _prepare_move(self, lines, accounts, reference):
        """Cost to the payer's account, off the counter account; summarised."""
        sums = {}
        for line in lines:
            record = accounts[line.payer, line.categ_id]
            for account, sign in (
                (record.account_id, 1),
                (record.counter_account_id, -1),
            ):
                key = (account, record)
                sums[key] = sums.get(key, 0.0) + sign * line.cost
        return {
            "move_type": "entry",
            "journal_id": self.company_id.aftersales_free_work_journal_id.id,
            "company_id": self.company_id.id,
            "date": self.date_to,
            "ref": reference,
            "line_ids": [
                Command.create(
                    {
                        "account_id": account.id,
                        "balance": self.currency_id.round(balance),
                        "name": f"{reference} {record.display_name}",
                    }
                )
                for (account, record), balance in sums.items()
                if not self.currency_id.is_zero(balance)
            ],
        }

    def action_reverse(self, reason=False):
        """Take the posting back by an entry; its lines can be posted anew."""
        self._check_accountant()
        reason = require_reason(
            self.env, reason, self.env._("Say why the posting is taken back.")
        )
        for work in self.sudo():  # Safe: rights were checked above.
            work._lock_for_action()
            work._check_transition("reverse")
            moves = work.move_ids.with_context(aftersales_change=ALLOW_CHANGE)
            today = work.company_id._aftersales_today()
            moves._reverse_moves([{"date": today}] * len(moves), cancel=True)
            work.line_ids.is_live = False
            work._transition("reverse")
            work.message_post(body=reason)
        return True

    def action_view_moves(self):
        return self.move_ids._get_records_action(name=self.env._("Journal entries"))

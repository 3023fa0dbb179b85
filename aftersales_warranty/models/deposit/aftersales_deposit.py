from odoo import api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.tools import format_amount, format_date

from odoo.addons.aftersales_service.tools.records import require_reason

from ...const import ACCOUNTS, FIGURES
from ...tools.deposit import refundable


class AftersalesDeposit(models.Model):
    """Deposit agreement with a supplier; its balance is the ledger's (WA-22).

    =============== ===================== =========================================
    Action          Group                 Restriction
    =============== ===================== =========================================
    create, edit    manager, accountant   accounts only while nothing is booked
    start           accountant            accounts and journal complete
    announce exit   manager               no demand from then on
    refund          accountant            keeps back what is disputed or owed
    end             accountant            nothing held, nothing owed, nothing open
    read            supervisor            the own companies
    =============== ===================== =========================================

    No figure is stored and none can be typed: ``balance``, ``fund_balance`` and
    ``receivable`` are sums of posted journal items of the supplier on the accounts of
    the agreement, ``reserved`` is what is proposed. ``version`` only serves the lock:
    whoever books locks the row, updates it, reads the ledger again and then posts.
    """

    _name = "aftersales.deposit"
    _description = "Supplier deposit"
    _inherit = ["aftersales.document.mixin", "mail.activity.mixin"]
    _order = "partner_id, id"
    _rec_names_search = ["partner_id", "name"]
    _check_company_auto = True

    TODAY = ("date_start",)

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Supplier",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("ended", "Ended")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        help="The deposit is agreed and counted in this currency.",
    )
    required_amount = fields.Monetary(
        "Required",
        required=True,
        tracking=True,
        help="Amount the supplier has to keep with us.",
    )
    minimum_share = fields.Float(
        "Alarm below %",
        default=80.0,
        tracking=True,
        help="A top-up is demanded when the balance falls below this share of the "
        "required amount.",
    )
    demand_days = fields.Integer(
        "Days to top up", default=10, help="A demand is due after so many days."
    )
    date_start = fields.Date(
        "From",
        required=True,
        default=lambda self: self.env.company._aftersales_today(),
        tracking=True,
    )
    date_end = fields.Date("To", tracking=True, help="Empty: until it is ended.")
    exit_on = fields.Date("Exit announced on", readonly=True, copy=False, tracking=True)
    ended_on = fields.Date(readonly=True, copy=False, tracking=True)
    forfeited_on = fields.Date(readonly=True, copy=False, tracking=True)
    contract = fields.Binary(
        "Contract document", attachment=True, copy=False, help="The signed agreement."
    )
    contract_name = fields.Char("File name", copy=False)
    contract_reference = fields.Char("Contract number", copy=False)
    account_id = fields.Many2one(
        "account.account",
        "Deposit account",
        compute="_compute_accounts",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    receivable_account_id = fields.Many2one(
        "account.account",
        "Account due from supplier",
        compute="_compute_accounts",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    fund_account_id = fields.Many2one(
        "account.account",
        "Complaint fund account",
        compute="_compute_accounts",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    income_account_id = fields.Many2one(
        "account.account",
        "Penalty income account",
        compute="_compute_accounts",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="Penalties without a treatment of their own go here.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        compute="_compute_accounts",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        check_company=True,
        domain=[("type", "=", "general")],
        tracking=True,
    )
    note = fields.Html("Terms")
    version = fields.Integer(readonly=True, copy=False, default=0)
    entry_ids = fields.One2many(
        "aftersales.deposit.entry", "deposit_id", "Entries", copy=False, guarded=True
    )
    demand_ids = fields.One2many(
        "aftersales.deposit.demand", "deposit_id", "Demands", copy=False, guarded=True
    )
    balance = fields.Monetary(
        compute="_compute_figures",
        search="_search_balance",
        help="Posted journal items of the supplier on the deposit account.",
        guarded=True,
    )
    fund_balance = fields.Monetary(
        "Complaint fund",
        compute="_compute_figures",
        search="_search_fund_balance",
        guarded=True,
    )
    receivable = fields.Monetary(
        compute="_compute_figures",
        search="_search_receivable",
        help="What the supplier owes beyond the deposit.",
        guarded=True,
    )
    reserved = fields.Monetary(
        compute="_compute_figures",
        search="_search_reserved",
        help="Deductions that are proposed or approved and not posted yet.",
        guarded=True,
    )
    available = fields.Monetary(
        compute="_compute_figures",
        search="_search_available",
        help="Balance less what is reserved; below zero when more is proposed than "
        "is there.",
        guarded=True,
    )
    shortfall = fields.Monetary(
        compute="_compute_figures",
        search="_search_shortfall",
        help="Missing up to the required amount.",
        guarded=True,
    )
    is_below_alarm = fields.Boolean("Below alarm", compute="_compute_figures")
    demand_due_on = fields.Date("Top-up due", compute="_compute_demand")
    next_step = fields.Char(compute="_compute_next_step")
    entry_count = fields.Integer("Number of entries", compute="_compute_entry_count")

    _live_uniq = models.UniqueIndex(
        "(partner_id, company_id) WHERE state != 'ended'",
        "This supplier already has a deposit agreement in this company.",
    )
    _amount_positive = models.Constraint(
        "CHECK (required_amount >= 0)", "The required amount cannot be negative."
    )
    _share_valid = models.Constraint(
        "CHECK (minimum_share >= 0 AND minimum_share <= 100)",
        "The alarm is a share between 0 and 100 %.",
    )
    _days_in_order = models.Constraint(
        "CHECK (date_end IS NULL OR date_start <= date_end)",
        "The agreement ends before it starts.",
    )
    _demand_days_valid = models.Constraint(
        "CHECK (demand_days >= 0)", "The days to top up cannot be negative."
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("company_id")
    def _compute_currency_id(self):
        for deposit in self:
            deposit.currency_id = deposit.company_id.currency_id

    @api.depends("company_id")
    def _compute_accounts(self):
        """Those of the company's settings, as long as none was chosen."""
        for deposit in self:
            company = deposit.company_id.sudo()  # Safe: settings of the company.
            for name, setting in self._get_account_settings().items():
                deposit[name] = deposit[name] or company[setting]

    @api.model
    def _get_account_settings(self):
        """:return: ``{field of the agreement: field of the company}``"""
        return {
            "account_id": "aftersales_deposit_account_id",
            "receivable_account_id": "aftersales_deposit_receivable_account_id",
            "fund_account_id": "aftersales_deposit_fund_account_id",
            "income_account_id": "aftersales_deposit_income_account_id",
            "journal_id": "aftersales_deposit_journal_id",
        }

    @api.depends("demand_ids.state", "demand_ids.due_on")
    def _compute_demand(self):
        for deposit in self:
            demand = deposit.demand_ids.filtered(lambda row: row.state == "open")
            deposit.demand_due_on = demand[:1].due_on

    @api.depends("entry_ids.state", "demand_ids.state", "state")
    def _compute_next_step(self):
        for deposit in self:
            deposit.next_step = deposit._get_next_step()

    def _get_next_step(self):
        """One sentence: what somebody has to do now. Add-ons put theirs first."""
        self.ensure_one()
        states = set(self.entry_ids.mapped("state"))
        if "approved" in states:
            return self.env._("Post what is approved")
        if "proposed" in states:
            return self.env._("Decide what is proposed")
        if self.state == "draft":
            return self.env._("Start the agreement")
        if self.demand_due_on and self.state == "running":
            return self.env._(
                "Top-up of %(amount)s due on %(day)s",
                amount=format_amount(self.env, self.shortfall, self.currency_id),
                day=format_date(self.env, self.demand_due_on),
            )
        if self.currency_id.compare_amounts(self.receivable, 0) > 0:
            return self.env._("Collect what the supplier owes")
        if self.exit_on and self.state == "running":
            return self.env._("Refund and end the agreement")
        return False

    @api.depends("entry_ids")
    def _compute_entry_count(self):
        counts = dict(
            self.env["aftersales.deposit.entry"]._read_group(
                [("deposit_id", "in", self.ids)], ["deposit_id"], ["__count"]
            )
        )
        for deposit in self:
            deposit.entry_count = counts.get(deposit._origin, 0)

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for deposit in self:
            # Safe: the name of the supplier stands on the agreement.
            partner = deposit.partner_id.sudo().name or ""
            deposit.display_name = f"{partner} · {deposit.name}"

    # -------------------------------------------------------------------------
    # CONSTRAINTS AND CRUD
    # -------------------------------------------------------------------------

    @api.constrains(*ACCOUNTS)
    def _check_accounts(self):
        """One account for two figures would count the same money twice."""
        for deposit in self.sudo():  # Safe: compares accounts of one agreement.
            accounts = [deposit[name] for name in ACCOUNTS if deposit[name]]
            if len(set(accounts)) < len(accounts):
                raise ValidationError(
                    self.env._(
                        "Deposit, receivable and complaint fund need three different "
                        "accounts."
                    )
                )

    @api.model
    def _prepare_guarded_values(self, vals_list):
        partners = self.env["res.partner"]
        for vals in vals_list:
            if vals.get("partner_id"):  # the company, not one of its contacts
                partner = partners.browse(vals["partner_id"])
                vals["partner_id"] = partner.commercial_partner_id.id
        return super()._prepare_guarded_values(vals_list)

    def write(self, vals):
        if not self._writes_itself(vals) and vals.keys() & {
            *ACCOUNTS,
            "partner_id",
            "company_id",
            "currency_id",
        }:
            self._check_not_booked()
        return super().write(vals)

    def _check_not_booked(self):
        # Safe: only looks whether anything was booked.
        moves = self.sudo().entry_ids.move_ids
        if booked := moves.aftersales_deposit_entry_id.deposit_id:
            raise UserError(
                self.env._(
                    "%(name)s has entries in the ledger: supplier, currency and "
                    "accounts stay as they are. End it and make a new agreement.",
                    name=booked[0].display_name,
                )
            )

    def _check_can_delete(self):
        if used := self.filtered(lambda row: row.state != "draft" or row.entry_ids):
            raise UserError(
                self.env._(
                    "%(name)s has a history. End the agreement instead of deleting it.",
                    name=used[0].display_name,
                )
            )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "start": (("draft",), "running"),
            "end": (("running",), "ended"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name == "end":
            values["ended_on"] = self.company_id._aftersales_today()
        return values

    def _check_accountant(self):
        """Finance alone books: our accountant who may also post entries."""
        self.env["res.users"]._check_aftersales_role("accountant")
        if not self.env.su and not self.env.user.has_group(
            "account.group_account_invoice"
        ):
            raise AccessError(
                self.env._("Only accounting can book this. Ask the accountant.")
            )

    def _lock_agreement(self):
        """Lock the rows and UPDATE them: others repeat and read the ledger anew."""
        self._lock_for_action()
        self.invalidate_recordset(["version", *FIGURES])
        for deposit in self:
            deposit.version += 1
        self.flush_recordset(["version"])

    def action_start(self):
        """The agreement is in force; its accounts are complete.

        :raise RedirectWarning: an account or the journal is missing
        """
        self.check_access("write")
        self._check_accountant()
        deposits = self._begin("start")
        for deposit in deposits:
            deposit._check_settings()
        deposits._transition("start")
        return True

    def action_announce_exit(self, reason=False):
        """The supplier leaves: nothing is demanded any more (WA-22)."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager", "accountant")
        reason = require_reason(
            self.env, reason, self.env._("Say why the supplier leaves.")
        )
        deposits = self._begin("end")
        for deposit in deposits:
            deposit.exit_on = deposit.company_id._aftersales_today()
            deposit._review_demand()
        deposits._log_reason(self.env._("Exit announced"), reason)
        return True

    def action_refund(self):
        """Propose the refund of what may leave today (Example 23 c).

        :return: the proposed entry's form
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("accountant", "manager")
        amount = self._get_refundable()
        if self.currency_id.compare_amounts(amount, 0) <= 0:
            raise UserError(
                self.env._(
                    "Nothing can be refunded: %(balance)s held, %(reserved)s reserved, "
                    "%(receivable)s owed.",
                    balance=format_amount(self.env, self.balance, self.currency_id),
                    reserved=format_amount(self.env, self.reserved, self.currency_id),
                    receivable=format_amount(
                        self.env, self.receivable, self.currency_id
                    ),
                )
            )
        entries = self.env["aftersales.deposit.entry"]
        values = {"deposit_id": self.id, "kind": "refund", "amount": amount}
        [entry] = entries._propose([values])
        return entry._get_form_action()

    def _get_refundable(self):
        self.ensure_one()
        free = refundable(self.balance, self.reserved, self.receivable)
        return self.currency_id.round(free)

    def action_end(self):
        """End it: nothing is held, owed or open."""
        self.check_access("write")
        self._check_accountant()
        deposits = self.sudo()  # Safe: rights were checked above.
        deposits._lock_agreement()
        deposits._check_transition("end")
        for deposit in deposits:
            if problems := deposit._get_open_matters():
                raise UserError(
                    self.env._(
                        "%(name)s cannot be ended yet: %(problems)s.",
                        name=deposit.display_name,
                        problems=", ".join(problems),
                    )
                )
        deposits._transition("end")
        deposits.demand_ids._cancel_open()
        for deposit in deposits:
            deposit._settle_exchange()
        return True

    def _get_open_matters(self):
        """Sentences that stand against the end; later add-ons add theirs."""
        self.ensure_one()
        currency = self.currency_id
        pending = self.entry_ids.filtered(lambda e: e.state in ("proposed", "approved"))
        checks = [
            (
                not currency.is_zero(self.balance),
                self.env._(
                    "%s still held", format_amount(self.env, self.balance, currency)
                ),
            ),
            (
                not currency.is_zero(self.receivable),
                self.env._(
                    "%s still owed", format_amount(self.env, self.receivable, currency)
                ),
            ),
            (
                pending,
                self.env._("%s not posted", ", ".join(pending[:5].mapped("name"))),
            ),
        ]
        return [text for failed, text in checks if failed]

    def _check_settings(self):
        """What booking needs, or one message with the way to it (Reliability 39)."""
        self.ensure_one()
        labels = {
            "account_id": self.env._("the deposit account"),
            "receivable_account_id": self.env._("the account due from suppliers"),
            "fund_account_id": self.env._("the account of the complaint fund"),
            "journal_id": self.env._("the journal of deposits"),
        }
        for name, label in labels.items():
            value = self[name]
            if not value or not value.active:
                self._warn_setting(label)
        if not self.receivable_account_id.reconcile:
            self._warn_setting(
                self.env._("an account due from suppliers that allows reconciliation")
            )

    def _warn_setting(self, label):
        """:raise RedirectWarning: names company and setting, leads there"""
        raise RedirectWarning(
            self.env._(
                "%(company)s, %(deposit)s: %(setting)s is missing or archived. Set up "
                "the deposits of suppliers, then choose it on the agreement.",
                company=self.company_id.name,
                deposit=self.display_name,
                setting=label,
            ),
            self.env.ref("aftersales_warranty.aftersales_deposit_setup_action").id,
            self.env._("Set up deposits"),
        )

    # -------------------------------------------------------------------------
    # VIEWS
    # -------------------------------------------------------------------------

    def action_view_entries(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_deposit_entry_action"
        )
        return {
            **action,
            "domain": [("deposit_id", "in", self.ids)],
            "context": {"default_deposit_id": self[:1].id},
        }

    def action_view_items(self):
        """The posted journal items that make the figures."""
        self.ensure_one()
        accounts = self.account_id | self.receivable_account_id | self.fund_account_id
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_account_moves_all"
        )
        return {
            **action,
            "domain": [
                ("account_id", "in", accounts.ids),
                ("partner_id", "child_of", self.partner_id.commercial_partner_id.id),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company_id.id),
            ],
            "context": {},
        }

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.aftersales_service.tools.records import labels

# Parent account: large enterprises, small ones (docs/rules.md, Accounts).
CHINESE = {
    "deposit": ("2241",),
    "receivable": ("1221",),
    "income": ("6301", "5301"),
    "cost": ("6401", "5401"),
    "revenue": ("6051", "5051"),
    "loss": ("6711", "5711"),
}
TYPES = {
    "deposit": "liability_current",
    "fund": "liability_current",
    "receivable": "asset_current",
    "income": "income_other",
    "cost": "expense_direct_cost",
    "revenue": "income",
    "loss": "expense",
}
SETTINGS = {
    "deposit": "aftersales_deposit_account_id",
    "receivable": "aftersales_deposit_receivable_account_id",
    "fund": "aftersales_deposit_fund_account_id",
    "income": "aftersales_deposit_income_account_id",
    "loss": "aftersales_deposit_loss_account_id",
}


class AftersalesDepositSetup(models.TransientModel):
    """Sub-accounts, journal and treatments for the deposits of suppliers (WA-22).

    Accounts already chosen in the settings are kept; the wizard can run again.
    """

    _name = "aftersales.deposit.setup"
    _description = "Set up supplier deposits"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    deposit_prefix = fields.Char(
        "Deposits below",
        compute="_compute_defaults",
        store=True,
        readonly=False,
        help="Number of the parent account; the new accounts get numbers below it.",
    )
    receivable_prefix = fields.Char(
        "Due from suppliers below",
        compute="_compute_defaults",
        store=True,
        readonly=False,
    )
    income_account_id = fields.Many2one(
        "account.account",
        "Penalty income",
        compute="_compute_defaults",
        store=True,
        readonly=False,
    )
    cost_account_id = fields.Many2one(
        "account.account",
        "Cost cut by allowances and recharges",
        compute="_compute_defaults",
        store=True,
        readonly=False,
    )
    revenue_account_id = fields.Many2one(
        "account.account",
        "Revenue of service sales",
        compute="_compute_defaults",
        store=True,
        readonly=False,
    )
    loss_account_id = fields.Many2one(
        "account.account",
        "Lost recoveries",
        compute="_compute_defaults",
        store=True,
        readonly=False,
    )
    purchase_tax_id = fields.Many2one(
        "account.tax",
        "Tax of allowances",
        compute="_compute_defaults",
        store=True,
        readonly=False,
        domain="[('type_tax_use', '=', 'purchase'), ('company_id', '=', company_id)]",
    )
    sale_tax_id = fields.Many2one(
        "account.tax",
        "Tax of service sales",
        compute="_compute_defaults",
        store=True,
        readonly=False,
        domain="[('type_tax_use', '=', 'sale'), ('company_id', '=', company_id)]",
    )

    @api.depends("company_id")
    def _compute_defaults(self):
        for setup in self:
            company = setup.company_id
            setup.deposit_prefix = setup._find_prefix("deposit")
            setup.receivable_prefix = setup._find_prefix("receivable")
            for name in ("income", "cost", "revenue", "loss"):
                setup[f"{name}_account_id"] = setup._find_account(name)
            setup.purchase_tax_id = company.account_purchase_tax_id
            setup.sale_tax_id = company.account_sale_tax_id

    def _accounts(self):
        # Safe: only people of accounting get here (action_apply, access rights).
        return self.env["account.account"].sudo().with_company(self.company_id)

    def _search_accounts(self, domain):
        return self._accounts().search(
            [("company_ids", "in", self.company_id.ids), *domain], order="code"
        )

    def _find_account(self, name):
        """The Chinese number if the chart has it, else the first of the type."""
        if name in SETTINGS and (chosen := self.company_id[SETTINGS[name]]):
            return chosen
        for code in CHINESE.get(name, ()):
            if found := self._search_accounts([("code", "=like", f"{code}%")]):
                return found[0]
        kind = TYPES[name]
        found = self._search_accounts([("account_type", "=", kind)])
        if not found and name in ("cost", "loss", "income"):
            other = "expense" if name != "income" else "income"
            found = self._search_accounts([("account_type", "=", other)])
        return found[:1]

    def _find_prefix(self, name):
        account = self._find_account(name)
        code = account.with_company(self.company_id).code or ""
        return code[:4]

    # -------------------------------------------------------------------------
    # APPLY
    # -------------------------------------------------------------------------

    def action_apply(self):
        """Make what is missing and fill the agreements that have no accounts yet."""
        self.ensure_one()
        deposits = self.env["aftersales.deposit"]
        deposits._check_accountant()
        company = self.company_id
        if company not in self.env.companies:
            raise UserError(self.env._("Choose one of your companies."))
        self._create_accounts()
        self._create_journal()
        self._create_treatments()
        # Safe: an accountant sets up his company; only empty fields are filled.
        waiting = deposits.sudo().search(
            [("company_id", "=", company.id), ("state", "=", "draft")]
        )
        waiting._compute_accounts()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_deposit_action"
        )

    def _create_accounts(self):
        company = self.company_id.sudo()  # Safe: settings an accountant sets up.
        names = {
            "deposit": (self.deposit_prefix, self.env._("Supplier deposits")),
            "fund": (self.deposit_prefix, self.env._("Complaint funds of suppliers")),
            "receivable": (self.receivable_prefix, self.env._("Due from suppliers")),
        }
        for key, (prefix, name) in names.items():
            if not company[SETTINGS[key]]:
                company[SETTINGS[key]] = self._create_account(prefix, name, TYPES[key])
        for key in ("income", "loss"):
            account = self[f"{key}_account_id"]
            if account and not company[SETTINGS[key]]:
                company[SETTINGS[key]] = account

    def _create_account(self, prefix, name, kind):
        """A reconcilable account with the first free number below the parent."""
        if not (prefix or "").strip():
            raise UserError(
                self.env._("Enter the number below which “%s” is created.", name)
            )
        return self._accounts().create(
            {
                "name": name,
                "code": self._get_free_code(prefix.strip()),
                "account_type": kind,
                "reconcile": True,
                "company_ids": [Command.set(self.company_id.ids)],
            }
        )

    def _get_free_code(self, prefix):
        taken = set(
            self._search_accounts([("code", "=like", f"{prefix}%")]).mapped("code")
        )
        number = 1
        while f"{prefix}{number:02}" in taken:
            number += 1
        return f"{prefix}{number:02}"

    def _create_journal(self):
        company = self.company_id.sudo()  # Safe: settings an accountant sets up.
        if company.aftersales_deposit_journal_id:
            return
        journals = self.env["account.journal"].sudo()  # Safe: as above.
        company.aftersales_deposit_journal_id = journals.search(
            [("company_id", "=", company.id), ("code", "=", "SDEP")], limit=1
        ) or journals.create(
            {
                "name": self.env._("Supplier deposits"),
                "code": "SDEP",
                "type": "general",
                "company_id": company.id,
            }
        )

    def _create_treatments(self):
        # Safe: an accountant sets up his company.
        treatments = self.env["aftersales.deposit.treatment"].sudo()
        wanted = {
            "penalty": (self.income_account_id, False),
            "allowance": (self.cost_account_id, self.purchase_tax_id),
            "service_sale": (self.revenue_account_id, self.sale_tax_id),
            "cost_recharge": (self.cost_account_id, False),
        }
        kinds = labels(treatments, "kind")
        company = self.company_id
        for number, (kind, (account, tax)) in enumerate(wanted.items(), 1):
            if account and not treatments._find(company, kind):
                treatments.create(
                    {
                        "name": kinds[kind],
                        "sequence": number * 10,
                        "kind": kind,
                        "company_id": company.id,
                        "account_id": account.id,
                        "tax_id": tax and tax.id,
                    }
                )

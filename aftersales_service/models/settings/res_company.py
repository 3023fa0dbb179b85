from importlib import import_module

from odoo import fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_pricelist_id = fields.Many2one(
        "product.pricelist",
        "Service price list",
        check_company=True,
        help="List prices of service orders; empty: the customer's own price list.",
    )
    aftersales_labour_product_id = fields.Many2one(
        "product.product", "Labour", domain=[("type", "=", "service")]
    )
    aftersales_travel_product_id = fields.Many2one(
        "product.product", "Travel", domain=[("type", "=", "service")]
    )
    aftersales_inspection_product_id = fields.Many2one(
        "product.product",
        "Inspection fee",
        domain=[("type", "=", "service")],
        help="Charged alone when the customer refuses the quotation.",
    )
    aftersales_require_signature = fields.Boolean(
        "Signature on site", default=True, help="On-site orders end with a signature."
    )
    aftersales_photo_max_mb = fields.Integer(
        "Largest photo (MB)",
        default=5,
        help="Photos and PDF files that technicians add on site.",
    )
    _aftersales_photo_max_mb_positive = models.Constraint(
        "CHECK (aftersales_photo_max_mb > 0)", "Allow at least 1 MB for photos."
    )
    aftersales_approve_free = fields.Boolean(
        "Approve free orders",
        default=True,
        help="Orders registered as free wait for a manager like any other gift.",
    )
    aftersales_invoice_days = fields.Integer(
        "Days to invoice",
        default=0,
        help="An order invoiced later than this after its day is an exception at the "
        "accountant's desk; collective invoices are not. 0: on the same day.",
    )
    _aftersales_invoice_days_positive = models.Constraint(
        "CHECK (coalesce(aftersales_invoice_days, 0) >= 0)",
        "The days to invoice cannot be negative.",
    )
    aftersales_rounding_limit = fields.Monetary(
        "Rounding up to",
        currency_field="currency_id",
        default=0.5,
        help="Less received than agreed up to this amount per order is rounding; more "
        "is an exception at the accountant's desk.",
    )
    _aftersales_rounding_limit_positive = models.Constraint(
        "CHECK (coalesce(aftersales_rounding_limit, 0) >= 0)",
        "The limit of rounding cannot be negative.",
    )
    aftersales_invoice_policy = fields.Selection(
        [
            ("manual", "By one click"),
            ("draft", "Draft at completion"),
            ("posted", "Posted at completion"),
        ],
        "Invoice service orders",
        default="manual",
        required=True,
    )
    aftersales_quote_days = fields.Integer(
        "Quotation valid (days)",
        default=30,
        help="How long the customer may accept a quotation.",
    )
    aftersales_quote_required = fields.Boolean(
        "Quotation before chargeable work",
        help="Work the customer pays for can only be completed after the quotation "
        "was accepted (SV-51).",
    )
    aftersales_trip_approval = fields.Boolean(
        "Approve trips", help="Trips are approved before departure (SV-23)."
    )
    aftersales_requisition_approval = fields.Boolean(
        "Approve requisitions", help="Parts are approved by the one in charge (SV-40)."
    )
    aftersales_file_days = fields.Integer(
        "Customer file within (days)",
        default=2,
        help="Days after the first service until the customer file is made (SV-83).",
    )
    _aftersales_file_days_positive = models.Constraint(
        "CHECK (aftersales_file_days >= 0)", "Days for the file cannot be negative."
    )
    aftersales_visit_hours = fields.Float(
        "Length of a visit", default=2.0, help="Proposed length of a planned visit."
    )
    aftersales_labour_rounding = fields.Integer(
        "Round labour to (min)",
        default=15,
        help="Hours of a visit are rounded up to this step; 0: to the minute.",
    )
    aftersales_labour_minimum = fields.Integer(
        "Least labour (min)", help="Charged at least, per person and visit."
    )
    aftersales_consumption_location_id = fields.Many2one(
        "stock.location",
        "Covered parts go to",
        check_company=True,
        domain=[("usage", "in", ("inventory", "production"))],
        help="Location with its own expense account for parts the customer does not "
        "pay.",
    )
    aftersales_allow_negative_stock = fields.Boolean(
        "Issue parts without stock",
        help="Complete orders although the stock of the place says the part is not "
        "there; the quantity goes below zero until it is corrected.",
    )
    aftersales_old_part_days = fields.Integer(
        "Days to bring old parts back",
        default=7,
        help="After completion; later the old part is on the overdue list.",
    )
    aftersales_old_parts_location_id = fields.Many2one(
        "stock.location",
        "Old parts",
        check_company=True,
        domain=[("usage", "=", "internal")],
        help="Where old parts wait. They belong to the customer and are never valued.",
    )
    aftersales_collection_journal_id = fields.Many2one(
        "account.journal",
        "On-site collections",
        check_company=True,
        domain=[("type", "in", ("cash", "bank"))],
    )
    aftersales_electronic_journal_id = fields.Many2one(
        "account.journal",
        "Card, QR and transfers",
        check_company=True,
        domain=[("type", "=", "bank")],
        help="Bank journal of what customers pay on site without cash; empty: the "
        "journal of on-site collections.",
    )
    aftersales_cash_journal_id = fields.Many2one(
        "account.journal",
        "Cash box",
        check_company=True,
        domain=[("type", "=", "cash")],
        help="Where the cashier puts the money technicians hand in.",
    )
    aftersales_technician_account_id = fields.Many2one(
        "account.account",
        "Due from technicians",
        check_company=True,
        help="What is missing when a technician hands in money.",
    )
    aftersales_revenue_account_ids = fields.Many2many(
        "account.account",
        "aftersales_company_revenue_account_rel",
        string="Service revenue accounts",
        check_company=True,
        domain=[("account_type", "in", ("income", "income_other"))],
        help="Accounts that hold nothing but service revenue: the accountant's desk "
        "then ties to all that is booked on them. Empty: to the invoices of orders.",
    )
    aftersales_free_work_policy = fields.Selection(
        [
            ("off", "Not posted"),
            ("period", "One entry per period"),
            ("order", "One entry per order"),
        ],
        "Cost of free work",
        default="off",
        required=True,
        help="Warranty, contract and goodwill work carries its cost to accounts of its "
        "own.",
    )
    aftersales_free_work_journal_id = fields.Many2one(
        "account.journal",
        "Journal of free work",
        check_company=True,
        domain=[("type", "=", "general")],
    )
    aftersales_cash_warning = fields.Monetary(
        "Warn from",
        help="A technician who holds more cash than this is reminded to hand it in; "
        "0: never.",
    )
    aftersales_cash_limit = fields.Monetary(
        "No more cash from",
        help="A technician cannot take cash beyond this sum before handing in; "
        "0: no limit.",
    )
    _aftersales_cash_limit_positive = models.Constraint(
        "CHECK (coalesce(aftersales_cash_warning, 0) >= 0"
        " AND coalesce(aftersales_cash_limit, 0) >= 0)",
        "A limit on cash cannot be negative.",
    )

    aftersales_followup_tries = fields.Integer(
        "Calls before giving up",
        default=3,
        help="After so many calls nobody answered, a customer counts as not reached.",
    )
    aftersales_followup_hours = fields.Integer(
        "Call again after (hours)",
        default=4,
        help="When nobody answers and the caller names no other time.",
    )
    aftersales_followup_link_days = fields.Integer(
        "Link valid (days)",
        default=14,
        help="How long a customer may answer by the link.",
    )
    aftersales_followup_question_days = fields.Integer(
        "Decide questions within (days)",
        default=2,
        help="What a caller cannot answer at once.",
    )
    _aftersales_followup_positive = models.Constraint(
        "CHECK (aftersales_followup_tries > 0 AND aftersales_followup_hours > 0 "
        "AND aftersales_followup_link_days > 0 "
        "AND aftersales_followup_question_days >= 0)",
        "Follow-ups need at least one try, one hour and one day.",
    )

    aftersales_deputy_manager_id = fields.Many2one(
        "res.users",
        "Deputy general manager",
        domain=[("share", "=", False)],
        help="Gets a task for every serious complaint; must be allowed to read the "
        "complaints of the company.",
    )
    aftersales_repeat_days = fields.Integer(
        "Complaint repeats within (days)",
        default=90,
        help="The same issue of the same customer and machine within this time is a "
        "repeat.",
    )
    _aftersales_repeat_days_not_negative = models.Constraint(
        "CHECK (aftersales_repeat_days >= 0)", "Days cannot be negative."
    )

    # -- places of the parts ----------------------------------------------------

    def _get_aftersales_consumption_location(self):
        """Where parts go that the customer does not pay; made on first use."""
        self.ensure_one()
        return self._get_aftersales_location(
            "aftersales_consumption_location_id",
            self._prepare_aftersales_consumption_location,
        )

    def _get_aftersales_old_parts_location(self):
        """Where old parts wait; outside every warehouse, so nobody reserves them."""
        self.ensure_one()
        return self._get_aftersales_location(
            "aftersales_old_parts_location_id",
            lambda: {"name": self.env._("Old parts"), "usage": "internal"},
        )

    def _get_aftersales_location(self, field, prepare):
        # Safe: a place the company needs to book what the caller was allowed to do.
        company = self.sudo()
        if not company[field]:
            company.lock_for_update(allow_referencing=True)
            company[field] = (
                self.env["stock.location"]
                .sudo()
                .create({"company_id": self.id, **prepare()})
            )
        return company[field]

    def _prepare_aftersales_consumption_location(self):
        """Its own expense account, next to the company's cost of goods."""
        return {
            "name": self.env._("Parts of covered service"),
            "usage": "inventory",
            "valuation_account_id": self._get_aftersales_consumption_account().id,
        }

    def _get_aftersales_consumption_account(self):
        """A new expense account, or none without a chart of accounts."""
        # Safe: see `_get_aftersales_location`.
        accounts = self.env["account.account"].sudo().with_company(self)
        model = self.sudo().expense_account_id or accounts.search(
            [
                ("company_ids", "in", self.root_id.ids),
                ("account_type", "in", ("expense_direct_cost", "expense")),
            ],
            limit=1,
        )
        if not model:
            return accounts
        code = model.with_company(self).code
        return accounts.create(
            {
                "name": self.env._("Parts of covered service"),
                "code": accounts._search_new_account_code(code),
                "account_type": model.account_type,
                "company_ids": [(6, 0, self.root_id.ids)],
            }
        )

    # -------------------------------------------------------------------------
    # SETTINGS MONEY CANNOT MOVE WITHOUT
    # -------------------------------------------------------------------------

    def _check_aftersales_setting(self, record, label):
        """Missing, archived or another company's: one message with the way there.

        :param record: account.journal (with its account) or account.account
        :param str label: what the setting is called in the settings
        :raise RedirectWarning: names company and setting, links the settings
        """
        self.ensure_one()
        holds_money = "type" in record and record.type in ("cash", "bank", "credit")
        account = record.default_account_id if holds_money else record
        if self._is_aftersales_usable(record) and self._is_aftersales_usable(account):
            return
        raise RedirectWarning(
            self._aftersales_setting_message(record, account, label),
            self.env.ref("aftersales_service.res_config_settings_action").id,
            self.env._("Open the settings"),
        )

    def _is_aftersales_usable(self, record):
        """The record is there, in use and of this company."""
        domain = Domain("id", "in", record.ids) & Domain("active", "=", True)
        domain &= Domain(record._check_company_domain(self))
        # Safe: only whether the accountant's own setting can be used.
        return bool(record and record.sudo().search_count(domain, limit=1))

    def _aftersales_setting_message(self, record, account, label):
        if (
            not record
            or record._name == "account.journal"
            and (not record.default_account_id)
        ):
            return self.env._(
                "%(company)s: set %(setting)s in the settings of After-Sales.",
                company=self.name,
                setting=label,
            )
        return self.env._(
            "%(company)s: “%(record)s” or its account is archived or belongs to "
            "another company. Set %(setting)s in the settings of After-Sales.",
            company=self.name,
            record=record.sudo().display_name,  # Safe: the name of a setting.
            setting=label,
        )

    def _check_aftersales_lock(self, day, journal, name):
        """Say the real lock date first; Odoo would book on another day in silence.

        :param day: day the entry would carry
        :param str name: what is to be booked
        """
        if locks := self._get_violated_lock_dates(day, False, journal):
            raise UserError(
                self.env._(
                    "%(name)s would be booked on %(day)s, but accounting is locked: "
                    "%(locks)s. Choose a later day.",
                    name=name,
                    day=day,
                    locks=self._format_lock_dates(locks),
                )
            )

    def _aftersales_play(self, addon, chapter):
        """Play a chapter of the demo company's life; called by demo data files only.

        ``demo/<chapter>.py`` of the add-on is imported here and nowhere else: no
        database without demo data ever runs it.
        """
        import_module(f"odoo.addons.{addon}.demo.{chapter}").play(self)

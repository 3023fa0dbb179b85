from dataclasses import dataclass

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...tools.period import Length, Plan, StartRule

UNITS = [("day", "Days"), ("month", "Months"), ("year", "Years")]
COUNTERS = [
    ("km", "Kilometres"),
    ("hour", "Hours of operation"),
    ("cycle", "Cycles"),
    ("page", "Pages"),
]
# What may change without touching what customers were promised.
LOOSE = {"active", "sequence", "version_id", "version", "note"}


@dataclass(frozen=True)
class TermMatch:
    """A term found for a product, and where: the form says both."""

    term: models.BaseModel
    source: str | None = None
    name: str | None = None


class AftersalesWarrantyTerm(models.Model):
    """What is promised: how long, from when, for what (WA-01).

    A warranty keeps the wording it was sold under: on opening it takes a *version*,
    a copy of the term that never changes. The first change of a term after its
    version was used leads to the next version; users only ever edit the term.

    ============ ============ =====================================================
    Action       Group        Restriction
    ============ ============ =====================================================
    read         user         own companies and shared terms
    edit         manager      never a version
    delete       manager      only without warranties
    ============ ============ =====================================================
    """

    _name = "aftersales.warranty.term"
    _description = "Warranty Term"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short name, as printed on cards: T3.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index="btree_not_null")
    jurisdiction = fields.Selection(
        [
            ("contract", "Own promise"),
            ("cn", "China"),
            ("eu", "European Union"),
            ("fr", "France"),
            ("other", "Other law"),
        ],
        default="contract",
        required=True,
    )
    legal_source = fields.Text(
        translate=True, help="The law or document the figures come from."
    )
    conditions = fields.Html(translate=True, help="Printed on the certificate.")
    note = fields.Text("Internal Note")

    # Length
    duration = fields.Integer(default=12, required=True)
    duration_unit = fields.Selection(UNITS, default="month", required=True)
    counter = fields.Selection(
        COUNTERS, help="Ends earlier when this counter passes its limit."
    )
    counter_limit = fields.Float(
        help="Covered at exactly this reading; whichever is reached first ends it."
    )
    end_convention = fields.Selection(
        [
            ("inclusive", "Corresponding day included"),
            ("minus_one", "Ends the day before"),
        ],
        default="inclusive",
        required=True,
        help="From 1 March 2026 for 12 months: until 1 March 2027, or 28 February.",
    )
    holiday_roll = fields.Boolean(
        "Moves off public holidays",
        help="A last day on a listed public holiday moves to the day after it.",
    )

    # Start
    event_ids = fields.One2many(
        "aftersales.warranty.term.event", "term_id", string="Start Events", copy=True
    )
    start_mode = fields.Selection(
        [
            ("first", "First available of the list"),
            ("latest", "Latest of the list"),
        ],
        default="first",
        required=True,
    )
    cap_value = fields.Integer(
        "Starts at the latest after",
        help="Never-installed goods start so long after the delivery; 0: no limit.",
    )
    cap_unit = fields.Selection(UNITS, default="day", required=True)
    cap_event = fields.Selection(
        [("delivery", "Delivery"), ("invoice", "Invoice")],
        string="Counted from",
        default="delivery",
        required=True,
    )
    statutory_install_start = fields.Boolean(
        "Late installation still starts it",
        help="Consumer law: an installation after the limit starts the period.",
    )
    cover_before_start = fields.Boolean(
        "Covers from delivery on",
        default=True,
        help="Faults found between delivery and start are covered as well.",
    )

    # Scope
    line_ids = fields.One2many(
        "aftersales.warranty.term.line", "term_id", string="Covers", copy=True
    )
    exclusion_ids = fields.Many2many(
        "aftersales.warranty.exclusion",
        "aftersales_warranty_term_exclusion_rel",
        "term_id",
        "exclusion_id",
        string="Does not cover",
    )
    claim_days = fields.Integer(
        "Days to claim",
        help="Terms a supplier grants us: a repair has to be claimed within so many "
        "days; 0: the company's setting.",
    )
    freight_payer = fields.Selection(
        [("company", "We"), ("customer", "Customer"), ("supplier", "Supplier")],
        default="company",
        required=True,
        string="Freight paid by",
    )

    # Repairs, parts, exchange
    extension_mode = fields.Selection(
        [
            ("none", "Nothing"),
            ("repair_days", "Days in repair, each repair rounded up"),
            ("suspend", "Time in repair, rounded up once"),
            ("fixed_months", "Fixed months, once"),
        ],
        string="A repair adds",
        default="repair_days",
        required=True,
    )
    extension_months = fields.Integer("Months added", default=0)
    part_rule = fields.Selection(
        [
            ("rest", "Rest of the machine's warranty"),
            ("days", "A period of its own"),
            ("greater", "The longer of both"),
            ("restart", "Its full period anew"),
        ],
        string="Replaced parts have",
        default="greater",
        required=True,
    )
    part_value = fields.Integer("Own period of replaced parts", default=90)
    part_unit = fields.Selection(UNITS, default="day", required=True)
    restart_on_exchange = fields.Boolean(help="The unit given in exchange starts anew.")
    transferable = fields.Boolean(
        default=True, help="Goes on with the machine when it gets a new owner."
    )

    # Versions
    version = fields.Integer(default=1, readonly=True, copy=False)
    head_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Version of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    version_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Version in use",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    version_ids = fields.One2many(
        "aftersales.warranty.term",
        "head_id",
        string="Versions",
        context={"active_test": False},
    )
    warranty_count = fields.Integer(
        string="Warranties", compute="_compute_warranty_count"
    )

    _check_duration = models.Constraint(
        "CHECK (duration > 0)", "A warranty term needs a length."
    )
    _check_limits = models.Constraint(
        "CHECK (counter_limit >= 0 AND cap_value >= 0 AND part_value >= 0 "
        "AND extension_months >= 0 AND coalesce(claim_days, 0) >= 0)",
        "Lengths and limits cannot be negative.",
    )
    _version_uniq = models.UniqueIndex(
        "(head_id, version) WHERE head_id IS NOT NULL",
        "This version of the term exists already.",
    )

    # -- computes ---------------------------------------------------------------

    @api.depends("name", "version", "head_id")
    def _compute_display_name(self):
        for term in self:
            name = term.name or ""
            if term.head_id:
                name = self.env._(
                    "%(name)s (version %(number)s)", name=name, number=term.version
                )
            term.display_name = name

    def _compute_warranty_count(self):
        groups = self.env["aftersales.warranty"]._read_group(
            [("head_term_id", "in", self.ids)], ["head_term_id"], ["__count"]
        )
        counts = {term.id: count for term, count in groups}
        for term in self:
            term.warranty_count = counts.get(term.id, 0)

    @api.constrains("counter", "counter_limit")
    def _check_counter(self):
        for term in self:
            if bool(term.counter) != bool(term.counter_limit):
                raise ValidationError(
                    self.env._("A counter and its limit go together: fill in both.")
                )

    @api.constrains("event_ids")
    def _check_events(self):
        for term in self:
            events = term.event_ids.mapped("event")
            if not events:
                raise ValidationError(
                    self.env._("Say which event starts “%(term)s”.", term=term.name)
                )
            if len(set(events)) != len(events):
                raise ValidationError(
                    self.env._("Each start event can stand in the list only once.")
                )

    # -- CRUD -------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if "line_ids" in fields and not values.get("line_ids"):
            values["line_ids"] = [
                Command.create({"scope": scope}) for scope in ("part", "labour")
            ]
        if "event_ids" in fields and not values.get("event_ids"):
            values["event_ids"] = [Command.create({"event": "delivery"})]
        return values

    @api.model_create_multi
    def create(self, vals_list):
        names = {"head_id", "version_id", "version"}
        if not self.env.su and any(names & vals.keys() for vals in vals_list):
            raise AccessError(self.env._("Versions are made when they are needed."))
        return super().create(vals_list)

    def write(self, vals):
        if not self._writes_itself(vals) and vals.keys() & {
            "head_id",
            "version_id",
            "version",
        }:
            raise AccessError(self.env._("Versions are made when they are needed."))
        if set(vals) - LOOSE:
            self._check_not_version()
        result = super().write(vals)
        if set(vals) - LOOSE - {"company_id"}:
            self._start_new_version()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Safe: only existence is tested, also of warranties of other companies.
        warranties = self.env["aftersales.warranty"].sudo()
        domain = ["|", ("term_id", "in", self.ids), ("head_term_id", "in", self.ids)]
        if used := warranties.search(domain, limit=1):
            raise UserError(
                self.env._(
                    "Warranties were opened under “%(term)s”. Archive it instead of "
                    "deleting it.",
                    term=used.head_term_id.name,
                )
            )

    def copy_data(self, default=None):
        default = dict(default or {})
        data = super().copy_data(default)
        if not default.keys() & {"name", "head_id"}:
            for term, vals in zip(self, data, strict=True):
                vals["name"] = self.env._("%s (copy)", term.name)
        return data

    # -- actions ----------------------------------------------------------------

    def action_view_warranties(self):
        """Open the warranties of all versions of the term."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_warranty.aftersales_warranty_action"
        )
        action["domain"] = [("head_term_id", "in", self.ids)]
        action["context"] = {}
        return action

    # -- versions ---------------------------------------------------------------

    def _check_not_version(self):
        if self.env.su:
            return
        if frozen := self.filtered("head_id"):
            raise UserError(
                self.env._(
                    "%(term)s is what warranties were sold under and cannot change. "
                    "Edit the term itself: new warranties get the new version.",
                    term=frozen[0].display_name,
                )
            )

    def _start_new_version(self):
        """The next warranty opened takes a new copy."""
        # Safe: only the pointer to the frozen copy; the caller may edit the term.
        for term in self.sudo().filtered("version_id"):
            term.write({"version_id": False, "version": term.version + 1})

    def _get_versions(self):
        """The frozen copies to open warranties under, made where missing.

        :return: ``{term: version}``; a version given stands for itself
        """
        # Safe: whoever delivers or sells may open a warranty, not edit its term.
        heads = self.sudo()
        for head in heads.filtered(lambda term: not term.head_id):
            if not head.version_id:
                head.version_id = head.copy(head._prepare_version_values())
        return {
            term.with_env(self.env): (term.version_id or term).with_env(self.env)
            for term in heads
        }

    def _prepare_version_values(self):
        self.ensure_one()
        return {
            "head_id": self.id,
            "version": self.version,
            "active": False,
        }

    # -- which term -------------------------------------------------------------

    @api.model
    def _get_term_sources(self):
        """Names of the methods that look for a term; the nearest first.

        Each takes (products, company, facts) and returns ``{product: TermMatch}``.
        Later add-ons insert theirs, a contract for example.
        """
        return ["_find_by_contract", "_find_by_product", "_find_by_category"] + [
            "_find_by_company"
        ]

    @api.model
    def _find_terms(self, products, company, facts=None):
        """The term of each product, the nearest wins, and where it was found.

        :param facts: what contracts may be looked up by: partner, assets, day
        :return: ``{product: TermMatch}``; products without any are left out
        """
        found = {}
        for name in self._get_term_sources():
            missing = products.filtered(lambda product: product not in found)
            if not missing:
                break
            found.update(getattr(self, name)(missing, company, facts or {}))
        return found

    @api.model
    def _find_term(self, product, company=None, facts=None):
        """The term of one product; an empty match when nothing is promised."""
        company = company or self.env.company
        none = TermMatch(self.browse())
        return self._find_terms(product, company, facts).get(product, none)

    @api.model
    def _find_by_contract(self, products, company, facts):
        """Terms agreed in a contract; contracts override this."""
        return {}

    @api.model
    def _find_by_product(self, products, company, facts):
        return {
            product: TermMatch(term, "product", product.product_tmpl_id.display_name)
            for product in products
            if (term := product.aftersales_term_id)._is_for(company)
        }

    @api.model
    def _find_by_category(self, products, company, facts):
        """The nearest category up the tree that names a term."""
        matches = products.categ_id._find_aftersales_terms(company)
        return {
            product: matches[product.categ_id]
            for product in products
            if product.categ_id in matches
        }

    @api.model
    def _find_by_company(self, products, company, facts):
        term = company.aftersales_term_id
        if not term._is_for(company):
            return {}
        goods = products.filtered(lambda product: product.tracking == "serial")
        return dict.fromkeys(goods, TermMatch(term, "company", company.name))

    def _is_for(self, company):
        """An active term that the company may use."""
        # Safe: only whether the term is in force; its promise is no secret.
        term = self.sudo()
        return bool(term.active) and term.company_id in (
            company,
            self.env["res.company"],
        )

    @api.model
    def _find_supplier_terms(self, products, company):
        """What the suppliers grant us: ``{product: [(partner, term), …]}``."""
        # Safe: buying prices stay hidden; the term is read, nothing else.
        infos = (
            self.env["product.supplierinfo"]
            .sudo()
            .search(
                [
                    ("aftersales_term_id", "!=", False),
                    ("product_tmpl_id", "in", products.product_tmpl_id.ids),
                    ("company_id", "in", [company.id, False]),
                ]
            )
        )
        found = {}
        for product in products:
            own = infos.filtered(
                lambda info, product=product: (
                    info.product_tmpl_id == product.product_tmpl_id
                    and info.product_id in (product, self.env["product.product"])
                )
            )
            found[product] = [
                (info.partner_id, info.aftersales_term_id.with_env(self.env))
                for info in own
            ]
        return found

    # -- arithmetic -------------------------------------------------------------

    def _get_length(self):
        self.ensure_one()
        return Length(self.duration, self.duration_unit)

    def _get_start_rule(self):
        self.ensure_one()
        return StartRule(
            events=tuple(self.event_ids.sorted("sequence").mapped("event")),
            mode=self.start_mode,
            cap=Length(self.cap_value, self.cap_unit),
            cap_event=self.cap_event,
            statutory_install_start=self.statutory_install_start,
        )

    def _get_plan(self, start, length=None, **extra):
        """The period of the whole, or of a scope with a length of its own."""
        self.ensure_one()
        return Plan(
            start=start,
            length=length or self._get_length(),
            convention=self.end_convention,
            extension=self.extension_mode,
            extension_months=self.extension_months,
            **extra,
        )

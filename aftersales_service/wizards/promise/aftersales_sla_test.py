from odoo import api, fields, models
from odoo.tools import format_datetime


class AftersalesSlaTest(models.TransientModel):
    """What would apply? Which promise holds for given facts, and why (SV-11).

    ============ ================= ==================================================
    Action       Group             Restriction
    ============ ================= ==================================================
    ask          any after-sales   nothing is written; policies of the own company
    ============ ================= ==================================================
    """

    _name = "aftersales.sla.test"
    _description = "What Would Apply?"

    applies_to = fields.Selection(
        [("order", "Service order"), ("complaint", "Complaint")],
        default="order",
        required=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    start = fields.Datetime(
        "Call at", required=True, default=lambda self: fields.Datetime.now()
    )
    partner_id = fields.Many2one("res.partner", "Customer")
    asset_id = fields.Many2one(
        "aftersales.asset",
        "Machine",
        domain="[('partner_id', 'child_of', partner_id)] if partner_id else []",
    )
    service_type = fields.Selection(
        selection=lambda self: self._get_choices("service_type"), default="chargeable"
    )
    fault_level = fields.Selection(
        selection=lambda self: self._get_choices("fault_level"), default="3"
    )
    place = fields.Selection(
        selection=lambda self: self._get_choices("place"), default="onsite"
    )
    channel = fields.Selection(selection=lambda self: self._get_choices("channel"))
    about = fields.Selection(selection=lambda self: self._get_choices("about"))
    seriousness = fields.Selection(
        selection=lambda self: self._get_choices("seriousness")
    )
    customer_class = fields.Selection(
        selection=lambda self: self._get_choices("customer_class"),
        compute="_compute_facts",
        store=True,
        readonly=False,
    )
    vip = fields.Boolean("VIP", compute="_compute_facts", store=True, readonly=False)
    grade_id = fields.Many2one(
        "aftersales.grade",
        "Service grade",
        compute="_compute_facts",
        store=True,
        readonly=False,
    )
    zone_id = fields.Many2one(
        "aftersales.zone", compute="_compute_facts", store=True, readonly=False
    )
    area = fields.Selection(selection=lambda self: self._get_choices("area"))
    categ_id = fields.Many2one(
        "product.category",
        "Product category",
        compute="_compute_facts",
        store=True,
        readonly=False,
    )
    distance = fields.Float(
        "Distance (km)", compute="_compute_facts", store=True, readonly=False
    )
    needs_supplier = fields.Boolean("A supplier is needed")
    result = fields.Html(
        compute="_compute_result", sanitize=False, string="What would apply"
    )

    # -------------------------------------------------------------------------
    # FACTS
    # -------------------------------------------------------------------------

    @api.model
    def _get_choices(self, name):
        """The values policies know."""
        field = self.env["aftersales.sla.policy"]._fields[name]
        return field._description_selection(self.env)

    @api.depends("partner_id", "asset_id")
    def _compute_facts(self):
        """A known customer or machine brings its facts along; all can be changed."""
        names = ("customer_class", "vip", "grade_id", "zone_id", "categ_id", "distance")
        for test in self:
            partner = test.partner_id or test.asset_id.partner_id
            draft = self.env["aftersales.order"].new(
                {
                    "company_id": test.company_id.id,
                    "partner_id": partner.id,
                    "asset_id": test.asset_id.id,
                }
            )
            facts = draft._get_sla_facts() if partner else {}
            for name in names:
                test[name] = facts.get(name) or test[name]

    def _get_facts(self):
        self.ensure_one()
        names = ["channel", "customer_class", "vip", "grade_id", "zone_id", "area"]
        names += ["categ_id", "place"]
        if self.applies_to == "order":
            names += ["service_type", "fault_level", "needs_supplier"]
        else:
            names += ["about", "seriousness"]
        facts = {name: self[name] for name in names if self[name]}
        if self.distance:
            facts["distance"] = self.distance
        return {**facts, "company_id": self.company_id.id}

    # -------------------------------------------------------------------------
    # ANSWER
    # -------------------------------------------------------------------------

    @api.depends_context("lang", "tz")
    @api.depends(lambda self: self._get_fact_fields())
    def _compute_result(self):
        for test in self:
            test.result = self.env["ir.qweb"]._render(
                "aftersales_service.aftersales_sla_test_result",
                {
                    "lines": test._prepare_lines(),
                    "overruled": test._prepare_overruled(),
                },
            )

    @api.model
    def _get_fact_fields(self):
        known = {"result", "id", "display_name", *models.MAGIC_COLUMNS}
        return [name for name in self._fields if name not in known]

    def _prepare_lines(self):
        """One line per milestone, with the policies that would come next."""
        policies = self.env["aftersales.sla.policy"]
        facts = self._get_facts()
        start = self.start or fields.Datetime.now()
        return [
            {
                **line,
                "deadline": self._format_instant(line["deadline"]),
                "others": self._get_runners_up(line["milestone"], line["policy"]),
            }
            for line in policies._explain(facts, start, self.applies_to)
        ]

    def _prepare_overruled(self):
        """Over all active policies: where a more urgent fault would have to wait."""
        start = self.start or fields.Datetime.now()
        policies = self.env["aftersales.sla.policy"]
        return policies._get_overruled(self.company_id, start, self.applies_to)

    @api.model
    def _format_instant(self, instant):
        """By the user's clock, else by that of the company."""
        if not instant:
            return ""
        tz = self.env.user.tz or self.env.company._aftersales_zone().zone
        return format_datetime(self.env, instant, tz=tz, dt_format="short")

    def _get_runners_up(self, milestone, winner):
        """Names of the policies that fit too, the next one first."""
        policies = self.env["aftersales.sla.policy"]
        facts = policies._complete_facts(self._get_facts())
        engine = policies._get_engine(self.applies_to)
        found = [
            promise.id
            for promise in engine.promises
            if promise.active
            and promise.company_id in (0, self.company_id.id)
            and promise.fits(facts)
            and engine.target(promise, milestone, facts)
        ]
        return [
            {"name": policy.display_name, "reason": policy._describe_reason()}
            for policy in policies.browse(found) - winner
        ]

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.promise import CONDITIONS, Engine, Promise, Span, Target, make_rank
from ...tools.worktime import Clock

UNITS = [
    ("minutes", "Minutes"),
    ("hours", "Hours"),
    ("working_hours", "Working hours"),
    ("working_days", "Working days"),
    ("days", "Days"),
    ("weeks", "Weeks"),
]
MILESTONES = ("answer", "arrive", "resolve")


class AftersalesSlaPolicy(models.Model):
    """What we promise, for which orders or complaints (SV-10, SV-11).

    For each milestone the most specific policy wins that says something about it.
    The order is that of ``CONDITIONS`` in tools/promise.py: a policy naming the
    grade goes before all that do not, then the deepest product category, the fault
    level, … Among equals: the company's own, then the sequence.
    """

    _name = "aftersales.sla.policy"
    _description = "Promise on Time"
    _order = "applies_to desc, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="Decides only between equally specific policies."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: for all companies."
    )
    applies_to = fields.Selection(
        [("order", "Service orders"), ("complaint", "Complaints")],
        default="order",
        required=True,
    )
    source = fields.Text(
        translate=True, help="Where the promise was made: contract, by-law, leaflet."
    )

    # For which documents
    service_type = fields.Selection(
        [
            ("chargeable", "Chargeable"),
            ("contract", "Under contract"),
            ("free", "Free"),
            ("internal", "Internal"),
        ]
    )
    fault_level = fields.Selection(
        [("1", "Critical"), ("2", "Major"), ("3", "Minor")],
        help="1: service interrupted or data lost · 2: degraded or at risk · 3: minor",
    )
    grade_id = fields.Many2one("aftersales.grade", "Service grade", ondelete="restrict")
    from_grade = fields.Boolean(
        "Times of the service grade",
        help="Answer and arrival as the grade of the order says, on its service "
        "hours. Counts as naming the grade.",
    )
    zone_id = fields.Many2one(
        "aftersales.zone", ondelete="restrict", check_company=True
    )
    area = fields.Selection(
        [
            ("town", "In town"),
            ("suburb", "Suburbs"),
            ("country", "Elsewhere in the country"),
            ("remote", "Remote places"),
        ],
        help="Kind of area, as set on the zones.",
    )
    distance_from = fields.Float("From (km)")
    distance_to = fields.Float(
        "Up to (km)",
        help="Straight line from the service point to the site; 0 for no limit.",
    )
    categ_id = fields.Many2one(
        "product.category",
        "Product category",
        ondelete="restrict",
        help="With all categories below it.",
    )
    customer_class = fields.Selection([("A", "A"), ("B", "B"), ("C", "C")])
    vip = fields.Boolean("VIP customers only")
    place = fields.Selection(
        [
            ("onsite", "On site"),
            ("workshop", "Workshop"),
            ("remote", "Remote"),
            ("counter", "At the counter"),
        ]
    )
    channel = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "E-mail"),
            ("portal", "Portal"),
            ("letter", "Letter"),
            ("walk_in", "Walk-in"),
            ("web", "Web"),
            ("followup", "Follow-up"),
        ]
    )
    needs_supplier = fields.Boolean(
        "A supplier is needed", help="Only where the work waits for a supplier."
    )
    about = fields.Selection(
        [
            ("product", "Product"),
            ("service", "Service"),
            ("attitude", "Attitude"),
            ("delivery", "Delivery"),
            ("price", "Price"),
            ("other", "Other"),
        ],
        "Complaint about",
    )
    seriousness = fields.Selection([("normal", "Normal"), ("serious", "Serious")])

    # What is promised
    answer_value = fields.Float("Answer within")
    answer_unit = fields.Selection(UNITS, "Unit of the answer", default="hours")
    arrive_value = fields.Float("On site within")
    arrive_unit = fields.Selection(UNITS, "Unit of the arrival", default="hours")
    resolve_value = fields.Float("Solved within")
    resolve_unit = fields.Selection(UNITS, "Unit of the solution", default="hours")
    calendar_mode = fields.Selection(
        [
            ("clock", "The clock, day and night"),
            ("team", "Working hours of the service point"),
            ("company", "Working hours of the company"),
            ("own", "Own working hours"),
        ],
        "Runs on",
        default="clock",
        required=True,
        help="Hours, days and weeks run on it; working hours and working days always "
        "on working hours, those of the service point when the clock is chosen here. "
        "A working day is as many hours as a day of the calendar has.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        "Own working hours",
        ondelete="restrict",
        check_company=True,
    )
    at_risk_share = fields.Integer(
        "At risk after (%)",
        default=80,
        required=True,
        help="Share of the time after which the supervisor is warned.",
    )
    pause_reason_ids = fields.Many2many(
        "aftersales.pause.reason",
        "aftersales_sla_policy_pause_rel",
        "policy_id",
        "reason_id",
        "Clock stops for",
        default=lambda self: self._default_pause_reason_ids(),
        help="Other waiting is recorded too, but the time runs on.",
    )
    specificity = fields.Integer(
        "Rank",
        compute="_compute_specificity",
        store=True,
        help="Of all that fit, the highest rank wins, for answer, arrival and "
        "solution each. Ranking, strongest first: service grade, product category, "
        "fault level, seriousness, zone, area, distance, place, channel, subject of "
        "the complaint, supplier needed, service type, VIP, customer class. Of equal "
        "ranks a company's own policy wins, then the sequence.",
    )
    conditions = fields.Char(
        "Applies when", compute="_compute_conditions", help="All of it must be true."
    )
    promise = fields.Char(
        "What is promised", compute="_compute_promise", help="In one sentence."
    )

    _check_values = models.Constraint(
        "CHECK (answer_value >= 0 AND arrive_value >= 0 AND resolve_value >= 0"
        " AND answer_value <= 100000 AND arrive_value <= 100000"
        " AND resolve_value <= 100000)",
        "A promised time is between 0 (no promise) and 100 000.",
    )
    _check_share = models.Constraint(
        "CHECK (at_risk_share BETWEEN 1 AND 100)",
        "A promise is at risk after 1 to 100 % of its time.",
    )
    _check_distance = models.Constraint(
        "CHECK (distance_from >= 0 AND distance_to >= 0"
        " AND (distance_to = 0 OR distance_to > distance_from))",
        "The distance ends beyond where it begins; 0 means no limit.",
    )

    # -------------------------------------------------------------------------
    # DEFAULTS AND COMPUTE
    # -------------------------------------------------------------------------

    @api.model
    def _default_pause_reason_ids(self):
        """The customer's own delays stop the clock; everything else is a choice."""
        reasons = self.env["aftersales.pause.reason"]
        return reasons.search([("kind", "=", "customer")])

    @api.depends(
        "service_type",
        "fault_level",
        "grade_id",
        "from_grade",
        "zone_id",
        "area",
        "distance_from",
        "distance_to",
        "categ_id",
        "customer_class",
        "vip",
        "place",
        "channel",
        "needs_supplier",
        "about",
        "seriousness",
    )
    def _compute_specificity(self):
        weights = {
            name: 1 << number for number, name in enumerate(reversed(CONDITIONS))
        }
        for policy in self:
            names = policy._get_condition_names()
            policy.specificity = sum(weights[name] for name in names)

    @api.depends_context("lang")
    @api.depends("specificity")
    def _compute_conditions(self):
        for policy in self:
            labels = policy._get_condition_labels()
            policy.conditions = " · ".join(labels) or self.env._("Always")

    @api.depends_context("lang")
    @api.depends(
        "answer_value",
        "answer_unit",
        "arrive_value",
        "arrive_unit",
        "resolve_value",
        "resolve_unit",
        "calendar_mode",
        "calendar_id",
        "from_grade",
    )
    def _compute_promise(self):
        for policy in self:
            parts = [
                f"{policy._get_milestone_label(name)}: {policy._describe_target(name)}"
                for name in MILESTONES
                if policy[f"{name}_value"]
            ]
            if policy.from_grade:
                parts.insert(0, self.env._("Times of the service grade"))
            policy.promise = " · ".join(parts)

    # -------------------------------------------------------------------------
    # CONSTRAINTS
    # -------------------------------------------------------------------------

    @api.constrains(
        "name", "answer_value", "arrive_value", "resolve_value", "from_grade"
    )
    def _check_promises_something(self):
        for policy in self:
            if not policy.from_grade and not any(
                policy[f"{name}_value"] for name in MILESTONES
            ):
                raise ValidationError(
                    self.env._(
                        "“%(policy)s” promises nothing. Enter within which time we "
                        "answer, are on site or have solved it.",
                        policy=policy.name,
                    )
                )

    @api.constrains("calendar_mode", "calendar_id")
    def _check_calendar(self):
        for policy in self.filtered(lambda policy: policy.calendar_mode == "own"):
            calendar = policy.calendar_id
            if not calendar:
                raise ValidationError(
                    self.env._(
                        "Choose the working hours “%(policy)s” runs on.",
                        policy=policy.name,
                    )
                )
            if not calendar._aftersales_has_hours():
                raise ValidationError(
                    self.env._(
                        "“%(calendar)s” has no working hours, so no deadline can be "
                        "computed. Enter its hours first, or choose another one.",
                        calendar=calendar.name,
                    )
                )

    @api.constrains("applies_to", "arrive_value", "from_grade")
    def _check_complaint(self):
        for policy in self.filtered(lambda policy: policy.applies_to == "complaint"):
            if policy.arrive_value or policy.from_grade:
                raise ValidationError(
                    self.env._(
                        "Nobody arrives at a complaint: “%(policy)s” can only say "
                        "when it is answered and solved.",
                        policy=policy.name,
                    )
                )

    # -------------------------------------------------------------------------
    # MATCHING
    # -------------------------------------------------------------------------

    def _get_condition_names(self):
        """Which of the conditions the policy names."""
        self.ensure_one()
        names = {name for name in CONDITIONS if name in self._fields and self[name]}
        if self.from_grade:
            names.add("grade_id")
        if self.distance_from or self.distance_to:
            names.add("distance")
        return names

    @api.model
    def _get_engine(self, applies_to, calendar_ids=(), since=None):
        """All policies of one kind of document and the calendars they run on.

        The number of queries does not depend on how many documents ask.

        :param calendar_ids: calendars of the documents' service points, companies
        :param since: the earliest instant that will be asked for
        :rtype: Engine
        """
        # Safe: which promise holds does not depend on who looks.
        policies = self.sudo().with_context(active_test=False)
        policies = policies.search([("applies_to", "=", applies_to)])
        categories = policies._get_category_members()
        calendars = policies.calendar_id.browse(
            {*policies.calendar_id.ids, *calendar_ids} - {False, None}
        )
        return Engine(
            [policy._prepare_promise(categories) for policy in policies],
            self._get_grade_targets() if any(policies.mapped("from_grade")) else {},
            calendars._aftersales_get_work_calendars(since or fields.Datetime.now())
            if calendars
            else {},
            Clock(),
        )

    def _get_category_members(self):
        """``{category: ids of it and all below}``; one query."""
        roots = self.categ_id
        if not roots:
            return {}
        below = roots.search([("id", "child_of", roots.ids)])
        return {
            root: frozenset(
                categ.id
                for categ in below
                if categ.parent_path.startswith(root.parent_path)
            )
            for root in roots
        }

    @api.model
    def _get_grade_targets(self):
        """``{grade id: {milestone: target}}``: what the grades promise (SV-04)."""
        modes = {"5x9": "team", "7x24": "clock"}
        # Safe: reference data.
        grades = self.env["aftersales.grade"].sudo().with_context(active_test=False)
        result = {}
        # pylint: disable-next=no-search-all
        for grade in grades.search([]):
            mode = modes[grade.calendar]
            targets = {
                "answer": Target(grade.answer_minutes, "minutes", mode),
                "arrive": Target(grade.onsite_hours, "hours", mode),
            }
            result[grade.id] = {
                name: target for name, target in targets.items() if target.value
            }
        return result

    def _prepare_promise(self, categories):
        """The policy as the engine compares it, without the ORM."""
        names = self._get_condition_names()
        return Promise(
            id=self.id,
            conditions=self._prepare_conditions(names, categories),
            targets=self._prepare_targets(),
            rank=make_rank(
                names,
                depth=len((self.categ_id.parent_path or "").split("/")),
                width=max(0.0, self.distance_to - self.distance_from),
                own_company=bool(self.company_id),
                sequence=self.sequence,
                number=self.id,
            ),
            company_id=self.company_id.id or 0,
            from_grade=self.from_grade,
            active=self.active,
            at_risk_share=self.at_risk_share,
            stopping=frozenset(self.pause_reason_ids.ids),
        )

    def _prepare_conditions(self, names, categories):
        conditions = {name: self[name] for name in names if name in self._fields}
        for name in ("grade_id", "zone_id"):
            if name in conditions:
                conditions[name] = self[name].id
        if self.from_grade and not self.grade_id:
            conditions.pop("grade_id", None)
        if "distance" in names:
            conditions["distance"] = Span(self.distance_from, self.distance_to)
        if "categ_id" in names:
            conditions["categ_id"] = categories[self.categ_id]
        return conditions

    def _prepare_targets(self):
        mode = (
            self.calendar_id.id if self.calendar_mode == "own" else self.calendar_mode
        )
        return {
            name: Target(self[f"{name}_value"], self[f"{name}_unit"], mode)
            for name in MILESTONES
            if self[f"{name}_value"] and self[f"{name}_unit"]
        }

from collections import defaultdict

from odoo import api, fields, models

from ...tools.geo import coordinates, haversine_km
from ...tools.promise import Step, judge, judge_stopped

MILESTONES = ("answer", "arrive", "resolve")
# Fields of a document that a promise may depend on, where the document has them.
STARTS = ("called_at", "received_at")
FACT_FIELDS = (
    *STARTS,
    "company_id",
    "team_id",
    "partner_id",
    "site_id",
    "asset_id",
    "product_id",
    "service_type",
    "fault_level",
    "grade_id",
    "zone_id",
    "place",
    "channel",
    "needs_supplier",
    "about",
    "seriousness",
)
# Nothing is promised any more; what was promised stays as it was.
DONE_STATES = ("done", "closed", "resolved")
DROPPED_STATES = ("cancelled", "withdrawn", "rejected", "merged")


class AftersalesSlaMixin(models.AbstractModel):
    """Promises on time: milestones with a deadline each (SV-10 … SV-12).

    Deadlines are written together with the document and again when a fact changes,
    always counted from the call; what has been reached keeps its deadline. All rows
    of a batch share one engine (tools/promise.py): the number of queries does not
    depend on their number.

    ================ ======================== ======================================
    Action           Group                    Restriction
    ================ ======================== ======================================
    stop the clock   operator, technician     technician: own orders; not done
    go on            operator, technician     technician: own orders; clock stopped
    agree anew       operator                 milestone not reached; reason
    ================ ======================== ======================================

    A document names its ``SLA_MILESTONES``, ``_sla_document`` and ``_get_sla_start``,
    calls ``_sla_reach`` and ``_sla_unreach``; ``_get_sla_facts`` may add facts.
    """

    _name = "aftersales.sla.mixin"
    _description = "After-sales: promises on time"

    # Milestones a document has, in their order; a document names its own.
    SLA_MILESTONES = MILESTONES
    SLA_FIELDS = frozenset(
        {
            "policy_id",
            "sla_state",
            "sla_due_at",
            "sla_missed",
            "next_check_at",
            "sla_paused_at",
            "sla_pause_reason_id",
            *(
                f"{milestone}_{name}"
                for milestone in MILESTONES
                for name in ("policy_id", "deadline", "risk_at", "at")
            ),
        }
    )

    policy_id = fields.Many2one(
        "aftersales.sla.policy",
        "Promise",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        help="The most specific policy that gave one of the deadlines.",
    )
    answer_policy_id = fields.Many2one(
        "aftersales.sla.policy",
        "Promise of the answer",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
        ondelete="restrict",
    )
    arrive_policy_id = fields.Many2one(
        "aftersales.sla.policy",
        "Promise of the arrival",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
        ondelete="restrict",
    )
    resolve_policy_id = fields.Many2one(
        "aftersales.sla.policy",
        "Promise of the solution",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
        ondelete="restrict",
    )
    answer_deadline = fields.Datetime(
        "Answer by", compute="_compute_sla", store=True, precompute=True, copy=False
    )
    arrive_deadline = fields.Datetime(
        "On site by", compute="_compute_sla", store=True, precompute=True, copy=False
    )
    resolve_deadline = fields.Datetime(
        "Solved by", compute="_compute_sla", store=True, precompute=True, copy=False
    )
    answer_risk_at = fields.Datetime(
        "Answer at risk from",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
    )
    arrive_risk_at = fields.Datetime(
        "Arrival at risk from",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
    )
    resolve_risk_at = fields.Datetime(
        "Solution at risk from",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
    )
    answer_at = fields.Datetime("Answered on", copy=False, readonly=True)
    arrive_at = fields.Datetime("Arrived on", copy=False, readonly=True)
    resolve_at = fields.Datetime("Solved on", copy=False, readonly=True)
    sla_state = fields.Selection(
        [
            ("running", "In time"),
            ("paused", "Clock stopped"),
            ("at_risk", "At risk"),
            ("missed", "Missed"),
            ("met", "Kept"),
        ],
        "Promise kept",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
        help="The worst of answer, arrival and solution.",
    )
    sla_missed = fields.Boolean(
        "Promise missed",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
        help="A promise was missed, perhaps before a new one was agreed.",
    )
    sla_due_at = fields.Datetime(
        "Next deadline",
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
        index="btree_not_null",
        help="The earliest deadline that is still open and whose clock runs.",
    )
    next_check_at = fields.Datetime(
        compute="_compute_sla",
        store=True,
        precompute=True,
        copy=False,
        index="btree_not_null",
        help="When the promises are looked at again.",
    )
    sla_paused_at = fields.Datetime("Clock stopped on", copy=False, readonly=True)
    sla_pause_reason_id = fields.Many2one(
        "aftersales.pause.reason",
        "Waiting for",
        copy=False,
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    sla_left = fields.Float(
        "Hours left",
        compute="_compute_sla_left",
        search="_search_sla_left",
        aggregator=None,
        help="Hours until the next deadline, negative when it has passed.",
    )
    sla_band = fields.Selection(
        [
            ("overdue", "Overdue"),
            ("1h", "Within 1 hour"),
            ("4h", "Within 4 hours"),
            ("24h", "Within 24 hours"),
            ("later", "Later"),
        ],
        "Time left",
        compute="_compute_sla_left",
        search="_search_sla_band",
    )
    sla_explanation = fields.Text(
        "Why these deadlines", compute="_compute_sla_explanation"
    )

    sla_missing = fields.Char(
        "Still to find out",
        compute="_compute_sla_missing",
        help="Facts without which it is not known what has been promised.",
    )

    _sla_burning_idx = models.Index("(sla_state) WHERE sla_due_at IS NOT NULL")

    # -------------------------------------------------------------------------
    # WHAT A DOCUMENT SAYS OF ITSELF
    # -------------------------------------------------------------------------

    @api.model
    def _sla_document(self):
        """``order`` or ``complaint``: which policies apply, which link rows carry."""
        return "order"

    def _get_sla_start(self):
        """The instant the clock starts."""
        self.ensure_one()
        return self.called_at

    def _get_sla_company(self):
        self.ensure_one()
        return self.company_id

    def _get_sla_facts(self):
        """What policies are matched with; a document may add or replace facts."""
        self.ensure_one()
        facts = {
            name: self[name] for name in self._get_plain_facts() if name in self._fields
        }
        grade = facts.get("grade_id")
        zone = facts.get("zone_id")
        return {
            **facts,
            "company_id": self.company_id,
            "team_id": self.team_id,
            "area": zone.area if zone else False,
            "customer_class": grade.customer_class if grade else False,
            "categ_id": self.product_id.categ_id,
            "vip": self.partner_id.aftersales_vip,
            "distance": self._get_sla_distance(),
        }

    @api.model
    def _get_plain_facts(self):
        return (
            "service_type",
            "fault_level",
            "grade_id",
            "zone_id",
            "place",
            "channel",
            "needs_supplier",
            "about",
            "seriousness",
        )

    @api.model
    def _get_sla_fact_fields(self):
        """Fields whose change computes the deadlines again."""
        return [name for name in FACT_FIELDS if name in self._fields]

    @api.model
    def _get_sla_start_fields(self):
        """Facts that say from when on, not what."""
        return STARTS

    def _get_sla_distance(self):
        """Kilometres from the service point to the site, None when not located."""
        if "site_id" not in self._fields:
            return None
        place, site = self.team_id.partner_id, self.site_id
        start = coordinates(place.partner_latitude, place.partner_longitude)
        end = coordinates(site.partner_latitude, site.partner_longitude)
        return haversine_km(start, end) if start and end else None

    def _get_all_facts(self):
        """The facts as plain values, with company and calendars."""
        facts = {
            name: value.id if isinstance(value, models.BaseModel) else value
            for name, value in self._get_sla_facts().items()
        }
        company = self._get_sla_company()
        facts["company_id"] = company.id
        facts["company_calendar_id"] = company.resource_calendar_id.id
        facts["team_calendar_id"] = self.team_id.resource_calendar_id.id
        return facts

    def _get_facts_by_document(self):
        """``{document: facts}``; documents that agree in all fields share one dict."""
        starts = self._get_sla_start_fields()
        names = [name for name in self._get_sla_fact_fields() if name not in starts]
        known, result = {}, {}
        for document in self:
            key = tuple(document[name] for name in names)
            if key not in known:
                known[key] = document._get_all_facts()
            result[document] = known[key]
        return result

    def _is_sla_over(self):
        """Done or dropped: the promises stay as they are."""
        return self.state in DONE_STATES + DROPPED_STATES

    # -------------------------------------------------------------------------
    # STATE
    # -------------------------------------------------------------------------

    def _get_steps(self, values=None):
        """The milestones that have a deadline, as they stand.

        :param values: deadlines not written yet
        """
        values = self if values is None else values
        return [
            Step(
                name,
                values[f"{name}_deadline"],
                values[f"{name}_risk_at"] or None,
                self[f"{name}_at"] or None,
                self._is_step_stopped(
                    values[f"{name}_deadline"], values[f"{name}_policy_id"]
                ),
            )
            for name in self.SLA_MILESTONES
            if values[f"{name}_deadline"]
        ]

    def _is_step_stopped(self, deadline, policy):
        """Whether the present pause counts for a milestone.

        A pause that began after the deadline changes nothing.
        """
        reason = self.sla_pause_reason_id
        if not reason:
            return False
        if self.sla_paused_at and self.sla_paused_at >= deadline:
            return False
        policy = self.env["aftersales.sla.policy"].browse(
            policy.id if isinstance(policy, models.BaseModel) else policy
        )
        # Safe: which reasons stop the clock.
        return not policy or reason in policy.sudo().pause_reason_ids

    def _judge(self, values, now, missed_before, look_again=True):
        """State, next deadline and next check as field values.

        :param look_again: let the watch look at once at what is at risk or missed;
            False when it is the watch that asks
        """
        steps = self._get_steps(values)
        standing = judge(steps, now, missed_before)
        check_at = standing.check_at
        if look_again and any(
            step.is_open and step.state(now) in ("at_risk", "missed") for step in steps
        ):
            check_at = now
        return {
            "sla_state": standing.state or False,
            "sla_due_at": standing.due_at or False,
            "sla_missed": standing.missed,
            "next_check_at": check_at or False,
        }

    def _get_milestone_state(self, milestone, now):
        """``running``, ``paused``, ``at_risk``, ``missed``, ``met`` or ``none``."""
        self.ensure_one()
        for step in self._get_steps():
            if step.milestone == milestone:
                over = step.is_open and self._is_sla_over()
                return "none" if over else step.state(now)
        return "none"

    def _sla_refresh(self, look_again=False):
        """Bring state, next deadline and next check up to date in batch.

        Reads no calendar. Dropped documents keep the state they were dropped in.

        :param look_again: have the watch look at once at what is at risk or missed
        """
        now = fields.Datetime.now()
        # Safe: derived values; the caller has checked rights or is a scheduled job.
        documents = self.sudo().filtered(
            lambda document: document.state not in DROPPED_STATES
        )
        late = documents._get_late_agreements()
        groups = defaultdict(list)
        for document in documents:
            values = document._judge(document, now, document.id in late, look_again)
            changed = {n: v for n, v in values.items() if document[n] != v}
            groups[tuple(changed.items())].append(document.id)
        for changed, ids in groups.items():
            if changed:
                documents.browse(ids).write(dict(changed))

    def _get_late_agreements(self):
        """Ids of documents whose promise was broken before a new one was agreed."""
        link = f"{self._sla_document()}_id"
        # Safe: a yes or no about documents whose state is computed.
        rows = self.env["aftersales.sla.agreement"].sudo()
        rows = rows.search_fetch(
            [(link, "in", self.ids), ("was_late", "=", True)], [link]
        )
        return set(rows[link].ids)

    def _sla_apply(self):
        """Compute all deadlines again from the call, with the policies of today."""
        # Safe: derived values; the caller has checked rights.
        documents = self.sudo()
        for name in self._get_computed_sla_fields():
            self.env.add_to_compute(self._fields[name], documents)
        documents._recompute_recordset(self._get_computed_sla_fields())

    # -------------------------------------------------------------------------
    # MILESTONES
    # -------------------------------------------------------------------------

    @api.model
    def _get_implied_milestones(self, milestone):
        """Milestones that are reached at the latest together with one."""
        names = self.SLA_MILESTONES
        return names[: names.index(milestone)]

    def _sla_reach(self, milestone, at=None):
        """Stamp a milestone, once; the caller has checked rights.

        Who arrives has answered, who has solved it has answered and been there.
        """
        at = at or fields.Datetime.now()
        # Safe: the caller has checked rights; the times are written in no other way.
        documents = self.sudo()
        for name in (*self._get_implied_milestones(milestone), milestone):
            fresh = documents.filtered(
                lambda document, name=name: (
                    not document[f"{name}_at"]
                    and (
                        name != "arrive"
                        or name == milestone
                        or document[f"{name}_deadline"]
                    )
                )
            )
            fresh._move_deadlines(at, (name,))
            if fresh:
                fresh.write({f"{name}_at": at})
        if milestone == self.SLA_MILESTONES[-1]:
            documents.filtered("sla_pause_reason_id")._end_pause(at)
        documents._sla_refresh(look_again=True)
        documents._after_sla_reach()

    def _sla_unreach(self, milestone):
        """A document opened again: what is still to do is promised anew, from now.

        The first promise stays as it was, kept or missed; the time in which nobody
        owed anything is not counted.
        """
        now = fields.Datetime.now()
        # Safe: the caller has checked rights.
        documents = self.sudo()
        rows = [
            document._prepare_reopening(name, now)
            for document in documents
            for name in self.SLA_MILESTONES
            if name == milestone
            or (document[f"{name}_deadline"] and not document[f"{name}_at"])
        ]
        self.env["aftersales.sla.agreement"].sudo().create(rows)  # Safe: as above.
        documents.write({f"{milestone}_at": False})
        documents._sla_apply()
        documents._sla_refresh(look_again=True)

    def _prepare_reopening(self, name, now):
        """A row that keeps the first promise of a milestone and starts the next."""
        reached = self[f"{name}_at"]
        if not reached and self.sla_missed:
            reached = now  # dropped when it was late
        return {
            f"{self._sla_document()}_id": self.id,
            "milestone": name,
            "is_reopening": True,
            "old_deadline": self[f"{name}_deadline"],
            "reached_at": reached,
            "reason": self.env._("Opened again"),
            "user_id": self.env.uid,
            "agreed_at": now,
        }

    def _sla_drop(self):
        """Cancelled or withdrawn: missed by now stays missed, the rest is over."""
        now = fields.Datetime.now()
        # Safe: derived values; the caller has checked rights.
        documents = self.sudo()
        late = documents._get_late_agreements()
        for document in documents:
            standing = judge_stopped(document._get_steps(), now, document.id in late)
            document.write(
                {
                    "sla_state": standing.state or False,
                    "sla_missed": standing.missed,
                    "sla_due_at": False,
                    "next_check_at": False,
                }
            )
        documents.filtered("sla_pause_reason_id")._end_pause(now)

    def _transition(self, name):
        """A dropped document owes nothing any more, however it was dropped."""
        result = super()._transition(name)
        if dropped := self.filtered(lambda document: document.state in DROPPED_STATES):
            dropped._sla_drop()
        return result


def _start(document):
    return document._get_sla_start()

from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ...tools.geo import coordinates, haversine_km
from ...tools.promise import Step, judge, judge_stopped
from ...tools.worktime import NoWorkingTimeError

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
BANDS = (("overdue", 0), ("1h", 1), ("4h", 4), ("24h", 24))


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

    _sla_burning_idx = models.Index("(sla_state) WHERE sla_due_at IS NOT NULL")

    @api.model
    def _get_protected_fields(self):
        return super()._get_protected_fields() | self.SLA_FIELDS

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
        names = [name for name in self._get_sla_fact_fields() if name not in STARTS]
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
    # DEADLINES
    # -------------------------------------------------------------------------

    @api.depends(lambda self: self._get_sla_fact_fields())
    def _compute_sla(self):
        """All deadlines and the state of a batch; equal documents share the work."""
        over = self.filtered(lambda document: document._is_sla_over())
        for document in over.filtered(lambda document: not document._origin):
            document.update(dict.fromkeys(self._get_computed_sla_fields(), False))
        running = self - over
        if not running:
            return
        now = fields.Datetime.now()
        starts = {document: document._get_sla_start() or now for document in running}
        facts = running._get_facts_by_document()
        engine = running._get_sla_engine(facts.values(), min(starts.values()))
        history = running._get_sla_history()
        groups = defaultdict(list)
        for document in running:
            origin = document._origin.id
            # Whoever has a past is alone; the others share what is equal for them.
            own = document if origin in history or document._has_reached() else None
            groups[starts[document], id(facts[document]), own].append(document)
        planned = []
        for documents in groups.values():
            first = documents[0]
            values = first._plan_sla(
                engine, facts[first], starts[first], history.get(first._origin.id), now
            )
            planned.append((documents, values))
        self._assign_planned(planned)

    def _assign_planned(self, planned):
        """Set each field once per distinct value, not once per document.

        :param planned: ``[(documents, values)]``
        """
        for name in self._get_computed_sla_fields():
            by_value = defaultdict(list)
            for documents, values in planned:
                by_value[values[name]].extend(documents)
            for value, documents in by_value.items():
                self.browse().concat(*documents)[name] = value

    def _has_reached(self):
        if not self._origin:
            return False
        return any(self[f"{name}_at"] for name in self.SLA_MILESTONES)

    @api.model
    def _get_computed_sla_fields(self):
        return [
            name
            for name in sorted(self.SLA_FIELDS)
            if self._fields[name].compute == "_compute_sla"
        ]

    @api.model
    def _get_sla_engine(self, facts, since):
        calendars = {
            found[name]
            for found in facts
            for name in ("team_calendar_id", "company_calendar_id")
        }
        return self.env["aftersales.sla.policy"]._get_engine(
            self._sla_document(), calendars, since
        )

    def _get_sla_history(self):
        """``{id: (pauses, agreements)}`` of the rows that have any; two queries."""
        ids = self._origin.ids
        if not ids:
            return {}
        link = f"{self._sla_document()}_id"
        history = defaultdict(lambda: ([], {}))
        # Safe: the times of the documents whose deadlines are computed.
        pauses = self.env["aftersales.sla.pause"].sudo()
        for pause in pauses.search([(link, "in", ids)], order="started_at, id"):
            history[pause[link].id][0].append(pause)
        agreements = self.env["aftersales.sla.agreement"].sudo()  # Safe: as above.
        for row in agreements.search([(link, "in", ids)], order="agreed_at, id"):
            history[row[link].id][1][row.milestone] = row
        return history

    def _plan_sla(self, engine, facts, start, history, now):
        """Values of all computed fields of one document (or of many equal ones)."""
        pauses, agreements = history or ([], {})
        values = dict.fromkeys(self._get_computed_sla_fields(), False)
        matches = engine.match(facts)
        ranks = []
        for name in self.SLA_MILESTONES:
            if self[f"{name}_at"]:
                plan = self._keep_step(name)
            else:
                plan = self._plan_step(
                    engine, matches.get(name), name, facts, start, pauses, agreements
                )
            values.update(plan)
            if promise := engine.by_id.get(plan[f"{name}_policy_id"]):
                ranks.append((promise.rank, promise.id))
        values["policy_id"] = min(ranks)[1] if ranks else False
        values.update(self._judge(values, now, self._was_late(agreements)))
        return values

    def _keep_step(self, name):
        """What was reached keeps the deadline it was reached under."""
        return {
            f"{name}_policy_id": self[f"{name}_policy_id"].id,
            f"{name}_deadline": self[f"{name}_deadline"],
            f"{name}_risk_at": self[f"{name}_risk_at"],
        }

    def _plan_step(self, engine, promise, name, facts, start, pauses, agreements):
        """Policy, deadline and warning of one milestone, counted from the call."""
        values = {
            f"{name}_policy_id": promise.id if promise else False,
            f"{name}_deadline": False,
            f"{name}_risk_at": False,
        }
        counted = [
            (pause.started_at, pause.ended_at)
            for pause in pauses
            if pause.ended_at
            and (not promise or pause.reason_id.id in promise.stopping)
        ]
        agreed = agreements.get(name)
        target = promise and engine.target(promise, name, facts)
        calendar = engine.calendar(target, facts)
        try:
            if agreed:
                start = agreed.agreed_at
                deadline = calendar.move(start, agreed.new_deadline, counted)
            elif promise:
                deadline = engine.plan(
                    promise,
                    name,
                    facts,
                    start,
                    [(p.reason_id.id, p.started_at, p.ended_at) for p in pauses],
                ).deadline
            else:
                return values
            values.update(
                self._get_step_times(name, calendar, promise, start, deadline, counted)
            )
        except NoWorkingTimeError:
            values[f"{name}_deadline"] = agreed.new_deadline if agreed else False
        return values

    @api.model
    def _get_step_times(self, name, calendar, promise, start, deadline, pauses=()):
        """Deadline of a milestone and the instant at which it is at risk."""
        if not deadline:
            return {}
        share = promise.at_risk_share if promise else 80
        return {
            f"{name}_deadline": deadline,
            f"{name}_risk_at": calendar.share(start, deadline, share, pauses),
        }

    def _was_late(self, agreements):
        return any(agreement.was_late for agreement in agreements.values())

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
                self._is_step_stopped(name, values[f"{name}_policy_id"]),
            )
            for name in self.SLA_MILESTONES
            if values[f"{name}_deadline"]
        ]

    def _is_step_stopped(self, name, policy):
        """Whether the present pause counts for the milestone.

        A pause that began after the deadline changes nothing.
        """
        reason = self.sla_pause_reason_id
        if not reason:
            return False
        deadline = self[f"{name}_deadline"]
        if deadline and self.sla_paused_at >= deadline:
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
        """A document opened again: the milestone is owed once more."""
        # Safe: the caller has checked rights.
        documents = self.sudo()
        documents.write({f"{milestone}_at": False})
        documents._sla_refresh(look_again=True)

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

    # -------------------------------------------------------------------------
    # PAUSES
    # -------------------------------------------------------------------------

    def action_pause(self, reason_id, note=False):
        """Stop the clock: we wait for somebody else.

        :param reason_id: id of the ``aftersales.pause.reason``
        :param note: what exactly is waited for
        """
        reason = self._check_pause(reason_id, note)
        now = fields.Datetime.now()
        link = f"{self._sla_document()}_id"
        # Safe: rights and state were checked; pauses are written in no other way.
        self.env["aftersales.sla.pause"].sudo().create(
            [
                {
                    link: document.id,
                    "reason_id": reason.id,
                    "started_at": now,
                    "note": (note or "").strip() or False,
                    "user_id": self.env.uid,
                }
                for document in self
            ]
        )
        # Safe: as above.
        self.sudo().write({"sla_paused_at": now, "sla_pause_reason_id": reason.id})
        self._sla_refresh(look_again=True)

    def _check_pause(self, reason_id, note):
        self._check_sla_action("operator", "technician")
        reason = self.env["aftersales.pause.reason"].browse(reason_id or []).exists()
        if len(reason) != 1 or not reason.active:
            raise UserError(self.env._("Choose what is waited for."))
        if reason.note_required and not (note or "").strip():
            raise UserError(
                self.env._(
                    "Say in a few words what is waited for: %(reason)s.",
                    reason=reason.name,
                )
            )
        if stopped := self.filtered("sla_pause_reason_id"):
            raise UserError(
                self.env._(
                    "The clock of %(documents)s has been stopped already. Let it go "
                    "on before stopping it for another reason.",
                    documents=", ".join(stopped[:5].mapped("display_name")),
                )
            )
        return reason

    def _check_sla_action(self, *groups):
        """Rights, lock and state that all actions on promises have in common."""
        self.check_access("write")
        self.env["aftersales.order"]._check_group(*groups)
        self._lock_for_action()
        self.invalidate_recordset(sorted(self.SLA_FIELDS))
        if over := self.filtered(lambda document: document._is_sla_over()):
            raise UserError(self._blocked_message("sla", over))

    def action_resume(self):
        """The clock goes on; every deadline moves by the time that counts."""
        self._check_sla_action("operator", "technician")
        if running := self.filtered(lambda document: not document.sla_pause_reason_id):
            raise UserError(
                self.env._(
                    "The clock of %(documents)s is running.",
                    documents=", ".join(running[:5].mapped("display_name")),
                )
            )
        now = fields.Datetime.now()
        self._move_deadlines(now, self.SLA_MILESTONES)
        self._end_pause(now)
        self._sla_refresh(look_again=True)

    def _end_pause(self, at):
        """Close the open rows; the deadlines have been moved before."""
        link = f"{self._sla_document()}_id"
        # Safe: the caller has checked rights; pauses are written in no other way.
        pauses = self.env["aftersales.sla.pause"].sudo()
        pauses = pauses.search([(link, "in", self.ids), ("ended_at", "=", False)])
        for pause in pauses:
            pause.write(
                {"ended_at": max(at, pause.started_at), "ended_by_id": self.env.uid}
            )
        # A row that is open only in memory would stand in the way of the next one.
        pauses.flush_recordset(["ended_at"])
        # Safe: as above.
        self.sudo().write({"sla_paused_at": False, "sla_pause_reason_id": False})

    def _move_deadlines(self, until, milestones):
        """Move open deadlines by the present pause, within each one's calendar."""
        # Safe: derived values; the caller has checked rights.
        paused = self.sudo().filtered("sla_pause_reason_id")
        if not paused:
            return
        facts = paused._get_facts_by_document()
        since = min(min(paused.mapped("sla_paused_at")), *map(_start, paused))
        engine = paused._get_sla_engine(facts.values(), since)
        history = paused._get_sla_history()
        for document in paused:
            values = {}
            for step in document._get_steps():
                if step.milestone in milestones and step.is_open and step.stopped:
                    values.update(
                        document._move_step(
                            engine,
                            facts[document],
                            step,
                            until,
                            history.get(document.id),
                        )
                    )
            if values:
                document.write(values)

    def _move_step(self, engine, facts, step, until, history):
        """New deadline and warning of one milestone after the present pause."""
        name = step.milestone
        policy = self[f"{name}_policy_id"]
        calendar, promise = engine.calendar_of(policy.id, name, facts)
        pauses, agreements = history or ([], {})
        agreed = agreements.get(name)
        start = agreed.agreed_at if agreed else self._get_sla_start()
        counted = [
            (pause.started_at, pause.ended_at or until)
            for pause in pauses
            if not promise or pause.reason_id.id in promise.stopping
        ]
        try:
            deadline = calendar.move(
                self.sla_paused_at, step.deadline, [(self.sla_paused_at, until)]
            )
            return self._get_step_times(
                name, calendar, promise, start, deadline, counted
            )
        except NoWorkingTimeError:
            return {}

    # -------------------------------------------------------------------------
    # AGREED ANEW
    # -------------------------------------------------------------------------

    def action_agree(self, milestone, new_deadline, reason, agreed_with=False):
        """A promise that cannot be kept is made anew with the customer (SV-12).

        :param milestone: ``answer``, ``arrive`` or ``resolve``
        :param new_deadline: the new instant, UTC
        :param reason: why the old one cannot be kept
        :param agreed_with: who agreed at the customer's
        """
        self.ensure_one()
        self._check_sla_action("operator")
        deadline = self._check_agreement(milestone, new_deadline, reason)
        link = f"{self._sla_document()}_id"
        # Safe: rights and state were checked; agreements are written nowhere else.
        agreement = (
            self.env["aftersales.sla.agreement"]
            .sudo()
            .create(
                {
                    link: self.id,
                    "milestone": milestone,
                    "old_deadline": self[f"{milestone}_deadline"],
                    "new_deadline": deadline,
                    "reason": reason.strip(),
                    "agreed_with": (agreed_with or "").strip() or False,
                    "user_id": self.env.uid,
                    "agreed_at": fields.Datetime.now(),
                }
            )
        )
        self._take_agreement(agreement)
        self._sla_refresh(look_again=True)

    def _check_agreement(self, milestone, new_deadline, reason):
        """:return: the new deadline as an instant"""
        if milestone not in self.SLA_MILESTONES:
            raise UserError(self.env._("Choose which promise is made anew."))
        if self[f"{milestone}_at"]:
            raise UserError(
                self.env._("This has been done already: there is nothing to agree.")
            )
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the promise cannot be kept."))
        try:
            deadline = fields.Datetime.to_datetime(new_deadline)
        except (TypeError, ValueError):
            deadline = None
        if not deadline or deadline <= fields.Datetime.now():
            raise UserError(self.env._("Agree on a time that is still to come."))
        return deadline.replace(microsecond=0)

    def _take_agreement(self, agreement):
        """The agreed date is the deadline now; it is at risk as the old one was."""
        name = agreement.milestone
        facts = self.sudo()._get_all_facts()  # Safe: rights were checked.
        engine = self._get_sla_engine([facts], agreement.agreed_at)
        policy = self[f"{name}_policy_id"]
        calendar, promise = engine.calendar_of(policy.id, name, facts)
        try:
            values = self._get_step_times(
                name, calendar, promise, agreement.agreed_at, agreement.new_deadline
            )
        except NoWorkingTimeError:
            values = {f"{name}_deadline": agreement.new_deadline}
        self.sudo().write(values)  # Safe: as above.

    # -------------------------------------------------------------------------
    # TIME LEFT: in SQL, never computed over all records
    # -------------------------------------------------------------------------

    @api.depends("sla_due_at")
    def _compute_sla_left(self):
        now = fields.Datetime.now()
        for document in self:
            due = document.sla_due_at
            left = (due - now).total_seconds() / 3600 if due else 0.0
            document.sla_left = left
            document.sla_band = due and next(
                (band for band, hours in BANDS if left < hours), "later"
            )

    @api.model
    def _search_sla_left(self, operator, value):
        """Hours left compared with a number: a range of the indexed deadline."""
        if operator not in ("<", ">", "<=", ">=") or isinstance(value, bool):
            return NotImplemented
        limit = fields.Datetime.now() + timedelta(hours=value)
        return Domain("sla_due_at", operator, limit)

    @api.model
    def _search_sla_band(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        limits = {band: now + timedelta(hours=hours) for band, hours in BANDS}
        names = [*limits, "later"]
        domains = [Domain("sla_due_at", "=", False)] if False in value else []
        for previous, name in zip([None, *names], names, strict=False):
            if name in value:
                low = Domain("sla_due_at", ">=", limits[previous]) if previous else None
                high = (
                    Domain("sla_due_at", "<", limits[name]) if name in limits else None
                )
                domains.append(Domain.AND([part for part in (low, high) if part]))
        return Domain.OR(domains)

    def _field_to_sql(self, alias, field_expr, query=None):
        """Sort and group by the time left without reading the records."""
        if field_expr not in ("sla_left", "sla_band"):
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        due = self._field_to_sql(alias, "sla_due_at", query)
        left = SQL("EXTRACT(EPOCH FROM %s - %s) / 3600", due, fields.Datetime.now())
        if field_expr == "sla_left":
            return SQL("(%s)", left)
        whens = [
            SQL("WHEN %s < %s THEN %s", left, hours, band) for band, hours in BANDS
        ]
        return SQL(
            "(CASE WHEN %s IS NULL THEN NULL %s ELSE 'later' END)",
            due,
            SQL(" ").join(whens),
        )

    # -------------------------------------------------------------------------
    # IN WORDS
    # -------------------------------------------------------------------------

    @api.depends("answer_deadline", "arrive_deadline", "resolve_deadline")
    @api.depends_context("lang", "tz")
    def _compute_sla_explanation(self):
        history = self._get_sla_history()
        for document in self:
            agreements = history.get(document._origin.id, ([], {}))[1]
            lines = [
                document._explain_step(name, agreements.get(name))
                for name in self.SLA_MILESTONES
            ]
            document.sla_explanation = "\n".join(line for line in lines if line)

    def _explain_step(self, name, agreed):
        """One sentence: until when, by which promise, and why this one."""
        reason = self._get_sla_reason(name)
        deadline = self[f"{name}_deadline"]
        if not reason and not deadline:
            return ""
        label = self.env["aftersales.sla.policy"]._get_milestone_label(name)
        if not deadline:
            return self.env._(
                "%(label)s: no deadline, the working hours of “%(reason)s” are empty",
                label=label,
                reason=reason,
            )
        line = self.env._(
            "%(label)s by %(deadline)s: %(reason)s",
            label=label,
            deadline=self._format_sla(deadline),
            reason=reason or self.env._("agreed with the customer"),
        )
        if not agreed:
            return line
        return self.env._(
            "%(line)s. Agreed anew: %(why)s; it was %(old)s before.",
            line=line,
            why=agreed.reason,
            old=self._format_sla(agreed.old_deadline) or self.env._("not promised"),
        )

    def _get_sla_reason(self, name):
        """“Policy (what it promises; why it applies)”, empty without a policy."""
        # Safe: what was promised to the customer of a document the user may read.
        policy = self[f"{name}_policy_id"].sudo()
        if not policy:
            return ""
        grade = self.sudo()._get_all_facts().get("grade_id")
        target = policy._describe_promised(name, grade)
        return f"{policy.name} ({target}; {policy._describe_reason(grade)})"

    def _get_sla_reasons(self):
        """``{milestone: why this policy}`` in words, for the bar."""
        self.ensure_one()
        return {name: self._get_sla_reason(name) for name in self.SLA_MILESTONES}

    def _format_sla(self, instant):
        """In the user's time zone, else in that of the company."""
        if not instant:
            return ""
        # Safe: the time zone of the company the document belongs to.
        calendar = self._get_sla_company().sudo().resource_calendar_id
        tz = self.env.context.get("tz") or self.env.user.tz or calendar.tz
        return format_datetime(self.env, instant, tz=tz, dt_format="short")


def _start(document):
    return document._get_sla_start()

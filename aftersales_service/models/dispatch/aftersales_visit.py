from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tools import format_datetime

from ...tools.records import labels
from ...tools.timeline import (
    hours_between,
    to_local,
)


class AftersalesVisit(models.Model):
    """One attempt of technicians at the customer's site (SV-22 … SV-24).

    Planned → set out → arrived → left; every time is the server's.

    ================ ========================= =====================================
    Action           Group                     Restriction
    ================ ========================= =====================================
    plan, move       dispatcher                certificate, safety agreement; planned
    depart, arrive   dispatcher, technician    technician: of this visit; trip approved
    leave            dispatcher, technician    outcome, next step unless done
    cancel           dispatcher                planned or on the way
    note             technician of the visit
    approve the trip supervisor                not the own request
    ================ ========================= =====================================
    """

    _name = "aftersales.visit"
    _description = "Visit"
    _inherit = ["aftersales.guard.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "planned_start desc, id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "order_id.name", "order_id.partner_id.name"]

    # What a technician may write on the own visits without an action.
    TECHNICIAN_FIELDS = frozenset({"note"})

    name = fields.Char(
        "Number", readonly=True, copy=False, index="trigram", default="/"
    )
    order_id = fields.Many2one(
        "aftersales.order",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="order_id.company_id", store=True, index=True, precompute=True
    )
    team_id = fields.Many2one(
        related="order_id.team_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    site_id = fields.Many2one(related="order_id.site_id", string="Site")
    phone = fields.Char(related="order_id.phone")
    product_id = fields.Many2one(related="order_id.product_id")
    serial = fields.Char(related="order_id.serial")
    symptom_id = fields.Many2one(related="order_id.symptom_id")
    fault_level = fields.Selection(related="order_id.fault_level")
    arrive_deadline = fields.Datetime(
        related="order_id.arrive_deadline", string="Promised by"
    )
    order_state = fields.Selection(related="order_id.state", string="Order state")
    technician_ids = fields.Many2many(
        "aftersales.technician",
        string="Technicians",
        compute="_compute_technician_ids",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        copy=True,
        context={"active_test": False},
    )
    lead_id = fields.Many2one(
        "aftersales.technician",
        "In charge",
        group_expand="_group_expand_lead_id",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="Of several people on a visit one is in charge.",
    )
    color = fields.Integer(related="lead_id.color")
    planned_start = fields.Datetime(required=True, index=True, tracking=True)
    planned_end = fields.Datetime(
        required=True,
        compute="_compute_planned_end",
        store=True,
        readonly=False,
        precompute=True,
    )
    planned_hours = fields.Float(compute="_compute_planned_hours", store=True)
    departed_at = fields.Datetime("Set out", copy=False, readonly=True)
    arrived_at = fields.Datetime("Arrived", copy=False, readonly=True, index=True)
    left_at = fields.Datetime("Left", copy=False, readonly=True)
    outcome = fields.Selection(
        [
            ("done", "Done"),
            ("continue", "To be continued"),
            ("absent", "Customer absent"),
            ("part_missing", "Part missing"),
            ("not_ours", "Not our fault"),
        ],
        copy=False,
        readonly=True,
        tracking=True,
    )
    next_step = fields.Selection(
        [
            ("visit", "Another visit"),
            ("workshop", "To the workshop"),
            ("escalate", "To the level above"),
        ],
        copy=False,
        readonly=True,
    )
    note = fields.Text(
        "Remark", copy=False, help="What is to know, or why it was not finished."
    )
    left_without_report = fields.Boolean(
        copy=False,
        readonly=True,
        help="The technician left while cause, remedy or the customer's opinion were "
        "missing, or without a word on why it was not finished.",
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("departed", "On the way"),
            ("arrived", "On site"),
            ("left", "Left"),
            ("cancelled", "Cancelled"),
        ],
        default="planned",
        required=True,
        copy=False,
        readonly=True,
        index=True,
        tracking=True,
    )
    trip_state = fields.Selection(
        [
            ("none", "No approval needed"),
            ("pending", "Waiting for approval"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
        ],
        "Trip",
        default="none",
        required=True,
        copy=False,
        readonly=True,
    )
    conflict = fields.Text(
        compute="_compute_conflict",
        help="Other visits and absences of the same people at that time.",
    )
    worklog_ids = fields.One2many("aftersales.worklog", "visit_id", "Work logs")
    labour_quantity = fields.Float(
        copy=False, readonly=True, help="Hours the clock put on the labour line."
    )
    travel_quantity = fields.Float(
        copy=False, readonly=True, help="Quantity the clock put on the travel line."
    )

    _planned_order = models.Constraint(
        "CHECK (planned_end > planned_start)", "A visit ends after it begins."
    )
    _real_order = models.Constraint(
        "CHECK (arrived_at >= departed_at AND left_at >= arrived_at)",
        "Set out, arrived and left come in this order.",
    )
    _open_idx = models.Index(
        "(company_id, planned_start) WHERE state IN ('planned', 'departed', 'arrived')"
    )
    _unreported_idx = models.Index("(team_id) WHERE left_without_report")

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.model
    def _group_expand_lead_id(self, technicians, domain):
        return self.env["aftersales.technician"]._expand_columns(technicians)

    @api.depends("lead_id")
    def _compute_technician_ids(self):
        for visit in self:
            visit.technician_ids |= visit.lead_id

    @api.depends("planned_start")
    def _compute_planned_end(self):
        for visit in self:
            if visit.planned_start and (
                not visit.planned_end or visit.planned_end <= visit.planned_start
            ):
                hours = visit._get_default_hours(visit.order_id.company_id)
                visit.planned_end = visit.planned_start + timedelta(hours=hours)

    @api.model
    def _get_default_hours(self, company):
        return company.aftersales_visit_hours or 2.0

    @api.depends("planned_start", "planned_end")
    def _compute_planned_hours(self):
        for visit in self:
            visit.planned_hours = (
                hours_between(visit.planned_start, visit.planned_end)
                if visit.planned_start and visit.planned_end
                else 0.0
            )

    @api.depends("name", "order_id", "lead_id")
    def _compute_display_name(self):
        for visit in self:
            parts = (visit.order_id.partner_id.name, visit.lead_id.name, visit.name)
            visit.display_name = " · ".join(part for part in parts if part)

    # -------------------------------------------------------------------------
    # CONSTRAINTS AND CRUD
    # -------------------------------------------------------------------------

    @api.constrains("lead_id", "technician_ids")
    def _check_lead(self):
        for visit in self:
            if visit.lead_id not in visit.technician_ids:
                raise ValidationError(
                    self.env._(
                        "%(lead)s is in charge of %(visit)s and must be one of its "
                        "technicians.",
                        lead=visit.lead_id.name,
                        visit=visit.name,
                    )
                )

    @api.model
    def _prepare_guarded_values(self, vals_list):
        def get_company(vals):
            return self.env["aftersales.order"].browse(vals.get("order_id")).company_id

        planned = [vals for vals in vals_list if vals.get("order_id")]
        numbers = self.env["ir.sequence"]
        numbers._aftersales_number("aftersales.visit", planned, get_company)
        for vals in planned:
            approved = get_company(vals).aftersales_trip_approval
            vals["trip_state"] = "pending" if approved else "none"
        return super()._prepare_guarded_values(vals_list)

    @api.model_create_multi
    def create(self, vals_list):
        visits = super().create(vals_list)
        visits.order_id._check_open_for_visits()
        visits._check_plannable()
        visits._join_orders()
        visits._request_trip()
        return visits

    def write(self, vals):
        self._check_guarded_values([vals])
        self._check_may_write(vals)
        planning = vals.keys() & {"lead_id", "technician_ids", "planned_start"}
        before = {visit: (visit.lead_id, visit.technician_ids) for visit in self}
        if "lead_id" in vals and "technician_ids" not in vals:
            for visit in self:
                visit._swap_lead(vals["lead_id"])
        result = super().write(vals)
        if planning:
            self._check_plannable()
            self._follow_people(before)
        if planning or "planned_end" in vals:
            self._request_trip(again=True)
        return result

    def _check_may_write(self, vals):
        """Only a planned visit moves, and only dispatchers move it."""
        if self._writes_itself(vals) or not vals.keys() - self._get_always_writable():
            return
        if vals.keys() - self.TECHNICIAN_FIELDS:
            self.env["res.users"]._check_aftersales_role("dispatcher")
            if fixed := self.filtered(lambda visit: visit.state != "planned"):
                raise UserError(self._blocked_message("write", fixed))

    @api.model
    def _get_always_writable(self):
        return {
            "activity_ids",
            "message_follower_ids",
            "message_ids",
        }

    def _swap_lead(self, lead_id):
        """A new person in charge takes the seat of the old one."""
        if lead_id and lead_id != self.lead_id.id:
            # pylint: disable-next=super-method-mismatch
            super().write(
                {
                    "technician_ids": [
                        Command.unlink(self.lead_id.id),
                        Command.link(lead_id),
                    ],
                    "lead_id": lead_id,
                }
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if kept := self.filtered(
            lambda visit: visit.state not in ("planned", "cancelled")
        ):
            raise UserError(
                self.env._(
                    "%(visits)s has taken place and stays on record.",
                    visits=", ".join(kept[:5].mapped("name")),
                )
            )

    # -------------------------------------------------------------------------
    # TRANSITIONS (SV-22)
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "depart": (("planned",), "departed"),
            "arrive": (("departed",), "arrived"),
            "leave": (("arrived",), "left"),
            "cancel": (("planned", "departed"), "cancelled"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        stamps = {"depart": "departed_at", "arrive": "arrived_at", "leave": "left_at"}
        if field := stamps.get(name):
            values[field] = fields.Datetime.now()
        return values

    def _check_own_or_dispatcher(self):
        """Of the technicians only those of the visit; dispatchers for anybody."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("dispatcher", "technician")
        user = self.env.user
        if self.env.su or user._has_aftersales_role("dispatcher"):
            return
        if foreign := self.filtered(
            lambda visit: user not in visit.technician_ids.user_id
        ):
            raise AccessError(
                self.env._(
                    "%(visits)s is the visit of another technician.",
                    visits=", ".join(foreign[:5].mapped("name")),
                )
            )

    def action_depart(self):
        """Set out for the customer; the trip must be approved where that is asked."""
        self._check_own_or_dispatcher()
        self._lock_for_action()
        self._check_transition("depart")
        self._check_can_depart()
        self._transition("depart")

    def _check_can_depart(self):
        self.order_id._check_open_for_visits()
        if waiting := self.filtered(
            lambda visit: visit.trip_state in ("pending", "rejected")
        ):
            raise UserError(
                self.env._(
                    "The trip %(visits)s is not approved. Ask the supervisor to "
                    "approve it before setting out.",
                    visits=", ".join(waiting[:5].mapped("name")),
                )
            )

    def action_arrive(self):
        """At the customer's: travel is logged and the work on the order begins."""
        self._check_own_or_dispatcher()
        self._lock_for_action()
        self._check_transition("arrive")
        self.order_id._check_open_for_visits()
        self._transition("arrive")
        self._log_hours("travel", "departed_at", "arrived_at")
        self.order_id._sla_reach("arrive")
        self.order_id.filtered(
            lambda order: order.state != "in_progress"
        ).action_start()

    def action_leave(self, outcome, note=False, next_step=False):
        """Leave the customer; hours are logged, the next step follows.

        :param outcome: one of the outcomes
        :param note: why, when it is not done
        :param next_step: ``visit``, ``workshop`` or ``escalate``; needed unless the
            work is done or the fault is not ours
        """
        self._check_own_or_dispatcher()
        self._lock_for_action()
        self._check_transition("leave")
        self._check_outcome(outcome, next_step)
        note = (note or "").strip()
        if note:
            self.sudo().write({"note": note})  # Safe: rights were checked above.
        self._leave_with(outcome, next_step)
        self._log_hours("work", "arrived_at", "left_at")
        self._fill_lines()
        self._report_missing_reports()
        for visit in self:
            visit._do_next_step(next_step)

    def _leave_with(self, outcome, next_step):
        unreported = self.filtered(lambda visit: visit._lacks_report(outcome))
        for visits, flag in ((unreported, True), (self - unreported, False)):
            visits._transition("leave")
            # Safe: rights were checked by the action.
            visits.sudo().write(
                {
                    "outcome": outcome,
                    "next_step": next_step,
                    "left_without_report": flag,
                }
            )

    def _check_outcome(self, outcome, next_step):
        steps = labels(self, "next_step")
        if outcome not in dict(self._fields["outcome"].selection):
            raise UserError(self.env._("Choose the outcome of the visit."))
        if next_step and next_step not in steps:
            raise UserError(self.env._("Unknown next step “%s”.", next_step))
        if not next_step and outcome not in ("done", "not_ours"):
            raise UserError(
                self.env._(
                    "It is not solved yet. Choose what comes next: %(steps)s.",
                    steps=", ".join(steps.values()),
                )
            )
        if next_step and outcome == "done":
            raise UserError(self.env._("A visit that is done has no next step."))

    def _lacks_report(self, outcome):
        """Solved: the service report; not solved: at least why (SV-22)."""
        if outcome in ("done", "not_ours"):
            return bool(self.order_id._get_report_gaps())
        return not (self.note or "").strip()

    def _report_missing_reports(self):
        for visit in self.filtered("left_without_report"):
            order = visit.order_id
            note = self.env._(
                "%(technician)s left %(visit)s without a report.",
                technician=visit.lead_id.name,
                visit=visit.name,
            )
            order._notify_superior(
                order._get_supervisor(), self.env._("Left without a report"), note
            )

    def _do_next_step(self, next_step):
        order = self.order_id
        if order.state not in ("dispatched", "in_progress"):
            return  # done or cancelled meanwhile: nothing comes next
        if next_step == "workshop":
            # Safe: the technician of the visit decides where the work goes on.
            order.sudo().place = "workshop"
            order._log_reason(self.env._("Goes on in the workshop"), self.note)
        elif next_step == "visit":
            self._plan_next_visit()
        elif next_step == "escalate":
            order._escalate(self.note or self.env._("Not solved at the visit"))

    def _plan_next_visit(self):
        """Same people, first free time from tomorrow; else the supervisor is told."""
        order = self.order_id
        # The technician's tomorrow, wherever the company sits.
        day = to_local(fields.Datetime.now(), self._get_tz()).date() + timedelta(days=1)
        start, end = self._propose_period(
            order, self.lead_id, day, hours=self.planned_hours
        )
        try:
            with self.env.cr.savepoint():
                # Safe: a follow-up of the own visit with the same people.
                visit = self.sudo().copy({"planned_start": start, "planned_end": end})
        except UserError as error:
            order._escalate(str(error))
            return
        order._log_reason(
            self.env._(
                "Next visit %(visit)s: %(start)s",
                visit=visit.name,
                start=format_datetime(self.env, start, tz=self._get_tz()),
            ),
            self.note,
        )

    def action_cancel(self, reason=False):
        """Drop visits that have not reached the customer."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("dispatcher")
        self._lock_for_action()
        self._check_transition("cancel")
        driven = self.filtered("departed_at")
        driven._log_hours("travel", "departed_at", False)
        self._drop()
        for visit in self:
            visit._message_log(
                body=": ".join(filter(None, [self.env._("Cancelled"), reason]))
            )

    def _drop(self):
        self._transition("cancel")
        # Safe: requests about visits that no longer take place.
        self.env["aftersales.approval"].sudo().search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("state", "=", "pending"),
            ]
        ).write({"state": "obsolete"})

    def _cancel_open(self):
        """Drop visits nobody has set out for; called by actions of the order."""
        self.filtered(lambda visit: visit.state == "planned")._drop()

    # -------------------------------------------------------------------------
    # BOARD
    # -------------------------------------------------------------------------

    def _prepare_board_block(self, technician, readable):
        """One block on the board's time line; busy time only when not readable."""
        self.ensure_one()
        to_string = fields.Datetime.to_string
        block = {
            "id": self.id,
            "start": to_string(self.planned_start),
            "end": to_string(self.planned_end),
            "state": self.state,
            "lead": self.lead_id == technician,
            "readable": readable,
        }
        if not readable:
            return {**block, "title": self.env._("Busy elsewhere")}
        return {
            **block,
            "title": self.partner_id.display_name,
            "name": self.name,
            "order_id": self.order_id.id,
            "order": self.order_id.name,
            "level": self.fault_level,
            "symptom": self.symptom_id.display_name or "",
            "site": self.site_id.city or "",
            "technicians": ", ".join(self.technician_ids.mapped("name")),
            "trip": self.trip_state,
            "conflict": self.conflict or "",
        }

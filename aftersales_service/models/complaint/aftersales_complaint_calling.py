from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.text import clean_text
from ...tools.timeline import to_local
from .aftersales_complaint_call import KINDS

CALL = "aftersales_service.mail_activity_type_complaint_call"
DEPUTY = "aftersales_service.mail_activity_type_complaint_deputy"
# The customer of a rejected complaint is still told.
CALL_STATES = ("new", "confirmed", "answered", "rejected")


class AftersalesComplaint(models.Model):
    """Every complainant is called or seen, as a task of the supervisor (SV-61)."""

    _inherit = "aftersales.complaint"

    call_ids = fields.One2many(
        "aftersales.complaint.call",
        "complaint_id",
        "Calls",
        copy=False,
        groups="aftersales_service.aftersales_service_group_operator",
        guarded=True,
    )
    called_at = fields.Datetime("Called or seen on", copy=False, readonly=True)
    deputy_id = fields.Many2one(
        "res.users",
        "Deputy general manager",
        copy=False,
        readonly=True,
        help="Who was asked to see to this serious complaint.",
    )
    deputy_called_at = fields.Datetime(
        "Called by the deputy on", copy=False, readonly=True
    )
    is_call_open = fields.Boolean(
        "Waiting for a call",
        compute="_compute_is_call_open",
        search="_search_is_call_open",
    )

    @api.depends("called_at", "state")
    def _compute_is_call_open(self):
        for complaint in self:
            complaint.is_call_open = (
                not complaint.called_at and complaint.state in CALL_STATES
            )

    @api.model
    def _search_is_call_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("called_at", "=", False), ("state", "in", CALL_STATES)]

    # -- tasks ----------------------------------------------------------------------

    def _assign_calls(self):
        """A task for each superior who has to call and has none yet; in batches."""
        waiting = self.filtered(lambda c: c.state in CALL_STATES)
        if not waiting:
            return
        tasks = waiting._get_call_tasks()
        calls = waiting.filtered(
            lambda c: not c.called_at and (c.id, "call") not in tasks
        )
        calls._create_tasks(CALL, lambda c: c._get_call_user())
        serious = waiting.filtered(lambda c: c.seriousness == "serious")
        serious = serious.filtered(
            lambda c: not c.deputy_called_at and (c.id, "deputy") not in tasks
        )
        serious._assign_deputy()
        (
            waiting - waiting.filtered(lambda c: c.seriousness == "serious")
        )._drop_deputy()

    def _get_call_tasks(self):
        """``{(complaint id, "call" or "deputy")}`` of open tasks; one query."""
        types = {self.env.ref(CALL): "call", self.env.ref(DEPUTY): "deputy"}
        activities = self._get_call_activities()
        return {(a.res_id, types.get(a.activity_type_id)) for a in activities}

    def _get_call_activities(self):
        types = self.env.ref(CALL) | self.env.ref(DEPUTY)
        # Safe: tasks about these complaints, looked at to open or end them.
        return (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("activity_type_id", "in", types.ids),
                ]
            )
        )

    def _get_call_user(self):
        """Supervisor of the service point, else one of its office, else a manager."""
        # Safe: only finds whose task it is.
        team = self.team_id.sudo()
        office = team.user_ids.filtered(
            lambda user: user._has_aftersales_role("supervisor")
        )
        return team.supervisor_id or office[:1] or self._get_call_manager()

    def _get_call_manager(self):
        manager = self.env.ref("aftersales_service.aftersales_service_group_manager")
        # Safe: see `_get_call_user`.
        return manager.sudo().all_user_ids.filtered(
            lambda user: self.company_id in user.company_ids and user.active
        )[:1]

    def _create_tasks(self, type_name, get_user, summary=False):
        """Tasks due by the deadline of the answer, on the day of who has to call."""
        kind = self.env.ref(type_name)
        # Safe: the tasks follow from the complaint, whoever registers it.
        model = self.env["ir.model"].sudo()._get(self._name)
        users = {
            team: get_user(complaints[:1])
            for team, complaints in self.grouped(
                lambda c: (c.team_id, c.company_id)
            ).items()
        }
        values = [
            {
                "activity_type_id": kind.id,
                "summary": summary or kind.summary,
                "automated": True,
                "date_deadline": complaint._get_call_day(user),
                "res_model_id": model.id,
                "res_id": complaint.id,
                "user_id": user.id,
            }
            for complaint in self
            if (user := users[complaint.team_id, complaint.company_id])
        ]
        # The list of tasks tells the supervisor; a mail for each would be noise.
        activities = self.env["mail.activity"].sudo()
        activities.with_context(mail_activity_quick_update=True).create(values)

    def _get_call_day(self, user):
        moment = self.answer_deadline or fields.Datetime.now()
        # A task is due on the day of the person who has it.
        return to_local(
            moment, user.tz or self.company_id._aftersales_zone().zone
        ).date()

    def _assign_deputy(self):
        """Serious ones go to the deputy general manager; without one, say so."""
        for company, complaints in self.grouped("company_id").items():
            # Safe: a setting of the company.
            deputy = company.sudo().aftersales_deputy_manager_id
            able = deputy and deputy.active and company in deputy.company_ids
            if able and complaints.with_user(deputy).has_access("read"):
                # Safe: follows from the seriousness.
                complaints.sudo().write({"deputy_id": deputy.id})
                complaints._create_tasks(DEPUTY, lambda c, user=deputy: user)
                continue
            complaints._create_tasks(
                DEPUTY,
                lambda c: c._get_call_user(),
                self.env._(
                    "Take it to the deputy general manager (none is set in the "
                    "settings)"
                ),
            )

    def _drop_deputy(self):
        """No longer serious: the deputy's open task goes."""
        dropped = self.filtered(lambda c: c.deputy_id and not c.deputy_called_at)
        deputy = self.env.ref(DEPUTY)
        activities = self._get_call_activities()
        activities.filtered(lambda a: a.activity_type_id == deputy).unlink()
        if dropped:
            # Safe: see `_assign_deputy`.
            dropped.sudo().write({"deputy_id": False})

    def _drop_calls(self):
        self._get_call_activities().unlink()

    # -- the call -------------------------------------------------------------------

    def action_register_call(self, result, kind="call"):
        """Who called or saw the complainant, when, and what came of it (SV-61).

        :param result: what the customer said
        :param kind: ``call`` or ``visit``
        """
        self.ensure_one()
        self.check_access("read")
        self._lock_for_action()
        self._check_can_register_call()
        result = clean_text(result, 10000).strip()
        if not result:
            raise UserError(self.env._("Write what the customer said."))
        if kind not in dict(KINDS):
            raise UserError(self.env._("Say whether it was a call or a visit."))
        self._register_call(result, kind)

    def _check_can_register_call(self):
        """The supervisor, or somebody sent for it: who holds the task."""
        if self.state not in CALL_STATES:
            raise UserError(self._blocked_message("register_call", self))
        user = self.env.user
        if user == self.deputy_id or user in self._get_call_activities().user_id:
            return
        try:
            self.env["res.users"]._check_aftersales_role("supervisor")
            self.check_access("write")
        except AccessError as error:
            raise AccessError(
                self.env._(
                    "The supervisor calls the complainant, or somebody sent for it: "
                    "ask to have the task assigned to you."
                )
            ) from error

    def _register_call(self, result, kind):
        """The call on record; the tasks it fulfils are done."""
        now = fields.Datetime.now()
        by_deputy = self.env.user == self.deputy_id
        # Safe: who may call was checked; the time is the server's.
        complaint = self.sudo()
        complaint.env["aftersales.complaint.call"].create(
            {
                "complaint_id": self.id,
                "kind": kind,
                "result": result,
                "by_deputy": by_deputy,
                "user_id": self.env.uid,
                "called_at": now,
            }
        )
        values = {} if self.called_at else {"called_at": now}
        if by_deputy:
            values = {"deputy_called_at": now}
            if self.env.user == self._get_call_user():
                values["called_at"] = self.called_at or now
        complaint.write(values or {"called_at": self.called_at})
        self._finish_tasks(result, values)

    def _finish_tasks(self, result, values):
        """A call of the deputy ends his task, one of the supervisor the other."""
        deputy = self.env.ref(DEPUTY)
        ended = self._get_call_activities().filtered(
            lambda a: (
                ("deputy_called_at" in values or not self.deputy_id)
                if a.activity_type_id == deputy
                else bool(self.called_at)
            )
        )
        if ended:
            ended.with_context(aftersales_call_registered=True)._action_done(
                feedback=result
            )
            return
        self._log_reason(self.env._("Called"), result)

    def _get_call_checks(self):
        """``[(done, what is missing)]`` before a complaint is resolved."""
        self.ensure_one()
        return [
            (self.called_at, self.env._("the supervisor's call or visit")),
            (
                not self.deputy_id or self.deputy_called_at,
                self.env._("the call or visit of the deputy general manager"),
            ),
        ]

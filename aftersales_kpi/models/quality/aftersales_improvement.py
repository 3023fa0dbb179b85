from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

TODO = "mail.mail_activity_data_todo"


class AftersalesImprovement(models.Model):
    """What a responsible unit is asked to improve, month by month (KP-08, SV-91).

    ============ =================== ===============================================
    Action       Group               Restriction
    ============ =================== ===============================================
    read         supervisor, head    head: of the own unit
    send         manager             draft; the unit has an addressee
    answer       manager, head       sent; head: of the own unit; a text
    accept       manager             answered: the case is closed
    send back    manager             answered, reason; answer due anew
    to handbook  supervisor          a line with a remedy, once
    ============ =================== ===============================================

    The job makes one request for each unit and month that has anything to tell.
    """

    _name = "aftersales.improvement"
    _description = "Improvement Request"
    _inherit = [
        "aftersales.guard.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "month desc, unit_id, id"
    _rec_names_search = ["unit_id.name"]
    _mail_post_access = "read"

    unit_id = fields.Many2one(
        "aftersales.unit",
        "Responsible unit",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    month = fields.Date(required=True, readonly=True, index=True)
    state = fields.Selection(
        [
            ("draft", "Not sent"),
            ("sent", "Waiting for the answer"),
            ("answered", "Answered"),
            ("accepted", "Accepted"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    line_ids = fields.One2many(
        "aftersales.improvement.line", "improvement_id", "What happened", readonly=True
    )
    fault_count = fields.Integer("Faults", readonly=True)
    previous_count = fields.Integer("Faults of the month before", readonly=True)
    complaint_count = fields.Integer("Complaints", readonly=True)
    suggestion_count = fields.Integer("Suggestions", readonly=True)
    alarm_count = fields.Integer("Alarms", readonly=True)
    note = fields.Text("Our request", help="What we ask for, in our own words.")
    sent_at = fields.Datetime("Sent on", readonly=True, copy=False)
    due_on = fields.Date("Answer due", readonly=True, copy=False, index=True)
    is_overdue = fields.Boolean(
        "Overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )
    answer = fields.Text(readonly=True, copy=False)
    answered_at = fields.Datetime("Answered on", readonly=True, copy=False)
    answered_by_id = fields.Many2one(
        "res.users", "Answer recorded by", readonly=True, copy=False
    )
    accepted_at = fields.Datetime("Accepted on", readonly=True, copy=False)
    accepted_by_id = fields.Many2one(
        "res.users", "Accepted by", readonly=True, copy=False
    )
    remind_count = fields.Integer("Reminders", readonly=True, copy=False)
    reminded_on = fields.Date("Last reminder", readonly=True, copy=False)
    can_answer = fields.Boolean(compute="_compute_can_answer")

    _once = models.UniqueIndex(
        "(company_id, unit_id, month)", "This unit has its request of the month."
    )
    _first_day = models.Constraint(
        "CHECK (EXTRACT(DAY FROM month) = 1)", "A month begins on its first day."
    )

    # -------------------------------------------------------------------------
    # COMPUTE
    # -------------------------------------------------------------------------

    @api.depends("unit_id", "month")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for request in self:
            month = request.month and format_date(
                self.env, request.month, date_format="yyyy-MM"
            )
            parts = (request.unit_id.name, month)
            request.display_name = " · ".join(part for part in parts if part)

    @api.depends("state", "due_on")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for request in self:
            request.is_overdue = bool(
                request.state == "sent" and request.due_on and request.due_on < today
            )

    @api.model
    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._get_overdue_domain(fields.Date.context_today(self))

    @api.model
    def _get_overdue_domain(self, today):
        return Domain("state", "=", "sent") & Domain("due_on", "<", today)

    @api.depends_context("uid")
    @api.depends("state", "unit_id.manager_id")
    def _compute_can_answer(self):
        manager = self.env.user.has_group(
            "aftersales_service.aftersales_service_group_manager"
        )
        for request in self:
            own = request.unit_id.manager_id == self.env.user
            request.can_answer = request.state == "sent" and (manager or own)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(request.state != "draft" for request in self):
            raise UserError(self.env._("Requests that were sent stay on record."))

    # -------------------------------------------------------------------------
    # TRANSITIONS
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "send": (("draft",), "sent"),
            "answer": (("sent",), "answered"),
            "accept": (("answered",), "accepted"),
            "send_back": (("answered",), "sent"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        if name in ("send", "send_back"):
            company = self.company_id[:1]
            today = self.env["aftersales.score.facts"]._get_local_day(company, now)
            days = company.aftersales_improvement_days or 10
            values["due_on"] = today + relativedelta(days=days)
        if name == "send":
            values["sent_at"] = now
        elif name == "answer":
            values.update({"answered_at": now, "answered_by_id": self.env.uid})
        elif name == "accept":
            values.update({"accepted_at": now, "accepted_by_id": self.env.uid})
        return values

    def _get_addressees(self):
        """Head of the unit, else its contact outside."""
        # Safe: whom a letter of ours goes to.
        unit = self.sudo().unit_id
        people = unit.manager_id.partner_id or unit.partner_id
        return people.filtered("email")

    def action_send(self):
        """Send what the job could not: the unit had nobody to write to."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        # Safe: rights were checked.
        requests = self.sudo()
        requests._lock_for_action()
        requests._check_transition("send")
        if nobody := requests.filtered(lambda r: not r._get_addressees()):
            raise UserError(
                self.env._(
                    "Enter a head with an e-mail address for %(units)s first.",
                    units=", ".join(nobody.unit_id.mapped("name")),
                )
            )
        requests._send()

    def _send(self):
        """Into the queue of mails; due from today."""
        for requests in self.grouped("company_id").values():
            requests._transition("send")
            requests._mail("aftersales_kpi.mail_template_improvement")

    def _mail(self, template):
        """The queue sends it after the commit: a retry never sends twice."""
        self.env.ref(template).send_mail_batch(self.ids)

    def action_answer(self, answer):
        """Record what the unit answers.

        :param answer: text, by the head of the unit or written down by the manager
        """
        self.check_access("read")
        answer = (answer or "").strip()
        if not answer:
            raise UserError(self.env._("Write the answer of the unit."))
        if refused := self.filtered(lambda r: not r._may_answer()):
            raise AccessError(
                self.env._(
                    "The head of the unit answers, or a service manager for him: "
                    "%(requests)s.",
                    requests=", ".join(refused[:5].mapped("display_name")),
                )
            )
        # Safe: rights were checked.
        requests = self.sudo()
        requests._lock_for_action()
        requests._transition("answer")
        requests.write({"answer": answer})
        requests.activity_feedback([TODO])

    def _may_answer(self):
        if self.unit_id.manager_id == self.env.user:
            return True
        return self.env.user.has_group(
            "aftersales_service.aftersales_service_group_manager"
        )

    def action_accept(self):
        """The answer will do; the request is closed."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        # Safe: rights were checked.
        requests = self.sudo()
        requests._lock_for_action()
        requests._transition("accept")

    def action_send_back(self, reason):
        """The answer will not do; it is due again.

        :param reason: what is missing
        """
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say what is missing in the answer."))
        # Safe: rights were checked.
        requests = self.sudo()
        requests._lock_for_action()
        requests._transition("send_back")
        for request in requests:
            people = request._get_addressees()
            request.message_post(body=reason, partner_ids=people.ids)

    # -------------------------------------------------------------------------
    # REMINDERS
    # -------------------------------------------------------------------------

    @api.model
    def _cron_remind(self):
        """Remind of what is overdue, at most once in the days of the settings."""
        cron = self.env["ir.cron"]
        # Safe: a scheduled job over all companies.
        due = self.sudo()._search_to_remind()
        cron._commit_progress(remaining=len(due))
        for request in due:
            request._remind_safely()
            if not cron._commit_progress(1):
                return

    @api.model
    def _search_to_remind(self):
        facts = self.env["aftersales.score.facts"]
        now = fields.Datetime.now()
        domains = []
        for (company,) in self._read_group([("state", "=", "sent")], ["company_id"]):
            today = facts._get_local_day(company, now)
            days = company.aftersales_improvement_remind_days or 5
            again = Domain("reminded_on", "=", False) | Domain(
                "reminded_on", "<=", today - relativedelta(days=days)
            )
            domains.append(
                Domain("company_id", "=", company.id)
                & self._get_overdue_domain(today)
                & again
            )
        return self.search(Domain.OR(domains), order="reminded_on, id")

    def _remind_safely(self):
        """One that cannot be written to does not keep the others from it."""
        try:
            request = self.try_lock_for_update()
            request.invalidate_recordset()
            if request and request in self._search_to_remind():
                request._remind()
            self.env.flush_all()
        except Exception as error:  # noqa: BLE001 - the others are to be reminded
            self.env.cr.rollback()
            self.env.invalidate_all()
            self._note_failure(error)

    def _note_failure(self, error):
        """Shown on the request, and not again first in line the next day."""
        today = fields.Date.context_today(self)
        self.write({"reminded_on": today})
        self._message_log(
            body=self.env._("The reminder failed: %(error)s", error=str(error)[:500])
        )

    def _remind(self):
        """To the unit by mail, and a task for the quality manager."""
        facts = self.env["aftersales.score.facts"]
        today = facts._get_local_day(self.company_id, fields.Datetime.now())
        self.write({"remind_count": self.remind_count + 1, "reminded_on": today})
        if self._get_addressees():
            self._mail("aftersales_kpi.mail_template_improvement_reminder")
        user = self.company_id._get_quality_manager()
        if user and not self.activity_ids.filtered(lambda a: a.user_id == user):
            self.activity_schedule(
                TODO, user_id=user.id, summary=self.env._("Answer overdue")
            )

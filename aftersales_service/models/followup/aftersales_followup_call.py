from datetime import timedelta

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.records import labels
from ...tools.text import clean_text

MARK_FIELDS = ("attitude", "skill", "punctuality", "promises")
TEXT_FIELDS = ("praise", "suggestion", "complaint_text", "question", "note")
TEXT_LIMIT = 4000
CALL_CHANNELS = ("phone", "paper")
OPERATOR_GROUP = "aftersales_service.aftersales_service_group_operator"
SUPERVISOR_GROUP = "aftersales_service.aftersales_service_group_supervisor"


class AftersalesFollowup(models.Model):
    """What callers do with a follow-up, and what follows from an answer (SV-81)."""

    _inherit = "aftersales.followup"

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_answer(self, values):
        """Write down what the customer said, by phone or from a paper card.

        :param values: ``overall`` (asked for every order), the marks ``attitude``
            ``skill`` ``punctuality`` ``promises`` ("1" … "4"), the texts ``praise``
            ``suggestion`` ``complaint_text`` ``question`` ``note``, and ``channel``
            (``phone`` or ``paper``)
        :raise UserError: says what is wrong; nothing is written then
        """
        self.ensure_one()
        self._check_can_call()
        self._lock_for_action()
        self._check_transition("answer")
        answer = self._prepare_answer(values)
        answer["channel"] = self._get_call_channel(values)
        answer["answered_by_id"] = self.env.uid
        self._record_answer(answer)

    def action_not_reached(self, next_try=False, note=False):
        """Nobody answered: try again later, or give up after the last try.

        :param next_try: when to call again; empty: after the hours set on the company
        """
        self.ensure_one()
        self._check_can_call()
        self._lock_for_action()
        self._check_transition("give_up")
        values = {**self._prepare_try(), "tries": self.tries + 1, "next_try_at": False}
        last = values["tries"] >= self.company_id.aftersales_followup_tries
        if not last:
            values["next_try_at"] = self._get_next_try(next_try)
        if note:
            values["note"] = self._append_note(note)
        # Safe: the caller's rights were checked; the count is written nowhere else.
        self.sudo().write(values)
        if last:
            self._transition("give_up")
            self._plan_next("unreachable")

    def _prepare_try(self):
        """Who called without an answer, and when: the caller's day is counted so."""
        return {
            "last_try_at": fields.Datetime.now(),
            "last_try_by_id": self.env.uid,
        }

    def action_refuse(self, note=False):
        """The customer wants no such calls: kept on the customer, for all to see."""
        self._check_can_call()
        self._lock_for_action()
        self._check_transition("refuse")
        # Safe: the caller's rights were checked above.
        self.sudo().write(self._prepare_try())
        for followup in self if note else self.browse():
            # Safe: as above.
            followup.sudo().note = followup._append_note(note)
        self._transition("refuse")
        # Safe: the customer said it to us; nothing else of the contact is written.
        self.partner_id.sudo().aftersales_followup_consent = "refused"

    def action_reassign(self, agent_id):
        """Hand the calls to a colleague: an absent one's, or one's own.

        :param agent_id: id of a user who calls for that service point
        """
        self._check_can_call()
        self._lock_for_action()
        self._check_transition("give_up")
        agent = self._get_agent(agent_id)
        self._check_can_reassign(agent)
        for former, followups in self.grouped("agent_id").items():
            # Safe: rights were checked above.
            followups.sudo().write(
                {
                    "agent_id": agent.id,
                    "stand_in_for_id": former.id if former != agent else False,
                }
            )

    def action_take(self):
        """Call oneself: for a colleague who is not there."""
        self.action_reassign(self.env.uid)

    # -------------------------------------------------------------------------
    # CHECKS
    # -------------------------------------------------------------------------

    def _check_can_call(self):
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator")

    def _get_agent(self, agent_id):
        if not isinstance(agent_id, int) or isinstance(agent_id, bool):
            raise UserError(self.env._("Choose the colleague who calls."))
        # Safe: a name and a role, for a check.
        agent = self.env["res.users"].sudo().browse(agent_id).exists()
        if not agent.active or not agent.has_group(OPERATOR_GROUP):
            raise UserError(self.env._("This person cannot make follow-up calls."))
        # Safe: who belongs to a service point is no secret inside the company.
        strangers = self.sudo().filtered(
            lambda followup: (
                followup.company_id not in agent.company_ids
                or (followup.team_id and agent not in followup.team_id.user_ids)
            )
        )
        if strangers:
            raise UserError(
                self.env._(
                    "%(agent)s does not belong to %(team)s and would not see these "
                    "calls.",
                    agent=agent.name,
                    team=strangers[:1].team_id.name or strangers[:1].company_id.name,
                )
            )
        return agent

    def _check_can_reassign(self, agent):
        """A supervisor may all; others give away their own or take over a call."""
        user = self.env.user
        if self.env.su or user.has_group(SUPERVISOR_GROUP) or agent == user:
            return
        if any(followup.agent_id != user for followup in self):
            raise AccessError(
                self.env._(
                    "You can hand on your own calls or take over a colleague's; "
                    "the supervisor distributes the others."
                )
            )

    # -------------------------------------------------------------------------
    # VALUES OF AN ANSWER
    # -------------------------------------------------------------------------

    def _prepare_answer(self, values):
        """The cleaned values of a card; unknown or impossible ones are refused."""
        if not isinstance(values, dict):
            raise UserError(self.env._("The answer needs named values."))
        known = {*MARK_FIELDS, *TEXT_FIELDS, "overall", "channel"}
        if unknown := sorted(str(name) for name in values.keys() - known):
            raise UserError(
                self.env._(
                    "%(names)s is not part of the card.", names=", ".join(unknown[:5])
                )
            )
        answer = {
            name: self._get_choice(name, values.get(name))
            for name in (*MARK_FIELDS, "overall")
        }
        if self.order_id and not answer["overall"]:
            raise UserError(
                self.env._("Ask for the overall opinion: it is what counts.")
            )
        for name in TEXT_FIELDS:
            if name in values:
                answer[name] = self._get_text(name, values[name])
        if answer.get("question"):
            answer.update(self._prepare_question())
        return answer

    def _get_choice(self, name, value):
        if value is False or value is None or value == "":
            return False
        field = self._fields[name]
        value = str(value) if isinstance(value, str | int) else ""
        if value not in dict(field.selection):
            raise UserError(
                self.env._(
                    "%(field)s: choose one of %(choices)s.",
                    field=field._description_string(self.env),
                    choices=", ".join(
                        f"{key} ({label})" if len(key) == 1 else label
                        for key, label in field._description_selection(self.env)
                    ),
                )
            )
        return value

    def _get_text(self, name, value):
        text = clean_text(value or "").strip()
        if len(text) > TEXT_LIMIT:
            raise UserError(
                self.env._(
                    "%(field)s is too long: at most %(limit)s characters.",
                    field=self._fields[name]._description_string(self.env),
                    limit=TEXT_LIMIT,
                )
            )
        return text or False

    @api.model
    def _get_call_channel(self, values):
        channel = values.get("channel") or "phone"
        if channel not in CALL_CHANNELS:
            raise UserError(
                self.env._("Answers are written down from a call or a paper card.")
            )
        return channel

    def _get_next_try(self, next_try):
        now = fields.Datetime.now()
        if not next_try:
            return now + timedelta(hours=self.company_id.aftersales_followup_hours)
        try:
            moment = fields.Datetime.to_datetime(next_try)
        except (TypeError, ValueError):
            moment = None
        if not moment or moment <= now:
            raise UserError(self.env._("The next try needs a time in the future."))
        return moment

    def _append_note(self, note):
        text = self._get_text("note", note)
        return "\n".join(part for part in (self.note, text) if part)

    # -------------------------------------------------------------------------
    # WHAT FOLLOWS FROM AN ANSWER
    # -------------------------------------------------------------------------

    def _record_answer(self, answer):
        """The one writer of answers; the caller has checked rights and locked."""
        self.ensure_one()
        # Safe: rights, or the token of the link, were checked by the callers.
        followup = self.sudo()
        followup.write({**answer, "answered_at": fields.Datetime.now()})
        followup._transition("answer")
        followup.order_id._update_opinions()
        followup._after_answer()

    def _after_answer(self):
        """Everything an answer sets going; later add-ons add theirs."""
        if self.question:
            self._ask_supervisor()
        if self._is_complaint():
            self._open_complaint()
        if self.praise:
            self._pass_on_praise()
        self._plan_next("answered")
        self._plan_next_contact()

    def _is_complaint(self):
        return self.overall == "dissatisfied" or bool(self.complaint_text)

    def _is_bad(self):
        """Whether a further call should see that it was put right."""
        return (
            self.overall in ("fair", "dissatisfied")
            or self._is_complaint()
            or bool(self.question)
        )

    def _open_complaint(self):
        """Dissatisfied: a complaint, once, and the supervisor knows (SV-60)."""
        if self.complaint_id:
            return
        # As the system: the customer's own answer by the link has no user of ours.
        system = self.with_user(SUPERUSER_ID)
        complaint = self.env["aftersales.complaint"].with_user(SUPERUSER_ID)
        complaint = complaint.create(system._prepare_complaint())
        system.complaint_id = complaint
        supervisor = self._get_supervisor()
        if not supervisor:
            return
        title = self.env._("Complaint in a follow-up")
        text = self.env._(
            "%(customer)s, %(order)s: call the customer.",
            customer=self.partner_id.display_name,
            order=self.order_id.name or self.display_name,
        )
        if not complaint.activity_ids:
            complaint.activity_schedule(
                "mail.mail_activity_data_call",
                summary=title,
                note=text,
                user_id=supervisor.id,
            )
        supervisor._bus_send(
            "simple_notification",
            {"title": title, "message": text, "type": "warning", "sticky": True},
        )

    def _prepare_complaint(self):
        opinion = labels(self, "overall")
        extra = {
            "channel": "followup",
            "followup_id": self.id,
            "description": self.complaint_text
            or self.suggestion
            or self.env._(
                "Overall opinion in the follow-up: %(opinion)s",
                opinion=opinion.get(self.overall, ""),
            ),
        }
        if self.order_id:
            return self.order_id._prepare_complaint_values(**extra)
        return {
            "company_id": self.company_id.id,
            "team_id": self.team_id.id,
            "partner_id": self.partner_id.id,
            "phone": self.phone,
            "contact_name": self.contact_name,
            **extra,
        }

    def _pass_on_praise(self):
        """The technicians read what the customer said about their work (KP-01)."""
        partners = self.technician_ids.user_id.partner_id
        if not partners:
            return
        self.with_user(SUPERUSER_ID).message_notify(
            partner_ids=partners.ids,
            subject=self.env._("Praise from a customer"),
            body=Markup("<p>%s</p><blockquote>%s</blockquote>")
            % (
                self.env._(
                    "%(customer)s about %(order)s:",
                    customer=self.partner_id.display_name,
                    order=self.order_id.name or "",
                ),
                self.praise,
            ),
            force_send=False,
        )

    def _get_supervisor(self):
        """Supervisor of the service point, or another one who works there."""
        # Safe: a user to notify, not shown.
        team = self.sudo().team_id
        supervisors = team.supervisor_id | team.user_ids.filtered(
            lambda user: user.has_group(SUPERVISOR_GROUP)
        )
        return supervisors.filtered("active")[:1]

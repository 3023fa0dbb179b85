from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.records import require_reason
from ...tools.worktime import NoWorkingTimeError
from .aftersales_sla_mixin import _start


class AftersalesSlaMixin(models.AbstractModel):
    """The clock stopped, and promises agreed anew."""

    _inherit = "aftersales.sla.mixin"

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
        self.env["res.users"]._check_aftersales_role(*groups)
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
        begin = self._get_sla_start()
        start = self._get_step_start(name, promise, begin) or begin
        start = agreed.agreed_at if agreed else start
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
        reason = require_reason(
            self.env, reason, self.env._("Say why the promise cannot be kept.")
        )
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

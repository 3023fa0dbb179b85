from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import COMPLAINT_OPEN
from ...tools.records import labels
from ...tools.text import clean_text
from .aftersales_complaint import ANSWER_CHANNELS

MAX_ANSWER = 10000


class AftersalesComplaint(models.Model):
    """From the complaint to its settlement: each action, its checks and its state."""

    _inherit = "aftersales.complaint"

    # -------------------------------------------------------------------------
    # TRANSITIONS
    # -------------------------------------------------------------------------

    @api.model
    def _get_transitions(self):
        ended = ("resolved", "rejected", "withdrawn", "merged")
        return {
            **super()._get_transitions(),
            "confirm": (("new",), "confirmed"),
            "confirm_answered": (("new",), "answered"),
            "answer": (("confirmed", "answered"), "answered"),
            "resolve": (("confirmed", "answered"), "resolved"),
            "withdraw": ((*COMPLAINT_OPEN, "resolved", "rejected"), "withdrawn"),
            "reject": (COMPLAINT_OPEN, "rejected"),
            "merge": (COMPLAINT_OPEN, "merged"),
            "reopen": (ended, "confirmed"),
            "reopen_new": (ended, "new"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        confirmed = {
            "confirmed_at": fields.Datetime.now(),
            "confirmed_by_id": self.env.uid,
        }
        opened = {"resolved_by_id": False, "closing_reason": False}
        values.update(
            {
                "confirm": confirmed,
                "confirm_answered": confirmed,
                "resolve": {"resolved_by_id": self.env.uid},
                "reject": {"resolved_by_id": self.env.uid},
                "reopen": {**opened, "duplicate_of_id": False},
                "reopen_new": {**opened, "duplicate_of_id": False},
            }.get(name, {})
        )
        return values

    def _begin(self, action):
        """Rights, lock and state of an action of the supervisor."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self._check_transition(action)

    def _check_reason(self, reason):
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Please give a reason."))
        return reason

    def _log_reason(self, title, reason):
        text = f"{title}: {reason}" if reason else title
        self._message_log_batch(bodies={complaint.id: text for complaint in self})

    def _prepare_finding_values(self, finding, at_fault, unit_id):
        given = {
            "finding": finding,
            "at_fault": at_fault,
            "responsible_unit": unit_id,
        }
        return {name: value for name, value in given.items() if value is not None}

    def action_confirm(self, finding=None, at_fault=None, unit_id=None):
        """The complaint is justified; what was found is on record (SV-63).

        :param finding: what looking into it has shown, if not yet on the form
        :param at_fault: whether it is our fault
        :param unit_id: unit named after investigation
        :raise UserError: names everything that is missing
        """
        self._begin("confirm")
        if values := self._prepare_finding_values(finding, at_fault, unit_id):
            self.write(values)
        self._raise_missing(
            self.env._("Before it is confirmed, please add:"),
            self._get_missing_for_confirmation(),
        )
        answered = self.filtered("last_answer_at")
        (self - answered)._transition("confirm")
        answered._transition("confirm_answered")
        self._after_confirm()

    def _get_missing_for_confirmation(self):
        """:return: ``{complaint: [sentences]}``, complete ones left out"""
        missing = {}
        for complaint in self:
            checks = [
                (complaint.category_id, self.env._("the issue")),
                (
                    (complaint.finding or "").strip(),
                    self.env._("what looking into it has shown"),
                ),
                (
                    not complaint.at_fault or complaint.responsible_unit,
                    self.env._("the unit at fault"),
                ),
            ]
            if sentences := [text for ok, text in checks if not ok]:
                missing[complaint] = sentences
        return missing

    def _raise_missing(self, title, missing):
        if missing:
            lines = [
                f"{complaint.name}: {', '.join(sentences)}"
                for complaint, sentences in missing.items()
            ]
            raise UserError("\n".join([title, *lines]))

    def action_answer(self, text, channel="phone"):
        """The customer is told, in writing or by word; both are on record (SV-61).

        An answer before confirmation keeps the promise; it does not confirm anything.

        :param text: what the customer is told, or was told on the phone
        :param channel: ``email`` sends it; ``letter`` is printed; ``phone``, ``talk``
        """
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        text = clean_text(text, MAX_ANSWER).strip()
        self._check_can_answer(text, channel)
        if self.state != "new":
            self._transition("answer")
        # Safe: rights were checked; an answer is written nowhere else.
        self.sudo().write(
            {
                "answer_text": text,
                "answer_channel": channel,
                "answered_by_id": self.env.uid,
                "last_answer_at": fields.Datetime.now(),
            }
        )
        self._sla_reach("answer")
        self._record_answer()

    def _check_can_answer(self, text, channel):
        if self.state not in COMPLAINT_OPEN:
            raise UserError(self._blocked_message("answer", self))
        if not text:
            raise UserError(self.env._("Write what the customer is told."))
        if channel not in dict(ANSWER_CHANNELS):
            raise UserError(self.env._("Choose how the customer is answered."))
        if channel == "email" and not self.partner_id.email_normalized:
            raise UserError(
                self.env._(
                    "%(customer)s has no valid e-mail address. Enter it on the "
                    "contact, print a letter, or answer by phone.",
                    customer=self.partner_id.display_name,
                )
            )

    def _record_answer(self):
        """The mail to the customer, or a note of what was said."""
        if self.answer_channel == "email":
            template = self.env.ref("aftersales_service.mail_template_answer")
            # Safe: the template is ours and names only this complaint.
            self.sudo().message_post_with_source(
                template,
                subtype_xmlid="mail.mt_comment",
                message_type="comment",
                partner_ids=self.partner_id.ids,
                author_id=self.env.user.partner_id.id,
            )
            return
        channels = labels(self, "answer_channel")
        title = self.env._(
            "Answered (%(channel)s)", channel=channels[self.answer_channel]
        )
        self._log_reason(title, self.answer_text)

    def action_resolve(self):
        """Settled for the customer, and kept from happening again (SV-61, SV-62).

        :raise UserError: names everything that is missing
        """
        self._begin("resolve")
        self._check_can_resolve()
        self._transition("resolve")
        self._sla_reach("resolve")

    def _check_can_resolve(self):
        """Nothing open; later add-ons add their own conditions."""
        self._raise_missing(
            self.env._("Not settled yet. Please add:"),
            self._get_missing_for_resolution(),
        )

    def _get_missing_for_resolution(self):
        """:return: ``{complaint: [sentences]}``, complete ones left out"""
        missing = {}
        for complaint in self:
            checks = [
                (complaint.last_answer_at, self.env._("the answer to the customer")),
                (
                    (complaint.cause or "").strip(),
                    self.env._("the cause"),
                ),
                (
                    (complaint.correction or "").strip(),
                    self.env._("the correction"),
                ),
                (
                    (complaint.prevention or "").strip(),
                    self.env._("the prevention"),
                ),
                *complaint._get_call_checks(),
            ]
            if sentences := [text for ok, text in checks if not ok]:
                missing[complaint] = sentences
        return missing

    def action_withdraw(self, reason=False):
        """The complaint stands no longer; also when it was settled (WA-28)."""
        self._begin("withdraw")
        self._withdraw(self._check_reason(reason))

    def _withdraw(self, reason):
        """Called after the check of rights and state."""
        self._transition("withdraw")
        self._end(self.env._("Withdrawn"), reason)
        self._after_withdraw()

    def action_reject(self, reason=False):
        """Looked into and found unjustified; the customer is still told."""
        self._begin("reject")
        reason = self._check_reason(reason)
        self._transition("reject")
        # Safe: rights and state were checked.
        self.sudo().write({"closing_reason": reason})
        self._log_reason(self.env._("Rejected"), reason)
        self._after_withdraw()

    def _end(self, title, reason):
        """Nobody has to call any more; the complaint stops counting."""
        # Safe: rights and state were checked by the action.
        self.sudo().write({"closing_reason": reason})
        self._drop_calls()
        self._log_reason(title, reason)
        self._detect_repeats_after()

    def action_reopen(self, reason=False):
        """Take a settled complaint up again: supervisor, with a reason."""
        self._begin("reopen")
        reason = self._check_reason(reason)
        confirmed = self.filtered("confirmed_at")
        confirmed._transition("reopen")
        (self - confirmed)._transition("reopen_new")
        self._sla_unreach("resolve")
        self._log_reason(self.env._("Reopened"), reason)
        self._detect_repeats()
        self._detect_repeats_after()
        self._assign_calls()
        confirmed._after_confirm()

    # -------------------------------------------------------------------------
    # SUPPLIER
    # -------------------------------------------------------------------------

    def action_change_supplier(self, supplier_id, reason=False):
        """Move the complaint to another supplier, also when it is settled (WA-28).

        :param supplier_id: id of the new supplier, or False for none
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        reason = self._check_reason(reason)
        if blocked := self.filtered(lambda c: c.state in ("withdrawn", "merged")):
            raise UserError(self._blocked_message("change_supplier", blocked))
        supplier = self.env["res.partner"].browse(supplier_id or []).exists()
        moved = self.filtered(lambda complaint: complaint.supplier_id != supplier)
        for old, complaints in moved.grouped("supplier_id").items():
            # Safe: rights and state were checked; settled complaints move as well.
            complaints.sudo().write({"supplier_id": supplier.id})
            complaints._log_reason(
                self.env._(
                    "Moved from %(old)s to %(new)s",
                    old=old.display_name or self.env._("no supplier"),
                    new=supplier.display_name or self.env._("no supplier"),
                ),
                reason,
            )
            complaints._after_supplier_change(old)

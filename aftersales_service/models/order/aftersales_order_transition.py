from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import OPEN_STATES
from ...tools.records import require_reason


class AftersalesOrder(models.Model):
    """From the call to the archived voucher: each action, its checks and its state."""

    _inherit = "aftersales.order"

    @api.model
    def _get_transitions(self):
        return {
            **super()._get_transitions(),
            "dispatch": (("new", "dispatched"), "dispatched"),
            "undispatch": (("dispatched",), "new"),
            "start": (("new", "dispatched", "in_progress"), "in_progress"),
            "complete": (("dispatched", "in_progress"), "done"),
            "close": (("done",), "closed"),
            "cancel": (("new", "dispatched", "in_progress", "done"), "cancelled"),
            "reopen": (("done", "closed", "cancelled"), "in_progress"),
        }

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        now = fields.Datetime.now()
        values.update(
            {
                "dispatch": {"dispatched_at": now},
                "start": {"started_at": now},
                "complete": {"done_at": now},
                "close": {"closed_at": now, "closed_by_id": self.env.uid},
                "cancel": {"cancelled_at": now},
                "reopen": {
                    "done_at": False,
                    "closed_at": False,
                    "closed_by_id": False,
                    "cancelled_at": False,
                },
            }.get(name, {})
        )
        return values

    def action_dispatch(self):
        """Hand the orders to their technician in charge (SV-20).

        :raise UserError: no technician, or one without a valid certificate
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("dispatcher")
        self._lock_for_action()
        if missing := self.filtered(lambda order: not order.technician_id):
            raise UserError(
                self.env._(
                    "Choose the technician in charge first: %(orders)s.",
                    orders=", ".join(missing[:5].mapped("name")),
                )
            )
        self._check_transition("dispatch")
        self._check_can_dispatch()
        self._transition("dispatch")

    def _check_can_dispatch(self):
        """Raise when nobody of the order may go; later parts add theirs."""

    def action_start(self):
        """Work begins: on arrival of a visit, or by hand for remote and workshop."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("dispatcher", "technician")
        self._lock_for_action()
        fresh = self.filtered(lambda order: order.state != "in_progress")
        fresh._transition("start")

    def action_complete(self):
        """Complete report → parts leave stock, the order is done (SV-03, SV-22).

        :raise UserError: names everything that is missing, nothing is half-done
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor", "technician")
        self._share_locks()
        self._lock_for_action()
        self._check_transition("complete")
        self._check_complete()
        self._before_complete()
        self._transition("complete")
        self._after_complete()

    def _share_locks(self):
        """Hold what must not be closed meanwhile; later parts add theirs."""

    def _before_complete(self):
        """What has to happen for an order to be done; later parts add theirs."""

    def _after_complete(self):
        """What follows completion in the same transaction; later parts add theirs."""

    def _check_complete(self):
        lines = [
            f"{order.name}: {', '.join(missing)}"
            for order, missing in self._get_missing_for_completion().items()
        ]
        if lines:
            raise UserError(
                self.env._("The report is not complete yet.\n%s", "\n".join(lines))
            )

    def _get_missing_for_completion(self):
        """What the report still lacks (SV-03).

        :return: ``{order: [sentences]}``, orders with nothing missing left out
        """
        missing = {}
        for order in self:
            checks = [
                (order.cause_id, self.env._("the cause")),
                ((order.remedy or "").strip(), self.env._("the remedy")),
                (order.customer_opinion, self.env._("the customer's opinion")),
                (
                    not order.misuse or (order.misuse_evidence or "").strip(),
                    self.env._("the evidence of misuse"),
                ),
                (
                    order.approval_state not in ("pending", "rejected"),
                    self.env._("the approval of a price or gift"),
                ),
                (
                    order.signature or not order._is_signature_required(),
                    self.env._("the customer's signature"),
                ),
            ]
            if sentences := [text for ok, text in checks if not ok]:
                missing[order] = sentences
        return missing

    def _is_signature_required(self):
        """On site the customer signs, unless the company does without."""
        return self.place == "onsite" and self.company_id.aftersales_require_signature

    def action_sign(self, signed_by, signature):
        """Store the customer's signature under the amounts shown.

        :param signed_by: name in block letters
        :param signature: base64 of the image
        """
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("technician", "operator")
        self._lock_for_action()
        self._check_can_sign()
        if not (signed_by or "").strip() or not signature:
            raise UserError(self.env._("A name and a signature are needed."))
        # Safe: write access was checked; the signature is written nowhere else.
        self.sudo().write(
            {
                "signed_by": signed_by.strip(),
                "signature": signature,
                "signed_at": fields.Datetime.now(),
            }
        )

    def _check_can_sign(self):
        if self.state not in OPEN_STATES:
            raise UserError(self._blocked_message("sign", self))
        self._check_approved()

    def _check_approved(self):
        """A deviation from list or a gift blocks quoting, signing and invoicing."""
        if waiting := self.filtered(
            lambda order: order.approval_state in ("pending", "rejected")
        ):
            raise UserError(
                self.env._(
                    "A price or gift on %(orders)s is not approved yet. Ask the "
                    "manager to decide, or set it back to the list price.",
                    orders=", ".join(waiting[:5].mapped("name")),
                )
            )

    def action_close(self):
        """The supervisor has checked the voucher; nothing changes any more."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("supervisor")
        self._lock_for_action()
        self._check_transition("close")
        self._check_can_close()
        self._transition("close")

    def _check_can_close(self):
        """Raise when something of the order is still open; later parts add theirs."""
        self._check_approved()

    def _check_can_cancel(self):
        """Raise when money or stock forbids to cancel; later parts add theirs."""

    def _before_cancel(self):
        """What a cancelled order no longer holds; later parts give it back."""

    def _check_can_reopen(self):
        """Raise when something stands in the way of opening again."""

    def action_cancel(self, reason=False):
        """Cancel with a reason; reserved parts are released."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("dispatcher")
        self._lock_for_action()
        self._check_transition("cancel")
        self._check_can_cancel()
        self._before_cancel()
        self._transition("cancel")
        self._log_reason(self.env._("Cancelled"), reason)

    def action_reopen(self, reason=False):
        """Take a done, closed or cancelled order up again: manager, with a reason."""
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("manager")
        self._lock_for_action()
        reason = require_reason(
            self.env, reason, self.env._("Say why the order is opened again.")
        )
        self._check_transition("reopen")
        self._check_can_reopen()
        self._transition("reopen")
        self._log_reason(self.env._("Reopened"), reason)

    def _log_reason(self, title, reason):
        text = f"{title}: {reason.strip()}" if (reason or "").strip() else title
        self._message_log_batch(bodies={order.id: text for order in self})

    def action_register_answer(self):
        """Answered by phone: the moment of the first human answer, kept once."""
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator", "technician")
        self._sla_reach("answer")

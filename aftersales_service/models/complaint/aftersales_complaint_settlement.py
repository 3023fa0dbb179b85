from odoo import fields, models
from odoo.exceptions import UserError

from ...const import COMPLAINT_OPEN
from ...tools.records import require_reason


class AftersalesComplaint(models.Model):
    """When the customer was content, whatever paper is still missing (SV-61).

    Cause, correction and prevention are our own work and may take days. Deadlines of
    those who have to satisfy the customer end with this moment.
    """

    _inherit = "aftersales.complaint"

    settled_at = fields.Datetime(
        "Settled with the customer on",
        readonly=True,
        copy=False,
        tracking=True,
        help="The customer was content from then on; the complaint itself is closed "
        "when cause, correction and prevention are written down.",
    )

    def action_settle(self, moment=None):
        """The customer is content.

        :param moment: since when; now when left out
        :raise UserError: closed already, or a moment before the complaint or to come
        """
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("operator", "supervisor")
        self._lock_for_action()
        self._settle(fields.Datetime.to_datetime(moment) or fields.Datetime.now())

    def _settle(self, moment):
        """After the caller's checks of rights; the first moment stays."""
        if closed := self.filtered(lambda row: row.state not in COMPLAINT_OPEN):
            raise UserError(self._blocked_message("settle", closed))
        now = fields.Datetime.now()
        if any(not row.received_at <= moment <= now for row in self):
            raise UserError(
                self.env._("It was settled after it was received, not in the future.")
            )
        # Safe: the caller has checked who may say so.
        self.sudo().filtered(lambda row: not row.settled_at).settled_at = moment

    def action_unsettle(self, reason=False):
        """The customer was not content after all: supervisor, with a reason."""
        self._begin("answer")
        reason = require_reason(self.env, reason)
        # Safe: rights and state were checked just above.
        self.sudo().settled_at = False
        self._log_reason(self.env._("Not settled with the customer"), reason)

    def _prepare_transition_values(self, name):
        values = super()._prepare_transition_values(name)
        if name in ("reopen", "reopen_new"):
            values["settled_at"] = False
        return values

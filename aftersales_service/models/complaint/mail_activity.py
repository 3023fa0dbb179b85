from odoo import models
from odoo.exceptions import UserError

from .aftersales_complaint_calling import CALL, DEPUTY


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """A call ticked off in the list of tasks is on record like any other.

        The context key only keeps the complaint from registering the call twice; it
        is honoured for the superuser alone.
        """
        registering = self.env.su and self.env.context.get("aftersales_call_registered")
        calls = self._get_complaint_calls() if not registering else self.browse()
        if calls and not (feedback or "").strip():
            raise UserError(
                self.env._(
                    "Write what the customer said, or use “Call or visit done” on the "
                    "complaint."
                )
            )
        for activity in calls:
            complaint = self.env["aftersales.complaint"].browse(activity.res_id)
            complaint.action_register_call(feedback)
        left = (self - calls).exists()
        return super(MailActivity, left)._action_done(
            feedback=feedback, attachment_ids=attachment_ids
        )

    def _get_complaint_calls(self):
        kinds = [
            self.env.ref(name, raise_if_not_found=False) for name in (CALL, DEPUTY)
        ]
        return self.filtered(
            lambda a: (
                a.active
                and a.res_model == "aftersales.complaint"
                and a.activity_type_id in kinds
            )
        )

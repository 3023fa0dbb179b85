from odoo import api, models

from .aftersales_complaint_repeat import NOT_COUNTED


class AftersalesComplaint(models.Model):
    """How a complaint gets in by e-mail to the service point (SV-60)."""

    _inherit = "aftersales.complaint"

    @api.model
    def _prepare_mail_values(self, msg_dict, team, company):
        return {
            **super()._prepare_mail_values(msg_dict, team, company),
            "received_at": self._get_mail_date(msg_dict),
        }

    @api.model
    def _get_mail_ended_states(self):
        return ("resolved", *NOT_COUNTED)

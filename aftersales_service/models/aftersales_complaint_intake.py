from odoo import api, models

from .aftersales_complaint_repeat import NOT_COUNTED


class AftersalesComplaintIntake(models.AbstractModel):
    """How a complaint gets in by e-mail to the service point (SV-60)."""

    _name = "aftersales.complaint.intake"
    _inherit = ["aftersales.mail.intake"]
    _description = "After-sales: complaints made by e-mail"

    @api.model
    def _prepare_mail_values(self, msg_dict, team, company):
        return {
            **super()._prepare_mail_values(msg_dict, team, company),
            "received_at": self._get_mail_date(msg_dict),
        }

    @api.model
    def _get_mail_ended_states(self):
        return ("resolved", *NOT_COUNTED)

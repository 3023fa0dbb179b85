from odoo import models


class AftersalesFollowupCall(models.AbstractModel):
    """What callers do with a follow-up (SV-81, SV-82)."""

    _name = "aftersales.followup.call"
    _description = "Follow-up: calls and answers"

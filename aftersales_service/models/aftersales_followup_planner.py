from odoo import models


class AftersalesFollowupPlanner(models.AbstractModel):
    """Makes the follow-ups by plan and hands them out (SV-80, SV-82)."""

    _name = "aftersales.followup.planner"
    _description = "Follow-up: planning"

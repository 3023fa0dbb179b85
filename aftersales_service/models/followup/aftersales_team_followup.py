from odoo import fields, models


class AftersalesTeam(models.Model):
    """Who calls the customers of a service point (SV-80)."""

    _inherit = "aftersales.team"

    followup_user_ids = fields.Many2many(
        "res.users",
        "aftersales_team_followup_rel",
        "team_id",
        "user_id",
        string="Follow-up Callers",
        check_company=True,
        domain="[('id', 'in', user_ids)]",
        help="They call the customers in turn; empty: the supervisor does.",
    )
    followup_stand_in_id = fields.Many2one(
        "res.users",
        string="Follow-up Stand-in",
        check_company=True,
        domain="[('id', 'in', user_ids)]",
        help="Calls when no caller is there.",
    )

    def _get_followup_agents(self):
        """Who calls for this service point: its callers, else its supervisor."""
        return self.with_context(active_test=False).followup_user_ids or (
            self.supervisor_id
        )

    def _get_followup_people(self):
        """Everybody who may have to call for these service points."""
        everybody = self.with_context(active_test=False)
        return (
            everybody.followup_user_ids
            | everybody.supervisor_id
            | everybody.followup_stand_in_id
        )

from odoo import api, models


class AftersalesTechnician(models.Model):
    """Who joins, goes or moves changes the hours his service point has (KP-06)."""

    _inherit = "aftersales.technician"

    @api.model_create_multi
    def create(self, vals_list):
        technicians = super().create(vals_list)
        technicians._mark_figures()
        return technicians

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"team_id", "active", "resource_id"}:
            self._mark_figures()
        return result

    def _mark_figures(self):
        """Open months: the roster knows only today's."""
        # Safe: marks what the job computes again; nothing is shown.
        people = self.sudo()
        people.env["aftersales.kpi.dirty"]._mark_roster(
            [(person.company_id, person, None, None) for person in people]
        )

from odoo import models


class ResourceResource(models.Model):
    """Another timetable of a person changes the hours he has (KP-06)."""

    _inherit = "resource.resource"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"calendar_id", "tz"}:
            # Safe: marks what the job computes again; nothing is shown.
            people = self.sudo().with_context(active_test=False)
            people.aftersales_technician_ids._mark_figures()
        return result

from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """Leave and holidays, also when entered late, change the hours one has (KP-06)."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._aftersales_mark_roster()
        return leaves

    def write(self, vals):
        if not vals.keys() & {
            *("date_from", "date_to", "resource_id", "calendar_id", "company_id"),
            "time_type",
        }:
            return super().write(vals)
        self._aftersales_mark_roster()
        result = super().write(vals)
        self._aftersales_mark_roster()
        return result

    def unlink(self):
        self._aftersales_mark_roster()
        return super().unlink()

    def _aftersales_mark_roster(self):
        """The months of the leave: of its person, or of the whole company."""
        # Safe: marks what the job computes again; nobody's leave is shown.
        leaves = self.sudo().filtered(lambda leave: leave.date_from and leave.date_to)
        marks = leaves.env["aftersales.kpi.dirty"]
        technicians = leaves.resource_id.with_context(
            active_test=False
        ).aftersales_technician_ids
        by_resource = technicians.grouped("resource_id")
        spans = []
        for leave in leaves:
            if not leave.resource_id:
                company = leave.company_id or leave.calendar_id.company_id
                spans.append((company, False, leave.date_from, leave.date_to))
            for technician in by_resource.get(leave.resource_id, technicians.browse()):
                company = technician.company_id
                spans.append((company, technician, leave.date_from, leave.date_to))
        marks._mark_roster(spans)

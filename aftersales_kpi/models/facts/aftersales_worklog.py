from odoo import api, models


class AftersalesWorklog(models.Model):
    """The hours on an order decide how its bonus is shared (KP-02)."""

    _inherit = "aftersales.worklog"

    @api.model_create_multi
    def create(self, vals_list):
        logs = super().create(vals_list)
        logs._mark_scores()
        return logs

    def write(self, vals):
        if not vals.keys() & {
            *("hours", "order_id", "technician_id", "date", "category")
        }:
            return super().write(vals)
        self._mark_scores()
        result = super().write(vals)
        self._mark_scores()
        return result

    def unlink(self):
        self._mark_scores()
        return super().unlink()

    def _mark_scores(self):
        # Safe: marks what the job computes again; nothing is shown.
        logs = self.sudo()
        logs.order_id.filtered("done_at")._mark_scores()
        logs.env["aftersales.kpi.dirty"]._mark(
            {
                (log.company_id.id, log.date, "worklog", log.technician_id.id)
                for log in logs
            }
        )

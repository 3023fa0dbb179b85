from odoo import models

from ...tools.timeline import to_local


class AftersalesOrder(models.Model):
    """What the visits of an order tell: to the customer, and to the bar of promises."""

    _inherit = "aftersales.order"

    def _get_portal_visits(self):
        """Days of the visits, no people and no hours."""
        return [
            {
                # Where the work is done: the day the customer saw somebody come.
                "day": to_local(
                    visit.arrived_at or visit.planned_start, visit._get_tz()
                ).date(),
                "done": visit.state == "left",
            }
            for visit in self.visit_ids.sorted("planned_start")
            if visit.state != "cancelled" and visit.planned_start
        ]

    def _get_work_steps(self):
        steps = super()._get_work_steps()
        visits = self.visit_ids.filtered(lambda visit: visit.state != "cancelled")
        if any(visit.departed_at for visit in visits):
            steps = [step for step in steps if step.key != "started"]
        marks = [
            mark
            for visit in visits
            for mark in (
                (visit.departed_at, "departed", self.env._("On the way")),
                (visit.arrived_at, "arrived", self.env._("At work")),
                (visit.left_at, "left", self.env._("After the visit")),
            )
        ]
        return steps + self._make_work_steps(marks)

    def _before_cancel(self):
        super()._before_cancel()
        self.visit_ids._cancel_open()

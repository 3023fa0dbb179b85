from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_time

from ...const import OPEN_VISITS
from ...tools.timeline import (
    overlaps,
)


class AftersalesVisit(models.Model):
    """Somebody else's time: other visits and leave."""

    _inherit = "aftersales.visit"

    @api.depends("planned_start", "planned_end", "technician_ids", "state")
    @api.depends_context("tz", "lang")
    def _compute_conflict(self):
        """Two queries for the whole list: other visits, and absences."""
        open_visits = self.filtered(
            lambda visit: (
                visit.state in ("planned", "departed")
                and visit.planned_start
                and visit.planned_end
                and visit.technician_ids
            )
        )
        (self - open_visits).conflict = False
        if not open_visits:
            return
        others = open_visits._get_others_at_that_time()
        leaves = open_visits._get_leaves_at_that_time()
        for visit in open_visits:
            visit.conflict = "\n".join(
                visit._conflict_with_visits(others)
                + visit._conflict_with_leaves(leaves)
            )

    def _get_span(self):
        return min(self.mapped("planned_start")), max(self.mapped("planned_end"))

    def _get_others_at_that_time(self):
        start, end = self._get_span()
        # Safe: of visits the user cannot see, only that the person is busy is shown.
        return self.sudo().search(
            [
                ("state", "in", OPEN_VISITS),
                ("technician_ids", "in", self.technician_ids.ids),
                ("planned_start", "<", end),
                ("planned_end", ">", start),
            ],
            order="planned_start, id",
        )

    def _get_leaves_at_that_time(self):
        start, end = self._get_span()
        technicians = self.technician_ids
        # Safe: only that the person is away is shown, never why.
        return (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                Domain("date_from", "<", end)
                & Domain("date_to", ">", start)
                & (
                    Domain("resource_id", "in", technicians.resource_id.ids)
                    | (
                        Domain("resource_id", "=", False)
                        & Domain(
                            "calendar_id",
                            "in",
                            [*technicians.resource_calendar_id.ids, False],
                        )
                        & Domain("company_id", "in", [*self.company_id.ids, False])
                    )
                )
            )
        )

    def _conflict_with_visits(self, others):
        period = (self.planned_start, self.planned_end)
        return [
            self.env._(
                "%(technicians)s: %(visit)s from %(start)s to %(end)s",
                technicians=", ".join(shared.mapped("name")),
                visit=other.name,
                start=self._format_local(other.planned_start),
                end=format_time(
                    self.env,
                    other.planned_end,
                    tz=self._get_tz(),
                    time_format="short",
                ),
            )
            for other in others
            if other.id != self._origin.id
            and overlaps(period, (other.planned_start, other.planned_end))
            and (shared := other.technician_ids & self.technician_ids._origin)
        ]

    def _conflict_with_leaves(self, leaves):
        period = (self.planned_start, self.planned_end)
        lines = []
        for leave in leaves:
            away = self.technician_ids.filtered(
                lambda tech, leave=leave: tech._is_away(leave)
            )
            if away and overlaps(period, (leave.date_from, leave.date_to)):
                lines.append(
                    self.env._(
                        "%(technicians)s: away until %(end)s",
                        technicians=", ".join(away.mapped("name")),
                        end=self._format_local(leave.date_to),
                    )
                )
        return lines

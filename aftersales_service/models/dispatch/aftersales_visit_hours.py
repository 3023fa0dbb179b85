from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.timeline import (
    hours_between,
    round_hours,
    split_by_day,
)


class AftersalesVisit(models.Model):
    """Hours of a visit become lines of the order (SV-25)."""

    _inherit = "aftersales.visit"

    def _log_hours(self, category, start_field, end_field):
        """One row per technician and local day, never twice for the same visit."""
        now = fields.Datetime.now()
        rows = []
        for visit in self:
            start, end = visit[start_field], visit[end_field] if end_field else now
            if not start or not end:
                continue
            for technician in visit.technician_ids:
                for day, begin, stop in split_by_day(
                    start, end, visit._get_tz(technician)
                ):
                    rows.append(
                        {
                            "technician_id": technician.id,
                            "date": day,
                            "category": category,
                            "started_at": begin,
                            "ended_at": stop,
                            "hours": hours_between(begin, stop),
                            "order_id": visit.order_id.id,
                            "visit_id": visit.id,
                            "is_automatic": True,
                        }
                    )
        # Safe: rows of the clock about a visit whose action has checked the rights.
        self.env["aftersales.worklog"].sudo().create(rows)

    def action_fill_lines(self):
        """Labour and travel from the clock, before the customer reads and signs."""
        self._check_own_or_dispatcher()
        self._lock_for_action()
        if wrong := self.filtered(lambda visit: visit.state not in ("arrived", "left")):
            raise UserError(self._blocked_message("fill", wrong))
        self._fill_lines()

    def _fill_lines(self):
        """Labour and travel lines follow the clock unless somebody changed them.

        A line whose quantity is no longer what the clock put there, or that was
        deleted, stays as it is; so does everything once the customer has signed.
        """
        todo = self.filtered(
            lambda visit: (
                visit.order_id.state in ("dispatched", "in_progress")
                and not visit.order_id.signed_at
            )
        )
        hours = todo._get_clock_hours()
        # Safe: the clock's lines of a visit whose action has checked the rights.
        lines = self.env["aftersales.order.line"].sudo()
        existing = lines.search(
            [("visit_id", "in", todo.ids), ("kind", "in", ("labour", "travel"))]
        ).grouped(lambda line: (line.visit_id.id, line.kind))
        fresh = []
        for visit in todo:
            for kind in ("labour", "travel"):
                found = existing.get((visit.id, kind), lines)
                quantity = visit._get_line_quantity(kind, hours[visit])
                fresh += visit._update_line(kind, found, quantity)
        lines.create(fresh)

    def _get_clock_hours(self):
        """``{visit: {"work": [hours per technician], "travel": […]}}``."""
        now = fields.Datetime.now()
        result = {visit: {"work": [], "travel": []} for visit in self}
        # Safe: hours of colleagues on the same visit count for the bill.
        for visit, _technician, category, total in (
            self.env["aftersales.worklog"]
            .sudo()
            ._read_group(
                [("visit_id", "in", self.ids), ("category", "in", ("work", "travel"))],
                ["visit_id", "technician_id", "category"],
                ["hours:sum"],
            )
        ):
            result[self.browse(visit.id)][category].append(total or 0.0)
        for visit in self.filtered(lambda visit: visit.state == "arrived"):
            # Who is on site works, be it for less than a second so far.
            until = max(now, visit.arrived_at + timedelta(seconds=1))
            worked = hours_between(visit.arrived_at, until)
            result[visit]["work"] = [worked] * len(visit.technician_ids)
        return result

    def _get_line_quantity(self, kind, hours):
        """Labour in rounded hours per person; travel in hours or one per visit."""
        company = self.company_id
        step = company.aftersales_labour_rounding
        if kind == "labour":
            least = company.aftersales_labour_minimum
            return sum(round_hours(value, step, least) for value in hours["work"])
        hour = self.env.ref("uom.product_uom_hour", raise_if_not_found=False)
        product = company.aftersales_travel_product_id
        if hour and product and product.uom_id._has_common_reference(hour):
            return sum(round_hours(value, step) for value in hours["travel"])
        return 1.0 if self.departed_at else 0.0

    def _update_line(self, kind, found, quantity):
        """Refresh the clock's line, or return the values of a first one."""
        field = f"{kind}_quantity"
        product = self.company_id[f"aftersales_{kind}_product_id"]
        before = self[field]
        if not product or not quantity:
            return []
        if before:
            if len(found) == 1 and abs(found.quantity - before) < 0.005:
                found.quantity = quantity
            else:
                return []
        # Safe: remembers what the clock wrote, to recognise changes by hand.
        self.sudo()[field] = quantity
        if before or found:
            return []
        return [
            self.order_id._prepare_line_values(
                kind, product, quantity, visit_id=self.id
            )
        ]

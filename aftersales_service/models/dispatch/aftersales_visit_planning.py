from datetime import timedelta

from odoo import api, models
from odoo.fields import Command
from odoo.tools import format_datetime

from ...const import OPEN_VISITS
from ...tools.timeline import (
    to_local,
)


class AftersalesVisit(models.Model):
    """Who goes when, alone or in company, and who has to approve the trip."""

    _inherit = "aftersales.visit"

    def _get_day(self):
        """Local day of the planned start, where the person in charge works."""
        self.ensure_one()
        return to_local(self.planned_start, self._get_tz()).date()

    def _get_tz(self, technician=None):
        """Where the work is done: certificates, hours and the agenda count there."""
        technician = technician or self.lead_id
        return technician.tz or self.company_id._aftersales_zone().zone

    def _format_local(self, instant):
        """By the clock of the place of work, whoever reads it."""
        return format_datetime(self.env, instant, tz=self._get_tz(), dt_format="short")

    def _check_plannable(self):
        """Safety agreement and certificates on the day of each visit."""
        planned = self.filtered(lambda visit: visit.state == "planned")
        planned.technician_ids._check_assignable()
        for day, visits in planned.grouped(lambda visit: visit._get_day()).items():
            visits.order_id._check_visitable(day)
            for people, group in visits.grouped("technician_ids").items():
                group.order_id._check_certificates(people, day)

    def _join_orders(self):
        """People of a visit work on its order; a planned order is a dispatched one."""
        for visit in self:
            order = visit.order_id
            # Safe: planning a visit was allowed; certificates have been checked.
            values = {}
            if missing := visit.technician_ids - order.technician_ids:
                values["technician_ids"] = [Command.link(t.id) for t in missing]
            if not order.technician_id:
                values["technician_id"] = visit.lead_id.id
            if values:
                # Safe: planning a visit includes handing the order to its people.
                order.sudo().write(values)
        fresh = self.order_id.filtered(lambda order: order.state == "new")
        if fresh:
            fresh.action_dispatch()

    def _follow_people(self, before):
        """The order follows a change of people of its planned visit."""
        self._join_orders()
        for visit, (lead, people) in before.items():
            # Safe: the dispatcher was allowed to change the visit of this order.
            order = visit.order_id.sudo()
            leads = order.visit_ids.filtered(
                lambda other: other.state in OPEN_VISITS
            ).lead_id
            replaced = lead != visit.lead_id and lead not in leads
            if replaced and order.technician_id == lead:
                order.technician_id = visit.lead_id
            gone = (people - visit.technician_ids).filtered(
                lambda tech, order=order: not order._is_still_needed(tech)
            )
            if gone & order.technician_ids:
                order.technician_ids -= gone

    def _request_trip(self, again=False):
        """Ask for approval of the trip; a changed plan is asked for again."""
        todo = self.filtered(
            lambda visit: (
                visit.state == "planned" and visit.company_id.aftersales_trip_approval
            )
        )
        if not todo:
            return
        Approval = self.env["aftersales.approval"]
        if again:
            # Safe: rows of the queue about visits the user has just changed.
            Approval.sudo().search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", todo.ids),
                    ("state", "=", "pending"),
                ]
            ).write({"state": "obsolete"})
            todo.sudo().write({"trip_state": "pending"})  # Safe: back to unapproved.
        for visit in todo:
            Approval._request(
                "trip", visit, visit._trip_subject(), visit.order_id, visit.note
            )

    def _trip_subject(self):
        """Departure time, customer, content and people (SV-23)."""
        return self.env._(
            "Trip %(visit)s: %(start)s, %(site)s, %(content)s, %(people)s",
            visit=self.name,
            start=self._format_local(self.planned_start),
            site=self.site_id.display_name,
            content=self.symptom_id.display_name or self.order_id.name,
            people=", ".join(self.technician_ids.mapped("name")),
        )

    def _approval_decided(self, approval):
        """Called by the approval queue: the trip may start, or not."""
        if approval.state in ("approved", "rejected") and self.state == "planned":
            # Safe: the queue has checked who decides.
            self.sudo().write({"trip_state": approval.state})

    @api.model
    def _propose_period(self, order, technician, day=None, hours=None):
        """First free time long enough within two weeks, as (start, end) in UTC."""
        hours = hours or self._get_default_hours(order.company_id)
        start = technician._first_free_start(order.company_id, hours, day)
        return start, start + timedelta(hours=hours)

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...const import OPEN_VISITS
from ...tools.ranking import Candidate, rank
from ...tools.timeline import (
    day_bounds,
    first_gap,
    total_hours,
)

MAX_WAITING = 200
# How far to look for free time of somebody whose day is full.
NEXT_DAYS = timedelta(days=14)


class AftersalesBoard(models.AbstractModel):
    """What the dispatcher's board shows and does (SV-20 … SV-24).

    ============ ============ =====================================================
    Method       Group        Restriction
    ============ ============ =====================================================
    read         operator     own service points
    assign, move dispatcher   certificate and site rules; supervisor + reason overrides
    undo         dispatcher   nobody has set out yet
    ============ ============ =====================================================
    """

    _name = "aftersales.board"
    _description = "Dispatch Board"

    # -------------------------------------------------------------------------
    # READ
    # -------------------------------------------------------------------------

    def _check_reader(self):
        self.env["res.users"]._check_aftersales_role("operator")

    def _check_dispatcher(self):
        self.env["res.users"]._check_aftersales_role("dispatcher")

    @api.model
    def get_board(self, day=False, team_id=False):
        """Everything the board shows for one day.

        :param day: local date (text or date); default today
        :param team_id: one service point; default all of the user
        """
        self._check_reader()
        tz = self._get_tz()
        today = self.env.company._aftersales_today()
        day = self._parse_day(day) or today
        teams = self._get_teams()
        chosen = teams.filtered(lambda team: team.id == team_id) or teams
        technicians = self._get_technicians(chosen)
        agenda = technicians._get_agenda(*day_bounds(day, tz))
        return {
            "day": fields.Date.to_string(day),
            "today": fields.Date.to_string(today),
            "tz": tz,
            "day_start": fields.Datetime.to_string(day_bounds(day, tz)[0]),
            "default_hours": self.env["aftersales.visit"]._get_default_hours(
                self.env.company
            ),
            "can_assign": self.env.user._has_aftersales_role("dispatcher"),
            "can_override": self.env.user._has_aftersales_role("supervisor"),
            "teams": [{"id": team.id, "name": team.name} for team in teams],
            "team_id": chosen.id if len(chosen) == 1 else False,
            "orders": self._get_waiting_orders(chosen, team_id in teams.ids, today, tz),
            "technicians": self._get_rows(technicians, agenda, tz, day),
        }

    def _get_tz(self):
        """Time zone of the board: the company's, so that all see the same line."""
        return self.env.company._aftersales_zone().zone

    @api.model
    def _parse_day(self, day):
        try:
            return fields.Date.to_date(day or False)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("“%s” is no date.", day)) from error

    @api.model
    def _parse_instant(self, text):
        try:
            instant = fields.Datetime.to_datetime(text or False)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("“%s” is no time.", text)) from error
        if not instant:
            raise UserError(self.env._("Say when the visit begins."))
        return instant.replace(microsecond=0)

    def _get_teams(self):
        return self.env["aftersales.team"]._get_own()

    def _get_technicians(self, teams):
        domain = Domain("team_id", "in", teams.ids)
        domain &= Domain("company_id", "=", self.env.company.id)
        return self.env["aftersales.technician"].search(domain, order="team_id, name")

    # -- waiting orders -----------------------------------------------------------

    def _get_waiting_orders(self, teams, only_teams, today, tz):
        """SV-20: left from before today first, then what burns first."""
        scope = Domain("company_id", "=", self.env.company.id)
        if only_teams:
            scope &= Domain("team_id", "in", teams.ids)
        unassigned = self._search_burning(scope & Domain("state", "=", "new"))
        idle = self._search_burning(
            scope
            & Domain("state", "in", ("dispatched", "in_progress"))
            & Domain("place", "=", "onsite")
            & Domain("visit_ids", "not any", [("state", "in", OPEN_VISITS)])
        )
        begin = day_bounds(today, tz)[0]
        return [
            order._prepare_board_card(begin, tz)
            for order in unassigned.sorted(lambda o: o._get_board_key(begin))
        ] + [
            {**order._prepare_board_card(begin, tz), "again": True}
            for order in idle.sorted(lambda o: o._get_board_key(begin))
        ]

    @api.model
    def _search_burning(self, domain):
        """The oldest and the most urgent; with many orders these are not the same."""
        orders = self.env["aftersales.order"]
        oldest = orders.search(domain, order="called_at", limit=MAX_WAITING)
        if len(oldest) < MAX_WAITING:
            return oldest
        return oldest | orders.search(domain, order="sla_due_at, id", limit=MAX_WAITING)

    # -- agenda -------------------------------------------------------------------

    def _get_rows(self, technicians, agenda, tz, day):
        """One row per technician: working time, absences, visits, free hours."""
        counts = self._count_open_orders(technicians)
        now = fields.Datetime.now()
        visible = self.env["aftersales.visit"].union(
            *(visit for entry in agenda.values() for visit in entry["visits"])
        )
        readable = visible.with_env(self.env)._filtered_access("read")
        rows = []
        for technician in technicians:
            entry = agenda[technician]
            free = technicians._get_free(entry, now)
            rows.append(
                {
                    "id": technician.id,
                    "name": technician.name,
                    "color": technician.color,
                    "team": technician.team_id.name or "",
                    "zones": technician.zone_ids.mapped("name"),
                    "phone": technician.phone or "",
                    "work": self._dump(entry["work"]),
                    "away": self._dump(entry["away"]),
                    "free": self._dump(free),
                    "free_hours": round(total_hours(free), 2),
                    "open_orders": counts.get(technician.id, 0),
                    "visits": [
                        visit._prepare_board_block(technician, visit in readable)
                        for visit in entry["visits"]
                    ],
                }
            )
        return rows

    @api.model
    def _dump(self, intervals):
        return [
            [fields.Datetime.to_string(start), fields.Datetime.to_string(end)]
            for start, end in intervals
        ]

    def _count_open_orders(self, technicians):
        # Safe: a number per technician, for the load.
        groups = (
            self.env["aftersales.order"]
            .sudo()
            ._read_group(
                [
                    ("technician_ids", "in", technicians.ids),
                    ("state", "in", ("dispatched", "in_progress")),
                ],
                ["technician_ids"],
                ["__count"],
            )
        )
        return {technician.id: count for technician, count in groups}

    # -------------------------------------------------------------------------
    # CANDIDATES (SV-21)
    # -------------------------------------------------------------------------

    @api.model
    def get_candidates(self, order_ids, day=False, team_id=False):
        """Ranked technicians for orders, with reasons in words.

        The number of queries does not depend on the number of orders.

        :return: ``{order id: [{"technician_id", "name", "score", "reasons",
            "missing", "dispatchable", "start", "next_start"}]}``, best first;
            ``start`` on that day, ``next_start`` later when the day is full
        """
        self._check_reader()
        orders = self.env["aftersales.order"].browse(order_ids).exists()
        orders.check_access("read")
        tz = self._get_tz()
        now = fields.Datetime.now()
        day = self._parse_day(day) or self.env.company._aftersales_today()
        teams = self._get_teams()
        chosen = teams.filtered(lambda team: team.id == team_id) or teams
        technicians = self._get_technicians(chosen)
        facts = self._get_candidate_facts(orders, technicians, day, tz, now)
        weights = self.env["aftersales.ranking.rule"]._get_weights()
        return {
            order.id: [
                self._prepare_candidate(item, facts)
                for item in rank(
                    self._get_candidates_of(order, technicians, facts), weights
                )
            ]
            for order in orders
        }

    def _get_candidate_facts(self, orders, technicians, day, tz, now):
        """All that is read from the database, once for all orders."""
        _begin, end = bounds = day_bounds(day, tz)
        agenda = technicians._get_agenda(*bounds)
        free = {tech: technicians._get_free(agenda[tech], now) for tech in technicians}
        hours = self.env["aftersales.visit"]._get_default_hours(self.env.company)
        full = technicians.filtered(lambda tech: not first_gap(free[tech], hours))
        later = full._get_agenda(end, end + NEXT_DAYS) if full else {}
        return {
            "free": free,
            "later": {tech: technicians._get_free(later[tech], now) for tech in full},
            "away": {tech.id: bool(agenda[tech]["away"]) for tech in technicians},
            "hours": hours,
            "load": self._count_open_orders(technicians),
            "known": self._count_known_orders(orders, technicians),
            "missing": orders._get_missing_certificates(
                dict.fromkeys(orders, technicians), day
            ),
        }

    def _count_known_orders(self, orders, technicians):
        """Orders done earlier at the same customer, per technician."""
        # Safe: a number per technician and customer.
        groups = (
            self.env["aftersales.order"]
            .sudo()
            ._read_group(
                [
                    ("commercial_partner_id", "in", orders.commercial_partner_id.ids),
                    ("technician_ids", "in", technicians.ids),
                    ("state", "in", ("done", "closed")),
                ],
                ["commercial_partner_id", "technician_ids"],
                ["__count"],
            )
        )
        return {(partner.id, tech.id): count for partner, tech, count in groups}

    def _get_candidates_of(self, order, technicians, facts):
        missing = facts["missing"].get(order) or {}
        customer = order.commercial_partner_id.id
        return [
            Candidate(
                key=technician.id,
                name=technician.name or "",
                in_zone=bool(order.zone_id) and order.zone_id in technician.zone_ids,
                in_team=bool(order.team_id) and order.team_id == technician.team_id,
                free_hours=total_hours(facts["free"][technician]),
                needed_hours=facts["hours"],
                open_orders=facts["load"].get(technician.id, 0),
                known_orders=facts["known"].get((customer, technician.id), 0),
                missing=tuple(missing.get(technician) or ()),
            )
            for technician in technicians
        ]

    def _prepare_candidate(self, item, facts):
        candidate = item.candidate
        technician = self.env["aftersales.technician"].browse(candidate.key)
        start = first_gap(facts["free"][technician], facts["hours"])
        later = first_gap(facts["later"].get(technician, []), facts["hours"])
        return {
            "technician_id": candidate.key,
            "name": candidate.name,
            "score": item.score,
            "dispatchable": item.dispatchable,
            "missing": list(candidate.missing),
            "reasons": self._candidate_reasons(candidate, facts),
            "start": fields.Datetime.to_string(start) if start else False,
            "next_start": fields.Datetime.to_string(later) if later else False,
        }

    def _candidate_reasons(self, candidate, facts):
        """The ranking in words, most important first."""
        reasons = []
        if candidate.missing:
            reasons.append(
                self.env._("No valid certificate: %s", ", ".join(candidate.missing))
            )
        if candidate.in_zone:
            reasons.append(self.env._("Works in this zone"))
        else:
            reasons.append(self.env._("Other zone"))
        if candidate.free_hours > 0:
            reasons.append(self.env._("%.1f h free", candidate.free_hours))
        elif facts["away"].get(candidate.key):
            reasons.append(self.env._("Away on this day"))
        else:
            reasons.append(self.env._("No free time on this day"))
        reasons.append(self.env._("%s open orders", candidate.open_orders))
        if candidate.known_orders:
            reasons.append(
                self.env._("Was here before: %s times", candidate.known_orders)
            )
        return reasons

    # -------------------------------------------------------------------------
    # ACT
    # -------------------------------------------------------------------------

    @api.model
    def assign(self, order_id, technician_id, start, hours=False, reason=False):
        """Plan a visit, put the technician in charge and dispatch, all or nothing.

        :param start: UTC instant as text
        :param reason: a supervisor's, when a certificate is missing
        :return: ``{"visit_id", "conflict"}``
        """
        self._check_dispatcher()
        order = self.env["aftersales.order"].browse(order_id).exists()
        technician = self.env["aftersales.technician"].browse(technician_id).exists()
        if not order or not technician:
            raise UserError(
                self.env._("This order or technician no longer exists. Reload.")
            )
        order.check_access("write")
        technician.check_access("read")
        order._lock_for_action()
        order._check_open_for_visits()
        start, hours = self._check_period(start, hours)
        order._check_not_planned_twice()
        if reason:
            order._override_certificates(technician, reason)
        visit = self.env["aftersales.visit"].create(
            {
                "order_id": order.id,
                "lead_id": technician.id,
                "planned_start": start,
                "planned_end": start + timedelta(hours=hours),
            }
        )
        if order.technician_id != technician:
            order.technician_id = technician
        return {"visit_id": visit.id, "conflict": visit.conflict or False}

    def _check_period(self, start, hours):
        start = self._parse_instant(start)
        default = self.env["aftersales.visit"]._get_default_hours(self.env.company)
        hours = hours or default
        if (
            not isinstance(hours, int | float)
            or isinstance(hours, bool)
            or not 0 < hours <= 24
        ):
            raise UserError(self.env._("A visit lasts between 0 and 24 hours."))
        return start, hours

    @api.model
    def move_visit(self, visit_id, technician_id, start, hours=False, reason=False):
        """Give a planned visit another time or another person in charge."""
        self._check_dispatcher()
        visit = self.env["aftersales.visit"].browse(visit_id).exists()
        if not visit:
            raise UserError(self.env._("This visit no longer exists. Reload."))
        visit.check_access("write")
        visit._lock_for_action()
        start, hours = self._check_period(start, hours or visit.planned_hours)
        technician = self.env["aftersales.technician"].browse(technician_id).exists()
        technician = technician or visit.lead_id
        if reason:
            visit.order_id._override_certificates(technician, reason)
        values = {"planned_start": start, "planned_end": start + timedelta(hours=hours)}
        if technician != visit.lead_id:
            values["lead_id"] = technician.id
        visit.write(values)
        return {"visit_id": visit.id, "conflict": visit.conflict or False}

    @api.model
    def undo_assign(self, visit_id):
        """Take an assignment back: the order is unassigned again."""
        self._check_dispatcher()
        visit = self.env["aftersales.visit"].browse(visit_id).exists()
        if not visit:
            raise UserError(self.env._("This visit no longer exists. Reload."))
        visit.check_access("write")
        order = visit.order_id
        order._lock_for_action()
        visit.action_cancel(self.env._("Assignment taken back"))
        others = order.visit_ids.filtered(lambda other: other.state != "cancelled")
        if order.state == "dispatched" and not others:
            order._undispatch()
        return True

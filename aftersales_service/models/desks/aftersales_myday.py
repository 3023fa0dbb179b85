from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...const import OPEN_VISITS

WORK_STATES = ("dispatched", "in_progress")
# What a technician says about the part taken out; the rest is the parts keeper's.
OLD_PARTS = ("none", "due", "left")


class AftersalesMyday(models.AbstractModel):
    """The technician's day on a phone (SV-22, SV-25).

    Everything here is about the caller's own orders; orders of others answer like
    orders that do not exist. What changes state, stock or money is done by the
    actions of the order and the visit, with their own rights.

    ================ ============== ==================================================
    Action           Group          Restriction
    ================ ============== ==================================================
    get_day          user           own visits and orders; none without a technician
    get_order        technician     own orders
    save_report      technician     own open orders; report fields only; before signing
    save_line        technician     own open orders; before signing
    add_service      technician     own open orders; before signing
    request_price    technician     own open orders; with a reason; to the approvals
    add_photo        technician     own open orders; jpeg, png, pdf up to the limit
    remove_photo     technician     own open orders; photos taken here
    ================ ============== ==================================================
    """

    _name = "aftersales.myday"
    _description = "After-sales: a technician's day on the phone"

    # -------------------------------------------------------------------------
    # WHO
    # -------------------------------------------------------------------------

    @api.model
    def _get_technicians(self):
        """Technician records of the user, at most one in each allowed company."""
        return self.env["aftersales.technician"].search(
            [
                ("user_id", "=", self.env.uid),
                ("company_id", "in", self.env.companies.ids),
            ]
        )

    @api.model
    def _get_own_order(self, order_id):
        """The order if it is one of the user's own.

        :raise AccessError: the same for orders of others and for missing ones
        """
        technicians = self._get_technicians()
        valid = isinstance(order_id, int) and 0 < order_id < 2**31
        order = self.env["aftersales.order"]
        if valid and technicians:
            order = order.search([("id", "=", order_id)])
        if not order or not self._get_people(order) & technicians:
            raise AccessError(
                self.env._(
                    "This is not one of your orders. Go back to your day; the "
                    "dispatcher may have given it to somebody else."
                )
            )
        return order.with_company(order.company_id)

    @api.model
    def _get_people(self, order):
        return order.technician_id | order.technician_ids

    @api.model
    def _get_writable_order(self, order_id, signed=False):
        """Own order that is still being worked on.

        :param signed: True when the change is allowed after the signature too
        """
        self.env["aftersales.order"].check_access("write")
        order = self._get_own_order(order_id)
        if order.state not in WORK_STATES:
            raise UserError(order._blocked_message("report", order))
        if order.signed_at and not signed:
            raise UserError(
                self.env._(
                    "The customer has signed %(order)s. Withdraw the signature "
                    "first; the customer signs again.",
                    order=order.name,
                )
            )
        return order

    # -------------------------------------------------------------------------
    # DAY
    # -------------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_day(self, date=None):
        """Own work of a day, what is overdue and what comes tomorrow (SV-22).

        Constant in queries whatever the number of visits.

        :param date: "YYYY-MM-DD"; default today where the technician works
        :return: dict with technician, money held and the cards in driving order
        """
        technicians = self._get_technicians()
        if not technicians:
            return {"technician": False, "cards": [], "held": []}
        bounds = self._get_bounds(technicians[0], date)
        visits = self._get_day_visits(technicians, bounds)
        orders = self._get_loose_orders(technicians)
        finished = visits.filtered(
            lambda visit: visit.state == "left" and visit.order_id in orders
        )
        visits -= finished
        cards = [self._prepare_visit_card(visit, bounds) for visit in visits]
        cards += [self._prepare_order_card(order) for order in orders]
        return {
            "technician": {"id": technicians[0].id, "name": technicians[0].name},
            "date": fields.Date.to_string(bounds[0]),
            "held": self._get_held(technicians),
            "held_warning": technicians[0].get_cash_warning(),
            "handovers": self._get_handovers(technicians),
            "cards": sorted(cards, key=lambda card: card["sort"]),
        }

    def _get_bounds(self, technician, date=None):
        """Day, its start, its end and the end of the next, in UTC."""
        # The technician's own day: where he works, not where the company sits.
        company = technician.company_id or self.env.company
        zone = pytz.timezone(technician.tz or company._aftersales_zone().zone)
        if date:
            try:
                day = fields.Date.to_date(date)
            except (TypeError, ValueError):
                day = None
            if not day or not 1970 <= day.year <= 9000:
                raise UserError(self.env._("“%s” is not a date.", date))
        else:
            day = datetime.now(zone).date()
        midnights = [
            zone.localize(datetime.combine(day + timedelta(days=days), time.min))
            .astimezone(pytz.utc)
            .replace(tzinfo=None)
            for days in range(3)
        ]
        return (day, *midnights)

    def _get_day_visits(self, technicians, bounds):
        _day, start, _end, after = bounds
        mine = Domain("technician_ids", "in", technicians.ids)
        mine |= Domain("lead_id", "in", technicians.ids)
        todo = Domain("state", "in", OPEN_VISITS)
        todo &= Domain("planned_start", "<", after) | Domain("state", "!=", "planned")
        left = Domain("state", "=", "left") & Domain("left_at", ">=", start)
        return self.env["aftersales.visit"].search(
            mine & (todo | left), order="planned_start, id", limit=200
        )

    def _get_loose_orders(self, technicians):
        """Own open orders without a visit ahead: workshop, remote, unfinished."""
        mine = Domain("technician_ids", "in", technicians.ids)
        mine |= Domain("technician_id", "in", technicians.ids)
        return self.env["aftersales.order"].search(
            mine
            & Domain("state", "in", WORK_STATES)
            & Domain("visit_ids", "not any", [("state", "in", OPEN_VISITS)]),
            order="fault_level, called_at, id",
            limit=200,
        )

    def _prepare_visit_card(self, visit, bounds):
        group = self._get_group(visit, bounds)
        rank = ("now", "overdue", "today", "tomorrow", "finished").index(group)
        return {
            **self._prepare_facts(visit.order_id),
            "key": f"visit-{visit.id}",
            "visit_id": visit.id,
            "group": group,
            "sort": [
                rank * 2,
                fields.Datetime.to_string(visit.planned_start),
                visit.id,
            ],
            "start": self._to_utc(visit.planned_start),
            "end": self._to_utc(visit.planned_end),
            "state": visit.state,
            "state_label": self._get_label(visit, "state"),
            "unreported": False,
        }

    def _get_group(self, visit, bounds):
        _day, start, end, _after = bounds
        if visit.state == "left":
            return "finished"
        if visit.state in ("departed", "arrived"):
            return "now"
        if visit.planned_start < start:
            return "overdue"
        return "today" if visit.planned_start < end else "tomorrow"

    def _prepare_order_card(self, order):
        left = self._is_unreported(order)
        return {
            **self._prepare_facts(order),
            "key": f"order-{order.id}",
            "visit_id": False,
            "group": "unreported" if left else "loose",
            "sort": [3 if left else 5, order.fault_level, order.id],
            "start": False,
            "end": False,
            "state": order.state,
            "state_label": self._get_label(order, "state"),
            "unreported": left,
        }

    def _is_unreported(self, order):
        """Solved and left, but the report was never finished."""
        return any(
            visit.state == "left"
            and (visit.left_without_report or visit.outcome in ("done", "not_ours"))
            for visit in order.visit_ids
        )

    def _prepare_facts(self, order):
        """What a technician needs to know before setting out."""
        parts = order.line_ids.filtered(lambda line: line.kind == "part")
        return {
            "order_id": order.id,
            "number": order.name,
            "customer": order.partner_id.display_name,
            "contact": order.contact_name or "",
            "phone": order.phone or order.site_id.phone or "",
            **self._prepare_place(order.site_id or order.partner_id),
            "place": order.place,
            "place_label": self._get_label(order, "place"),
            "machine": order.product_id.display_name or "",
            "serial": order.serial or "",
            "symptom": order.symptom_id.name or "",
            "description": order.description or "",
            "level": order.fault_level,
            "level_label": self._get_label(order, "fault_level"),
            "grade": order.grade_id.name or "",
            "expected": self._to_utc(order.expected_at),
            "arrive_by": self._to_utc(not order.arrive_at and order.arrive_deadline),
            "due_by": self._to_utc(order.sla_due_at),
            "sla_state": order.sla_state or "",
            "wrote": bool(order.customer_wrote_at),
            "carry": [
                {
                    "id": line.id,
                    "name": line.product_id.display_name,
                    "quantity": line.quantity,
                    "uom": line.uom_id.name,
                }
                for line in parts
            ],
            "mates": ", ".join(
                tech.name
                for tech in self._get_people(order)
                if tech.user_id != self.env.user
            ),
        }

    def _prepare_place(self, site):
        """Address for the eye and for the map of the phone."""
        pieces = [
            site.street,
            site.street2,
            site.zip,
            site.city,
            site.state_id.name,
            site.country_id.name,
        ]
        address = ", ".join(piece.strip() for piece in pieces if piece)
        return {
            "site": site.display_name,
            "address": address,
            "latitude": site.partner_latitude or False,
            "longitude": site.partner_longitude or False,
        }

    def _get_held(self, technicians):
        """Money taken on site and not yet handed in, per currency."""
        return [row for rows in technicians.get_cash_held().values() for row in rows]

    def _get_handovers(self, technicians):
        """Counted money the technician has not agreed with yet (SV-52)."""
        handovers = self.env["aftersales.handover"].search(
            [
                ("technician_id", "in", technicians.ids),
                ("state", "in", ("done", "difference", "settled")),
                ("confirmed_at", "=", False),
            ],
            limit=10,
        )
        return [
            {
                "id": handover.id,
                "name": handover.name,
                "date": fields.Date.to_string(handover.date),
                "currency_id": handover.currency_id.id,
                "expected": handover.expected_amount,
                "counted": handover.counted_amount,
                "difference": handover.difference,
            }
            for handover in handovers
        ]

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    @api.model
    def _get_selection(self, record, name):
        return record._fields[name]._description_selection(self.env)

    @api.model
    def _get_label(self, record, name):
        return dict(self._get_selection(record, name)).get(record[name], "")

    @api.model
    def _to_utc(self, value):
        return fields.Datetime.to_string(value) if value else False

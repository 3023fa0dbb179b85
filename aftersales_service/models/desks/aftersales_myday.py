import base64
import binascii
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date
from odoo.tools.mimetypes import guess_mimetype

OPEN_VISITS = ("planned", "departed", "arrived")
WORK_STATES = ("dispatched", "in_progress")
PHOTO_TYPES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/pdf": ".pdf",
}
# What a technician says about the part taken out; the rest is the parts keeper's.
OLD_PARTS = ("none", "due", "left")
MAX_PHOTOS = 30
MAX_TEXT = 10000


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
        zone = pytz.timezone(technician.tz or self.env.user.tz or "UTC")
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
    # ORDER
    # -------------------------------------------------------------------------

    @api.model
    def get_order(self, order_id):
        """All the phone shows about one own order."""
        order = self._get_own_order(order_id)
        visit = self._get_visit(order)
        missing = self._get_missing(order)
        return {
            **self._prepare_facts(order),
            "id": order.id,
            "state": order.state,
            "state_label": self._get_label(order, "state"),
            "service_type_label": self._get_label(order, "service_type"),
            "editable": order.state in WORK_STATES and not order.signed_at,
            "working": order.state in WORK_STATES,
            "visit": self._prepare_visit(visit),
            "hours_before": self._get_hours_before(order, visit),
            "missing": missing,
            "step": self._get_step(order, visit, missing),
            "report": self._prepare_report(order),
            "photos": self._prepare_photos(order),
            "lines": [self._prepare_line(line) for line in order.line_ids],
            **self._prepare_money(order),
            **self._prepare_collections(order),
            **self._get_choices(order),
        }

    def _get_visit(self, order):
        """The visit the user is on or has next; else the last one."""
        technicians = self._get_technicians()
        visits = order.visit_ids.filtered(
            lambda visit: (
                visit.state != "cancelled"
                and (visit.technician_ids | visit.lead_id) & technicians
            )
        )
        for state in ("arrived", "departed", "planned"):
            found = visits.filtered(lambda visit, state=state: visit.state == state)
            if found:
                return found.sorted("planned_start")[0]
        return visits.sorted("planned_start")[-1:]

    def _prepare_visit(self, visit):
        if not visit:
            return False
        names = ("planned_start", "planned_end", "departed_at", "arrived_at", "left_at")
        return {
            "id": visit.id,
            "state": visit.state,
            "state_label": self._get_label(visit, "state"),
            "outcome": visit.outcome,
            "outcome_label": self._get_label(visit, "outcome"),
            "trip_state": visit.trip_state,
            "trip_label": self._get_label(visit, "trip_state"),
            "note": visit.note or "",
            **{name: self._to_utc(visit[name]) for name in names},
        }

    def _get_hours_before(self, order, visit):
        """Hours on site of earlier visits, to read beside the running clock."""
        earlier = (order.visit_ids - visit).filtered(
            lambda other: other.arrived_at and other.left_at
        )
        return sum(
            (other.left_at - other.arrived_at).total_seconds() / 3600.0
            for other in earlier
        )

    def _prepare_report(self, order):
        return {
            "cause_id": order.cause_id.id,
            "cause_name": order.cause_id.name or "",
            "remedy": order.remedy or "",
            "misuse": order.misuse,
            "misuse_evidence": order.misuse_evidence or "",
            "customer_opinion": order.customer_opinion,
            "customer_note": order.customer_note or "",
        }

    def _prepare_photos(self, order):
        return [
            {"id": photo.id, "name": photo.name, "mimetype": photo.mimetype}
            for photo in order.photo_ids
        ]

    def _prepare_line(self, line):
        paying = line._is_charged()
        return {
            "id": line.id,
            "kind": line.kind,
            "kind_label": self._get_label(line, "kind"),
            "name": line.name or line.product_id.display_name,
            "product_id": line.product_id.id,
            "tracking": line.product_id.tracking,
            "quantity": line.quantity,
            "uom": line.uom_id.name or "",
            "lot": line.lot_id.name or "",
            "location": line.source_location_id.display_name or "",
            "list_price": line.list_price,
            "price_unit": line.price_unit,
            "net_price": line._get_net_price(),
            "discount": line.discount,
            "payer": line.payer,
            "payer_label": self._get_label(line, "payer"),
            "payer_reason": line.payer_text or "",
            "off_list": bool(
                line._compare_price(line._get_net_price(), line.list_price)
            ),
            "total": line.customer_total if paying else 0.0,
            "paying": paying,
            "approval_state": line.approval_state,
            "approval_label": self._get_label(line, "approval_state"),
            "old_part_state": line.old_part_state,
            "old_part_label": self._get_label(line, "old_part_state"),
            "old_part_note": line.old_part_note or "",
            "old_part_open": line.old_part_state in OLD_PARTS,
            **self._prepare_stock(line),
        }

    def _prepare_stock(self, line):
        """Where the part is, and when it comes if it is not at hand."""
        if line.kind != "part":
            return {"short": False, "stock_label": "", "can_request": False}
        return {
            "short": line.stock_state == "short",
            "stock_label": self._get_label(line, "stock_state"),
            "expected_on": format_date(self.env, line.expected_date),
            "can_request": line in line.order_id._get_lines_to_request(),
        }

    def _prepare_money(self, order):
        return {
            "currency_id": order.currency_id.id,
            "amount_untaxed": order.amount_untaxed,
            "amount_tax": order.amount_tax,
            "amount_customer": order.amount_customer,
            "approval_state": order.approval_state,
            "approval_label": self._get_label(order, "approval_state"),
            "quote_state": order.quote_state,
            "quote_label": self._get_label(order, "quote_state"),
            "quote_by": order.quote_decided_by or "",
            "can_quote": self._can_quote(order),
            "signed_by": order.signed_by or "",
            "signed_at": self._to_utc(order.signed_at),
            "signature_required": order._is_signature_required(),
            "photo_max_mb": order.company_id.aftersales_photo_max_mb,
        }

    def _can_quote(self, order):
        """Something to pay that the customer has not decided on or signed."""
        return (
            order.state in WORK_STATES
            and order.quote_state in ("none", "sent")
            and not order.signed_at
            and order.approval_state not in ("pending", "rejected")
            and not order.currency_id.is_zero(order.amount_customer)
        )

    def _prepare_collections(self, order):
        """Money taken on site, and what may still be taken (SV-52)."""
        taken = order.collection_ids.filtered(lambda row: row.state != "cancelled")
        return {
            "collections": [
                {
                    "id": row.id,
                    "amount": row.amount,
                    "currency_id": row.currency_id.id,
                    "method_label": row._get_method_name(),
                    "reference": row.reference or "",
                }
                for row in taken
            ],
            "amount_open": order.amount_to_collect,
            "can_collect": order.state in (*WORK_STATES, "done")
            and order.approval_state not in ("pending", "rejected")
            and order.currency_id.compare_amounts(order.amount_to_collect, 0.0) > 0,
            "collect_methods": self._get_methods(order),
        }

    def _get_methods(self, order):
        """Ways of paying: code, name, and whether a reference is needed."""
        methods = self.env["aftersales.collection.method"]._get_methods(
            order.company_id
        )
        return [[m.code, m.display_name, m.needs_reference] for m in methods]

    def _get_choices(self, order):
        """Selections the page offers, in the user's language."""
        return {"opinions": self._get_selection(order, "customer_opinion")}

    # -- next step ----------------------------------------------------------------

    def _get_step(self, order, visit, missing):
        """The one thing to do next, shown on the big button."""
        if order.state == "cancelled":
            return {"key": "none", "label": self.env._("Cancelled")}
        if order.state in ("done", "closed"):
            if visit and visit.state == "arrived":
                return {"key": "leave", "label": self.env._("Leave")}
            return {"key": "none", "label": self.env._("Done")}
        if visit and visit.state == "planned":
            return {"key": "depart", "label": self.env._("Set out")}
        if visit and visit.state == "departed":
            return {"key": "arrive", "label": self.env._("Arrive")}
        if order.state == "dispatched" and not visit:
            return {"key": "start", "label": self.env._("Start work")}
        return self._get_paper_step(order, missing)

    def _get_paper_step(self, order, missing):
        """Once at work: report, approval, quotation, signature, done."""
        if any(item["section"] == "report" for item in missing):
            return {"key": "report", "label": self.env._("Report")}
        if order.approval_state in ("pending", "rejected"):
            label = self._get_label(order, "approval_state")
            return {"key": "approval", "label": label}
        if any(item["field"] == "quote" for item in missing):
            return {"key": "quote", "label": self.env._("Quotation")}
        if order._is_signature_required() and not order.signed_at:
            return {"key": "sign", "label": self.env._("Sign")}
        return {"key": "done", "label": self.env._("Done")}

    def _get_missing(self, order):
        """What completion still asks for, each with the section that holds it."""
        if order.state not in WORK_STATES:
            return []
        sections = self._get_missing_sections()
        sentences = order._get_missing_for_completion().get(order, [])
        return [
            {"text": text, **sections.get(text, {"section": "parts", "field": ""})}
            for text in sentences
        ]

    def _get_missing_sections(self):
        """Where on the page a sentence of the completion check is answered."""
        return {
            self.env._("the cause"): {"section": "report", "field": "cause"},
            self.env._("the remedy"): {"section": "report", "field": "remedy"},
            self.env._("the customer's opinion"): {
                "section": "report",
                "field": "opinion",
            },
            self.env._("the evidence of misuse"): {
                "section": "report",
                "field": "evidence",
            },
            self.env._("the approval of a price or gift"): {
                "section": "money",
                "field": "approval",
            },
            self.env._("the customer's answer to the quotation"): {
                "section": "money",
                "field": "quote",
            },
            self.env._("the customer's signature"): {
                "section": "sign",
                "field": "signature",
            },
        }

    # -- reference data -------------------------------------------------------------

    @api.model
    @api.readonly
    def get_causes(self, order_id, text=""):
        """Causes to choose from, those of the order's symptom first (SV-03)."""
        order = self._get_own_order(order_id)
        domain = Domain.TRUE
        words = self._clean_text(text).split()[:5]
        for word in words:
            domain &= Domain("display_name", "ilike", word[:64])
        causes = self.env["aftersales.cause"].search(domain, limit=300)
        likely = causes.filtered(lambda cause: order.symptom_id in cause.symptom_ids)
        return [
            {
                "id": cause.id,
                "name": cause.name,
                "code": cause.code or "",
                "remedy": cause.remedy or "",
                "is_misuse": cause.is_misuse,
                "likely": cause in likely,
            }
            for cause in (likely + (causes - likely))[:60]
        ]

    # -------------------------------------------------------------------------
    # REPORT
    # -------------------------------------------------------------------------

    @api.model
    def _get_report_fields(self):
        """Fields of the order the phone may write, nothing else."""
        return {
            "cause_id",
            "remedy",
            "misuse",
            "misuse_evidence",
            "customer_opinion",
            "customer_note",
        }

    @api.model
    def save_report(self, order_id, values):
        """Store what was found and done (SV-03, SV-55).

        :param values: report fields only; anything else is refused
        :return: the order as :meth:`get_order` shows it
        """
        self._check_keys(values, self._get_report_fields())
        after_signing = not values.keys() - {"customer_opinion", "customer_note"}
        order = self._get_writable_order(order_id, signed=after_signing)
        order.write(self._clean_report(values))
        return self.get_order(order_id)

    def _check_keys(self, values, allowed):
        if not isinstance(values, dict):
            raise UserError(self.env._("Nothing to save."))
        if refused := {str(key) for key in values.keys() - allowed}:
            raise AccessError(
                self.env._(
                    "This screen cannot change: %(fields)s.",
                    fields=", ".join(sorted(refused)[:10]),
                )
            )

    def _clean_report(self, values):
        cleaned = {}
        for name, value in values.items():
            if name == "cause_id":
                cleaned[name] = self._check_cause(value)
            elif name == "misuse":
                cleaned[name] = bool(value)
            elif name == "customer_opinion":
                cleaned[name] = self._check_opinion(value)
            else:
                cleaned[name] = self._clean_text(value) or False
        return cleaned

    def _check_cause(self, value):
        if not value:
            return False
        valid = isinstance(value, int) and 0 < value < 2**31
        cause = valid and self.env["aftersales.cause"].search([("id", "=", value)])
        if not cause:
            raise UserError(self.env._("This cause no longer exists. Choose another."))
        return cause.id

    def _check_opinion(self, value):
        selection = self._get_selection(
            self.env["aftersales.order"], "customer_opinion"
        )
        if value and value not in [key for key, _label in selection]:
            raise UserError(self.env._("Unknown opinion “%s”.", value))
        return value or False

    @api.model
    def _clean_text(self, value):
        """Text as the database can store it: no NUL, no half emoji, not endless."""
        if not value:
            return ""
        if not isinstance(value, str):
            raise UserError(self.env._("Text was expected."))
        if len(value) > MAX_TEXT:
            raise UserError(
                self.env._("The text is too long: at most %s characters.", MAX_TEXT)
            )
        text = value.replace("\x00", "").encode("utf-8", "ignore").decode()
        return text.strip()

    # -------------------------------------------------------------------------
    # PHOTOS
    # -------------------------------------------------------------------------

    @api.model
    def add_photo(self, order_id, name, data):
        """Keep a photo or PDF with the report; sent twice, it is kept once.

        :param data: base64 of a jpeg, png or pdf
        :return: the photos of the order
        """
        order = self._get_writable_order(order_id, signed=True)
        content = self._decode_photo(order, data)
        mimetype = self._check_photo_type(content)
        order._lock_for_action()
        attachments = self.env["ir.attachment"]
        checksum = attachments._compute_checksum(content)
        if checksum not in order.photo_ids.mapped("checksum"):
            if len(order.photo_ids) >= MAX_PHOTOS:
                raise UserError(
                    self.env._("At most %s photos belong to one report.", MAX_PHOTOS)
                )
            photo = attachments.create(
                {
                    "name": self._get_photo_name(name, mimetype),
                    "raw": content,
                    "mimetype": mimetype,
                    "res_model": order._name,
                    "res_id": order.id,
                }
            )
            order.write({"photo_ids": [Command.link(photo.id)]})
        return self._prepare_photos(order)

    def _decode_photo(self, order, data):
        limit = max(order.company_id.aftersales_photo_max_mb, 1)
        too_big = self.env._(
            "The file is too big: at most %(limit)s MB, pdf, jpg or png.", limit=limit
        )
        if isinstance(data, str):
            data = data.encode("ascii", "ignore")
        if not isinstance(data, bytes) or not data:
            raise UserError(self.env._("The file is empty."))
        if len(data) > limit * 1024 * 1024 * 4 // 3 + 1024:
            raise UserError(too_big)
        try:
            content = base64.b64decode(data, validate=True)
        except (ValueError, binascii.Error):
            content = b""
        if not content:
            raise UserError(self.env._("The file is empty or damaged."))
        if len(content) > limit * 1024 * 1024:
            raise UserError(too_big)
        return content

    def _check_photo_type(self, content):
        """Type by content; the name and what the browser says are not trusted."""
        mimetype = guess_mimetype(content, default="application/octet-stream")
        if mimetype not in PHOTO_TYPES:
            raise UserError(self.env._("Only jpg, png and pdf files can be added."))
        return mimetype

    def _get_photo_name(self, name, mimetype):
        stem = self._clean_text(name if isinstance(name, str) else "")
        stem = stem.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
        stem = "".join(char for char in stem if char.isprintable()).strip(". ")
        return (stem[:80] or self.env._("photo")) + PHOTO_TYPES[mimetype]

    @api.model
    def remove_photo(self, order_id, photo_id):
        """Take a photo off the report before the order is done."""
        order = self._get_writable_order(order_id, signed=True)
        photo = order.photo_ids.filtered(lambda photo: photo.id == photo_id)
        order.write({"photo_ids": [Command.unlink(item.id) for item in photo]})
        own = photo.filtered(
            lambda item: item.res_model == order._name and item.res_id == order.id
        )
        own.unlink()
        return self._prepare_photos(order)

    # -------------------------------------------------------------------------
    # LINES
    # -------------------------------------------------------------------------

    @api.model
    def save_line(self, order_id, line_id, values):
        """Quantity of a line, and what happened to the old part (SV-41)."""
        self._check_keys(values, {"quantity", "old_part_state", "old_part_note"})
        order = self._get_writable_order(order_id)
        line = self._get_line(order, line_id)
        cleaned = self._clean_line(values)
        note = cleaned.get("old_part_note", line.old_part_note)
        if cleaned.get("old_part_state", line.old_part_state) == "left" and not note:
            raise UserError(self.env._("Say why the old part stays with the customer."))
        line.write(cleaned)
        return self.get_order(order_id)

    def _clean_line(self, values):
        cleaned = {}
        if "quantity" in values:
            cleaned["quantity"] = self._check_number(values["quantity"])
        if "old_part_state" in values:
            if values["old_part_state"] not in OLD_PARTS:
                raise UserError(self.env._("Say what happened to the old part."))
            cleaned["old_part_state"] = values["old_part_state"]
        if "old_part_note" in values:
            cleaned["old_part_note"] = self._clean_text(values["old_part_note"])[:250]
        return cleaned

    def _get_line(self, order, line_id):
        line = order.line_ids.filtered(lambda line: line.id == line_id)
        if not line:
            raise UserError(
                self.env._("This line is gone. Reload the page to see the order.")
            )
        return line

    def _check_number(self, value, maximum=10000.0):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= maximum:
            raise UserError(self.env._("Type a number between 0 and %s.", int(maximum)))
        return float(value)

    @api.model
    def add_service(self, order_id, kind, quantity):
        """Labour or travel by hand; one line of a kind for each visit.

        :param kind: "labour" or "travel"
        :param quantity: in the unit of the company's product; 0 removes the line
        """
        if kind not in ("labour", "travel"):
            raise UserError(self.env._("Labour or travel was expected."))
        quantity = self._check_number(quantity)
        order = self._get_writable_order(order_id)
        order._lock_for_action()
        visit = self._get_visit(order)
        line = order.line_ids.filtered(
            lambda line: line.kind == kind and line.visit_id == visit
        )[:1]
        if line and not quantity:
            line.unlink()
        elif line:
            line.quantity = quantity
        elif quantity:
            order._add_lines([self._prepare_service(order, kind, quantity, visit)])
        return self.get_order(order_id)

    def _prepare_service(self, order, kind, quantity, visit):
        product = order.company_id[f"aftersales_{kind}_product_id"]
        if not product:
            raise UserError(
                self.env._(
                    "No product is chosen for this in the service settings of "
                    "%(company)s. Tell your manager.",
                    company=order.company_id.name,
                )
            )
        return order._prepare_line_values(
            kind, product, quantity, visit_id=visit.id or False
        )

    @api.model
    def request_price(self, order_id, line_id, price, reason):
        """Ask for another unit price than the list's; blocks signing until decided.

        :param price: what the customer would pay per unit; the list price takes
            the request back
        :param reason: for the manager who decides
        """
        price = self._check_number(price, 10000000.0)
        reason = self._clean_text(reason)
        order = self._get_writable_order(order_id)
        line = self._get_line(order, line_id)
        if line._compare_price(price, line.list_price) and not reason:
            raise UserError(self.env._("Say why the price should differ."))
        line._request_price(price, 0.0, reason)
        return self.get_order(order_id)

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

"""Every case of the story as rows: nothing sent, nothing booked."""

from datetime import timedelta

from pytz import utc

from odoo.tools import SQL

from . import words
from .rows import Rows

MARKS = ("attitude", "skill", "punctuality", "promises")
PAYER_REASONS = {
    "customer": "收费服务",
    "warranty": "保修期内，由保修承担",
    "contract": "维保合同内",
    "goodwill": "返修，不再收费",
}
# Issue of the story: category, seriousness, ours.
ISSUES = {
    "late": ("service_late", "normal", True),
    "unsolved": ("service_unsolved", "serious", True),
    "rude": ("attitude_rude", "normal", True),
    "unreachable": ("service_unreachable", "normal", True),
    "fee": ("price_too_high", "normal", True),
    "part": ("product_part", "normal", False),
}
GRIEVANCES = {
    "late": 0,
    "unsolved": 1,
    "part": 3,
}
# A supplier gets no more of them in a month: the ladder is not the demo's business.
SUPPLIER_CASES = 2


def _naive(instant):
    """UTC without a zone, as the database keeps it."""
    return instant.astimezone(utc).replace(tzinfo=None, microsecond=0)


class Writer(Rows):
    """Writes the story down: rows inserted by batch, nothing sent, nothing booked."""

    def _write_story(self, cast, cases):
        """Every case with its order, work, money, card and complaint."""
        orders = self._reserve_ids("aftersales.order", len(cases))
        by_case = dict(zip(map(id, cases), orders, strict=True))
        rows = [self._prepare_order(cast, case, by_case) for case in cases]
        self._insert_rows("aftersales.order", rows, orders)
        told = list(zip(orders, cases, strict=True))
        self._link_technicians(told)
        self._write_visits(told)
        self._write_lines(cast, told)
        self._write_followups(cast, told)
        self._write_complaints(told)

    # -- order ------------------------------------------------------------------

    def _prepare_order(self, cast, case, by_case):
        machine, amount = case.machine, sum(x.get_amount() for x in case.lines)
        covered = sum(x.get_value() for x in case.lines if x.payer != "customer")
        tax = round(amount * cast.tax / 100.0, 2)
        late = case.is_late()
        caller = words.CALLERS[case.number % len(words.CALLERS)]
        return {
            "name": f"LS{self.company.id:02d}/{case.called.year}/{case.number + 1:05d}",
            "company_id": self.company.id,
            "currency_id": self.company.currency_id.id,
            "state": "cancelled" if case.cancelled else "closed",
            "partner_id": machine.partner,
            "commercial_partner_id": machine.partner,
            "site_id": machine.partner,
            "contact_name": caller,
            "channel": case.channel,
            "called_at": _naive(case.called),
            "asset_id": machine.id,
            "product_id": machine.product,
            "serial": machine.serial,
            "symptom_id": case.fault.symptom,
            "parent_id": by_case.get(id(case.parent)) if case.parent else None,
            "description": words.REPEAT if case.parent else None,
            "service_type": case.service_type,
            "fault_level": case.level,
            "place": case.place,
            "zone_id": machine.zone,
            "team_id": case.technician.team,
            "technician_id": None if case.cancelled else case.technician.id,
            "amount_untaxed": amount,
            "amount_tax": tax,
            "amount_customer": amount + tax,
            "amount_covered": covered,
            "amount_collected": 0.0,
            "charge_state": "paid" if amount else "nothing",
            "sla_state": None if case.cancelled else "missed" if late else "met",
            "sla_missed": bool(late),
            "answer_at": _naive(case.answered),
            "answer_deadline": _naive(case.answer_by),
            "arrive_deadline": case.arrive_by and _naive(case.arrive_by),
            **self._prepare_done(case, caller),
        }

    def _prepare_done(self, case, caller):
        if case.cancelled:
            cancelled = _naive(case.called + timedelta(minutes=25))
            return {"approval_state": "none", "cancelled_at": cancelled}
        started = case.trips[0].arrived if case.trips else case.answered
        dispatched = min(case.answered + timedelta(minutes=10), started)
        return {
            "approval_state": "none",
            "cause_id": case.fault.cause,
            "misuse": case.fault.misuse,
            "misuse_evidence": "现场照片，客户确认。" if case.fault.misuse else None,
            "customer_opinion": case.overall or "satisfied",
            "signed_by": caller if case.trips else None,
            "signed_at": _naive(case.done) if case.trips else None,
            "dispatched_at": _naive(dispatched),
            "started_at": _naive(started),
            "arrive_at": _naive(case.arrived) if case.arrived else None,
            "resolve_at": _naive(case.done),
            "done_at": _naive(case.done),
            "closed_at": _naive(case.closed),
            # Asked long ago, or never: the planner has nothing to catch up.
            "followup_planned_at": _naive(case.done),
        }

    def _link_technicians(self, told):
        rows = [
            (order, person)
            for order, case in told
            if not case.cancelled
            for person in case.get_people()
        ]
        self._insert_links("aftersales.order", "technician_ids", rows)

    # -- work -------------------------------------------------------------------

    def _write_visits(self, told):
        trips = [(order, case, trip) for order, case in told for trip in case.trips]
        visits = self._reserve_ids("aftersales.visit", len(trips))
        rows, people, logs = [], [], []
        for number, (visit, (order, case, trip)) in enumerate(
            zip(visits, trips, strict=True)
        ):
            rows.append(self._prepare_visit(number, order, case, trip))
            for person in trip.get_people():
                people.append((visit, person))
                logs += self._prepare_worklogs(visit, order, case, trip, person)
        self._insert_rows("aftersales.visit", rows, visits)
        self._insert_links("aftersales.visit", "technician_ids", people)
        logs += [
            self._prepare_bench_log(order, case)
            for order, case in told
            if not case.trips and not case.cancelled
        ]
        self._insert_rows("aftersales.worklog", logs)

    def _prepare_visit(self, number, order, case, trip):
        worked = (trip.left - trip.arrived).total_seconds() / 3600
        return {
            "name": f"LV{self.company.id:02d}/{trip.arrived.year}/{number + 1:05d}",
            "order_id": order,
            "company_id": self.company.id,
            "team_id": case.technician.team,
            "lead_id": trip.lead,
            "planned_start": _naive(trip.planned),
            "planned_end": _naive(trip.planned + timedelta(hours=2)),
            "planned_hours": 2.0,
            "departed_at": _naive(trip.departed),
            "arrived_at": _naive(trip.arrived),
            "left_at": _naive(trip.left),
            "outcome": trip.outcome,
            "next_step": None if trip.outcome == "done" else "visit",
            "state": "left",
            "left_without_report": False,
            "labour_quantity": max(0.25, round(worked * 4) / 4),
            "travel_quantity": 1.0,
        }

    def _prepare_worklogs(self, visit, order, case, trip, person):
        spans = (
            ("travel", trip.departed, trip.arrived),
            ("work", trip.arrived, trip.left),
        )
        for category, start, end in spans:
            yield {
                **self._prepare_log(order, case, person, category, start, end),
                "visit_id": visit,
                "is_automatic": True,
            }

    def _prepare_bench_log(self, order, case):
        category = "workshop" if case.place == "workshop" else "work"
        hours = 1.5 if category == "workshop" else 0.5
        start = case.done - timedelta(hours=hours)
        person = case.technician.id
        return self._prepare_log(order, case, person, category, start, case.done)

    def _prepare_log(self, order, case, person, category, start, end):
        return {
            "technician_id": person,
            "company_id": self.company.id,
            "team_id": case.technician.team,
            "order_id": order,
            "date": start.date(),
            "category": category,
            "started_at": _naive(start),
            "ended_at": _naive(end),
            "hours": (end - start).total_seconds() / 3600,
        }

    # -- money ------------------------------------------------------------------

    def _write_lines(self, cast, told):
        charged = [(order, case, line) for order, case in told for line in case.lines]
        ids = self._reserve_ids("aftersales.order.line", len(charged))
        products = self.env["product.product"].browse(
            {line.product for _order, _case, line in charged}
        )
        goods = {product.id: product for product in products}
        rows = [
            self._prepare_line(cast, order, case, line, goods[line.product])
            for order, case, line in charged
        ]
        self._insert_rows("aftersales.order.line", rows, ids)
        if tax := self._get_tax():
            links = [(line, tax.id) for line in ids]
            self._insert_links("aftersales.order.line", "tax_ids", links)

    def _prepare_line(self, cast, order, case, line, product):
        amount, value = line.get_amount(), line.get_value()
        free = case.fault.free and line.payer == "goodwill"
        return {
            "order_id": order,
            "company_id": self.company.id,
            "currency_id": self.company.currency_id.id,
            "kind": line.kind,
            "product_id": product.id,
            "uom_id": product.uom_id.id,
            "name": product.display_name,
            "quantity": line.quantity,
            "issued_quantity": line.quantity if line.kind == "part" else 0.0,
            "list_price": line.price,
            "price_unit": line.price,
            "discount": line.discount if line.payer == "customer" else 0.0,
            "deviation": round(amount - value, 2) if line.payer == "customer" else 0.0,
            "payer": line.payer,
            "payer_rule": line.payer,
            "payer_reason": words.FREE if free else PAYER_REASONS[line.payer],
            "payer_share": 100.0,
            "customer_amount": amount,
            "customer_total": round(amount * (1 + cast.tax / 100.0), 2),
            "covered_amount": 0.0 if line.payer == "customer" else value,
            "warranty_cost": self._get_line_cost(line),
            "issue_state": "issued" if line.kind == "part" else "none",
            "old_part_state": "scrapped" if line.kind == "part" else "none",
            "approval_state": "none",
        }

    def _get_line_cost(self, line):
        return round(line.cost * line.quantity, 2) if line.payer == "warranty" else 0.0

    # -- the customer's opinion -------------------------------------------------

    def _write_followups(self, cast, told):
        asked = [(order, case) for order, case in told if case.asked]
        ids = self._reserve_ids("aftersales.followup", len(asked))
        rows = [self._prepare_followup(cast, order, case) for order, case in asked]
        self._insert_rows("aftersales.followup", rows, ids)
        self.env.cr.execute(
            SQL(
                """
                UPDATE aftersales_order o
                   SET opinion = f.overall, opinion_at = f.answered_at,
                       opinion_followup_id = f.id
                  FROM aftersales_followup f
                 WHERE f.order_id = o.id AND f.state = 'answered' AND f.id = ANY(%s)
                """,
                ids,
            )
        )

    def _prepare_followup(self, cast, order, case):
        day = case.asked_at.date()
        answered = case.asked == "answered"
        user = cast.agents[case.technician.team]
        return {
            "order_id": order,
            "plan_id": self._get_plan().id,
            "kind": "card",
            "company_id": self.company.id,
            "team_id": case.technician.team,
            "partner_id": case.machine.partner,
            "commercial_partner_id": case.machine.partner,
            "contact_name": words.CALLERS[case.number % len(words.CALLERS)],
            "state": case.asked,
            "planned_on": day,
            "due_on": day + timedelta(days=1),
            "call_on": day,
            "agent_id": user,
            "tries": 3 if case.asked == "unreachable" else 0,
            "link_state": "none",
            "channel": "phone" if answered else None,
            "answered_at": _naive(case.asked_at) if answered else None,
            "answered_by_id": user if answered else None,
            "overall": case.overall,
            "last_try_at": _naive(case.asked_at),
            **self._prepare_words(case),
            **{
                name: str(mark)
                for name, mark in zip(MARKS, case.marks or (), strict=False)
            },
        }

    def _get_plan(self):
        return self.env.ref("aftersales_service.aftersales_followup_plan_card")

    def _prepare_words(self, case):
        texts = {"praise": words.PRAISES, "suggestion": words.SUGGESTIONS}
        values = {}
        if case.words:
            choice = texts[case.words]
            values[case.words] = choice[case.number % len(choice)]
        if case.overall == "dissatisfied":
            spot = case.number % len(words.GRIEVANCES)
            values["complaint_text"] = words.GRIEVANCES[spot]
        return values

    # -- complaints -------------------------------------------------------------

    def _write_complaints(self, told):
        voiced = [(order, case) for order, case in told if case.complains]
        ids = self._reserve_ids("aftersales.complaint", len(voiced))
        categories = {
            issue: self._own(f"complaint_category_{category}")
            for issue, (category, _seriousness, _ours) in ISSUES.items()
        }
        counts, rows, people = {}, [], []
        for complaint, (order, case) in zip(ids, voiced, strict=True):
            row = self._prepare_complaint(order, case, categories[case.complains])
            self._limit_supplier(row, counts)
            row["name"] = (
                f"LC{self.company.id:02d}/{case.called.year}/{len(rows) + 1:05d}"
            )
            rows.append(row)
            people += [(complaint, person) for person in case.get_people()]
        self._insert_rows("aftersales.complaint", rows, ids)
        self._insert_links("aftersales.complaint", "technician_ids", people)

    def _limit_supplier(self, row, counts):
        key = (row["supplier_id"], row["received_at"].strftime("%Y-%m"))
        counts[key] = counts.get(key, 0) + 1
        if counts[key] > SUPPLIER_CASES:
            row["supplier_id"] = None

    def _prepare_complaint(self, order, case, category):
        _category, seriousness, ours = ISSUES[case.complains]
        received = (case.asked_at or case.done) + timedelta(hours=2)
        settled = received + timedelta(hours=4 + case.number % 40)
        spot = GRIEVANCES.get(case.complains, 2)
        return {
            "company_id": self.company.id,
            "partner_id": case.machine.partner,
            "commercial_partner_id": case.machine.partner,
            "team_id": case.technician.team,
            "category_id": category.id,
            "about": category.about or category.parent_id.about or "other",
            "order_id": order,
            "asset_id": case.machine.id,
            "product_id": case.machine.product,
            "supplier_id": None if ours else case.fault.supplier,
            "channel": "phone",
            "place": "remote",
            "seriousness": seriousness,
            "description": words.GRIEVANCES[spot],
            "received_at": _naive(received),
            "state": case.complaint_end,
            "is_repeat": False,
            **self._prepare_settled(case, category, received, settled),
        }

    def _prepare_settled(self, case, category, received, settled):
        confirmed = received + timedelta(hours=2)
        late = settled > received + timedelta(hours=48)
        values = {
            "answer_deadline": _naive(received + timedelta(hours=4)),
            "resolve_deadline": _naive(received + timedelta(hours=48)),
            "answer_at": _naive(confirmed),
            "resolve_at": _naive(settled),
            "called_at": _naive(confirmed),
            "sla_state": "missed" if late else "met",
            "sla_missed": late,
        }
        if case.complaint_end != "resolved":
            return values | {"closing_reason": "已向客户说明，客户表示理解。"}
        unit = category.unit_id
        return values | {
            "confirmed_at": _naive(confirmed),
            "responsible_unit": unit.id or None,
            "at_fault": bool(unit) and not unit.is_external,
            "finding": words.FINDING,
            "cause": words.CAUSE,
            "correction": words.CORRECTION,
            "prevention": words.PREVENTION,
            "answer_text": words.ANSWER,
            "answer_channel": "phone",
            "last_answer_at": _naive(settled),
        }

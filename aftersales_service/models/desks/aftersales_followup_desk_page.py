from odoo import models
from odoo.tools import format_date

from ...const import OPEN_STATES

MAX_PAST = 4


class AftersalesFollowupDesk(models.AbstractModel):
    """All about the customer while the telephone rings."""

    _inherit = "aftersales.followup.desk"

    def _get_pages(self, followups):
        """All the caller needs for each call, keyed by id."""
        if not followups:
            return {}
        customers = followups.commercial_partner_id
        past = self._get_past(customers)
        complaints = self._get_complaints(customers)
        orders = self._get_open_orders(customers)
        return {
            followup.id: {
                **self._prepare_row(followup),
                **self._prepare_customer(followup),
                **self._prepare_call(followup),
                "order": self._prepare_order(followup.order_id),
                "past": [
                    row
                    for row in past.get(followup.commercial_partner_id.id, [])
                    if row["id"] != followup.id
                ][:MAX_PAST],
                "complaints": complaints.get(followup.commercial_partner_id.id, []),
                "open_orders": orders.get(followup.commercial_partner_id.id, []),
            }
            for followup in followups
        }

    def _prepare_customer(self, followup):
        partner, company = followup.partner_id, followup.commercial_partner_id
        grade = partner.aftersales_grade_id or company.aftersales_grade_id
        phones = dict.fromkeys(
            number
            for number in (
                followup.phone,
                followup.order_id.phone,
                partner.phone,
                company.phone,
            )
            if number
        )
        person = partner.name if partner != company else ""
        return {
            "partner_id": company.id,
            "contact": followup.contact_name
            or followup.order_id.contact_name
            or person,
            "phones": list(phones),
            "city": partner.city or company.city or "",
            "grade": grade.display_name or "",
            "customer_class": grade.customer_class or "",
            "wishes": partner.aftersales_wishes or company.aftersales_wishes or "",
        }

    def _prepare_call(self, followup):
        """The call itself: when, tries so far, script, question and decision."""
        return {
            "state": followup.state,
            "plan": followup.plan_id.display_name or "",
            "script": followup.script or "",
            "agent": followup.agent_id.name or "",
            "call_on": format_date(self.env, followup.call_on),
            "due_on": format_date(self.env, followup.due_on),
            "next_try": self._clock(followup.next_try_at)
            if followup.next_try_at
            else "",
            "note": followup.note or "",
            "question": followup.question or "",
            "decision": followup.decision or "",
            "decided": self._clock(followup.decided_at) if followup.decided_at else "",
            "decided_by": followup.decided_by_id.name or "",
        }

    def _prepare_order(self, order):
        """What was done, by whom, when, on which machine."""
        if not order:
            return False
        opinions = dict(
            order._fields["customer_opinion"]._description_selection(self.env)
        )
        return {
            "id": order.id,
            "name": order.name,
            "said": (order.description or "").strip()[:300],
            "symptom": order.symptom_id.display_name or "",
            "cause": order.cause_id.display_name or "",
            "remedy": (order.remedy or "").strip()[:400],
            "technicians": ", ".join(
                (order.technician_id | order.technician_ids).mapped("name")
            ),
            "called": self._clock(order.called_at),
            "arrived": self._clock(order.arrive_at) if order.arrive_at else "",
            "done": self._clock(order.done_at) if order.done_at else "",
            "product": order.product_id.display_name or "",
            "serial": order.serial or "",
            "asset_id": order.asset_id.id,
            "opinion": opinions.get(order.customer_opinion, ""),
            "remark": (order.customer_note or "").strip()[:300],
        }

    def _get_past(self, customers):
        """Answers given before, newest first, per customer."""
        found = self.env["aftersales.followup"].search(
            [
                ("commercial_partner_id", "in", customers.ids),
                ("state", "in", ("answered", "unreachable", "refused")),
                ("company_id", "=", self.env.company.id),
            ],
            order="answered_at desc, id desc",
            limit=20 * len(customers),
        )
        opinions, states = (
            dict(self._selection("overall")),
            dict(self._selection("state")),
        )
        rows = {}
        for followup in found:
            texts = (followup.complaint_text, followup.suggestion, followup.praise)
            rows.setdefault(followup.commercial_partner_id.id, []).append(
                {
                    "id": followup.id,
                    "day": format_date(
                        self.env,
                        followup.company_id._aftersales_day(followup.answered_at)
                        if followup.answered_at
                        else followup.call_on,
                    ),
                    "overall": followup.overall or "",
                    "result": opinions.get(followup.overall) or states[followup.state],
                    "text": next((text for text in texts if text), "")[:200],
                }
            )
        return rows

    def _get_complaints(self, customers):
        complaints = self.env["aftersales.complaint"]
        if not complaints.has_access("read"):
            return {}
        found = complaints.search(
            [
                ("commercial_partner_id", "in", customers.ids),
                ("state", "in", ("new", "confirmed", "answered")),
                ("company_id", "=", self.env.company.id),
            ],
            limit=10 * len(customers),
        )
        states = dict(complaints._fields["state"]._description_selection(self.env))
        rows = {}
        for complaint in found:
            rows.setdefault(complaint.commercial_partner_id.id, []).append(
                {
                    "id": complaint.id,
                    "name": complaint.name,
                    "about": complaint.category_id.display_name
                    or (complaint.description or "").strip()[:80],
                    "state": states[complaint.state],
                    "day": self._clock(complaint.received_at),
                }
            )
        return rows

    def _get_open_orders(self, customers):
        found = self.env["aftersales.order"].search(
            [
                ("commercial_partner_id", "in", customers.ids),
                ("state", "in", OPEN_STATES),
                ("company_id", "=", self.env.company.id),
            ],
            limit=10 * len(customers),
        )
        states = dict(found._fields["state"]._description_selection(self.env))
        rows = {}
        for order in found:
            rows.setdefault(order.commercial_partner_id.id, []).append(
                {
                    "id": order.id,
                    "name": order.name,
                    "about": order.symptom_id.display_name or "",
                    "state": states[order.state],
                }
            )
        return rows

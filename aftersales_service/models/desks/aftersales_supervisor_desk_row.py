from odoo import api, fields, models
from odoo.tools import format_date, format_datetime

from .aftersales_supervisor_desk import COMPLAINT_STEPS


class AftersalesSupervisorDesk(models.AbstractModel):
    """The records behind a number, ready to be worked off in place."""

    _inherit = "aftersales.supervisor.desk"

    @api.model
    def _row(self, record, title, *details, **values):
        """Values of one row; empty details are left out."""
        return {
            "id": record.id,
            "title": title or "",
            "details": [text for text in details if text],
            "time": "",
            "tone": "",
            "person": "",
            "res_model": record._name,
            "res_id": record.id,
            **values,
        }

    @api.model
    def _moment(self, instant):
        if not instant:
            return ""
        return format_datetime(
            self.env, instant, tz=self._get_tz(), dt_format="MM-dd HH:mm"
        )

    @api.model
    def _row_any(self, records):
        return [self._row(record, record.display_name) for record in records]

    @api.model
    def _row_orders(self, orders):
        now = fields.Datetime.now()
        states = dict(orders._fields["state"]._description_selection(self.env))
        return [
            self._row(
                order,
                order.partner_id.display_name,
                order.name,
                order.symptom_id.display_name,
                order.product_id.display_name,
                states[order.state],
                person=order.technician_id.name or "",
                time=self._moment(order.sla_due_at or order.called_at),
                tone="danger" if order.sla_due_at and order.sla_due_at < now else "",
            )
            for order in orders
        ]

    @api.model
    def _row_promises(self, orders):
        """Orders of a promise, with what still makes sense for each."""
        rows = self._row_orders(orders)
        for row, order in zip(rows, orders, strict=True):
            left_out = {"assign"} if order.state != "new" else set()
            if order.sla_pause_reason_id:
                left_out.add("pause")
            names = ("assign", "agree", "pause", "escalate")
            row["do"] = [name for name in names if name not in left_out]
        return rows

    @api.model
    def _row_visits(self, visits):
        outcomes = dict(visits._fields["outcome"]._description_selection(self.env))
        return [
            self._row(
                visit,
                visit.partner_id.display_name,
                visit.order_id.name,
                outcomes.get(visit.outcome),
                self.env._("left without a report")
                if visit.left_without_report
                else self.env._("order not completed"),
                person=visit.lead_id.name or "",
                time=self._moment(visit.left_at),
                res_model="aftersales.order",
                res_id=visit.order_id.id,
            )
            for visit in visits
        ]

    @api.model
    def _row_approvals(self, approvals):
        kinds = dict(approvals._fields["kind"]._description_selection(self.env))
        rows = []
        for approval in approvals:
            price = ""
            if approval.kind == "price":
                price = self.env._(
                    "%(asked)s instead of %(list)s (%(deviation)s %%)",
                    asked=f"{approval.asked_price:.2f}",
                    list=f"{approval.list_price:.2f}",
                    deviation=f"{approval.deviation:+.1f}",
                )
            row = self._row(
                approval,
                approval.name,
                kinds[approval.kind],
                price,
                (approval.reason or "").strip()[:200],
                person=approval.requested_by_id.name,
                time=self._moment(approval.requested_at),
            )
            if approval.order_id:
                row.update(res_model="aftersales.order", res_id=approval.order_id.id)
            if not self._may_decide(approval):
                row["do"] = []
                row["why_not"] = self.env._("for the manager")
            rows.append(row)
        return rows

    def _may_decide(self, approval):
        return self._is_manager() or (
            approval.kind in approval._get_supervisor_kinds()
            and approval.requested_by_id != self.env.user
        )

    @api.model
    def _row_complaints(self, complaints):
        now = fields.Datetime.now()
        states = dict(complaints._fields["state"]._description_selection(self.env))
        serious = self.env._("serious")
        return [
            self._row(
                complaint,
                complaint.partner_id.display_name,
                complaint.name,
                serious if complaint.seriousness == "serious" else "",
                complaint.category_id.display_name,
                states[complaint.state],
                (complaint.description or "").strip()[:200],
                person=" ".join(
                    text for text in (complaint.contact_name, complaint.phone) if text
                ),
                time=self._moment(complaint.sla_due_at or complaint.received_at),
                tone="danger"
                if complaint.sla_due_at and complaint.sla_due_at < now
                else "",
                do=["called", *COMPLAINT_STEPS.get(complaint.state, ())],
            )
            for complaint in complaints
        ]

    @api.model
    def _row_followups(self, followups):
        today = self._get_today()[0]
        rows = []
        for followup in followups:
            waits = followup.question_state == "open"
            due = followup.question_due_on if waits else followup.due_on
            rows.append(
                self._row(
                    followup,
                    followup.partner_id.display_name,
                    followup.display_name,
                    (followup.question or "").strip()[:300] if waits else "",
                    person=followup.agent_id.name or "",
                    time=format_date(self.env, due) if due else "",
                    tone="danger" if due and due < today else "",
                )
            )
        return rows

    @api.model
    def _row_files(self, partners):
        today = self._get_today()[0]
        return [
            self._row(
                partner,
                partner.display_name,
                partner.city,
                self.env._("missing: %s", partner.aftersales_file_gaps)
                if partner.aftersales_file_gaps
                else "",
                time=format_date(self.env, partner.aftersales_file_due_on),
                tone="danger" if partner.aftersales_file_due_on < today else "",
            )
            for partner in partners
        ]

    @api.model
    def _row_old_parts(self, lines):
        return [
            self._row(
                line,
                line.product_id.display_name,
                line.order_id.name,
                line.order_id.partner_id.display_name,
                person=line.order_id.technician_id.name or "",
                time=format_date(self.env, line.old_part_deadline),
                tone="danger",
                res_model="aftersales.order",
                res_id=line.order_id.id,
            )
            for line in lines
        ]

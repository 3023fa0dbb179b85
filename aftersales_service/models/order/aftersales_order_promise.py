from odoo import fields, models
from odoo.tools import format_datetime

from ...tools.sla_bar import Step
from ...tools.timeline import to_local


class AftersalesOrder(models.Model):
    """What the screens show of the promises of a service order (SV-10 … SV-12)."""

    _inherit = "aftersales.order"

    # -------------------------------------------------------------------------
    # BAR
    # -------------------------------------------------------------------------

    def _get_sla_steps(self):
        """Called, answered, dispatched, set out, arrived, left: what came when."""
        self.ensure_one()
        begin = self._get_sla_start()
        steps = self._get_work_steps()
        first = min((step.at for step in steps), default=None)
        free = self.env._("Unassigned")
        if not self.answer_deadline and not self.answer_at:
            return [Step(begin, "called", free), *steps]
        steps.append(Step(begin, "called", self.env._("Unanswered")))
        if self.answer_at and (first is None or self.answer_at < first):
            steps.append(Step(self.answer_at, "answer", free))
        return steps

    def _get_work_steps(self):
        """Phases from the dispatch on; visits add theirs."""
        return self._make_work_steps(
            [
                (self.dispatched_at, "dispatched", self.env._("Assigned")),
                (self.started_at, "started", self.env._("At work")),
            ]
        )

    def _make_work_steps(self, marks):
        """:param marks: ``[(moment, key, label)]``; those before the call are not"""
        begin = self._get_sla_start()
        return [Step(at, key, label) for at, key, label in marks if at and at >= begin]

    def _get_sla_end(self):
        if self.state == "cancelled":
            return self.resolve_at or self.done_at or self.write_date
        return self.resolve_at or self.done_at

    # -------------------------------------------------------------------------
    # CALL DESK
    # -------------------------------------------------------------------------

    def _explain_sla_draft(self, start):
        """Promises an order not yet registered would make from an instant on."""
        self.ensure_one()
        policies = self.env["aftersales.sla.policy"]
        return [
            {
                "key": line["milestone"],
                "label": line["label"],
                "deadline": self._dump_sla(line["deadline"]),
                "policy": line["policy"].display_name or "",
                "reason": line["reason"] or "",
            }
            for line in policies._explain(self._get_sla_facts(), start)
            if line["deadline"]
        ]

    # -------------------------------------------------------------------------
    # BOARD AND PHONE
    # -------------------------------------------------------------------------

    def _get_burning_instant(self):
        """The earliest of what was promised and what the caller was told."""
        self.ensure_one()
        return min(
            (instant for instant in (self.sla_due_at, self.expected_at) if instant),
            default=False,
        )

    def _get_due_milestone(self):
        """The milestone whose deadline is the next one; empty when none is open."""
        self.ensure_one()
        return next(
            (
                milestone
                for milestone in self.SLA_MILESTONES
                if self.sla_due_at
                and not self[f"{milestone}_at"]
                and self[f"{milestone}_deadline"] == self.sla_due_at
            ),
            "",
        )

    def _describe_due(self, tz):
        """“On site by 15:41”, in one time zone for all who look; empty when none."""
        milestone = self._get_due_milestone()
        if not milestone:
            return ""
        today = to_local(fields.Datetime.now(), tz).date()
        short = to_local(self.sla_due_at, tz).date() == today
        return self.env._(
            "%(what)s by %(when)s",
            what=self._get_sla_labels()[milestone],
            when=format_datetime(
                self.env,
                self.sla_due_at,
                tz=tz,
                dt_format="HH:mm" if short else "MM-dd HH:mm",
            ),
        )

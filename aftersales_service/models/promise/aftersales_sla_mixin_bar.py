from odoo import api, fields, models
from odoo.exceptions import AccessError

from ...tools.records import labels
from ...tools.sla_bar import Promise, Step, Stop, cut, join, whole_minutes

GROUP = "aftersales_service.aftersales_service_group_"


class AftersalesSlaMixin(models.AbstractModel):
    """One bar that explains every minute of a promise (SV-10 … SV-12).

    ============ ============================ =======================================
    Method       Group                        Restriction
    ============ ============================ =======================================
    get_sla_bar  any after-sales role         document readable
    ============ ============================ =======================================
    """

    _inherit = "aftersales.sla.mixin"

    # -------------------------------------------------------------------------
    # WHAT A DOCUMENT MAY ADD
    # -------------------------------------------------------------------------

    @api.model
    def _get_sla_labels(self):
        """What people call each milestone."""
        return {
            "answer": self.env._("Answer"),
            "arrive": self.env._("On site"),
            "resolve": self.env._("Solved"),
        }

    def _get_sla_steps(self):
        """Phases of the document in time; documents add their own.

        :return: instances of ``Step``, each lasting until the next one
        """
        self.ensure_one()
        phases = {
            "answer": self.env._("Being worked on"),
            "arrive": self.env._("At work"),
        }
        steps = [Step(self._get_sla_start(), "called", self.env._("Unanswered"))]
        for milestone, label in phases.items():
            reached = milestone in self.SLA_MILESTONES and self[f"{milestone}_at"]
            if reached:
                steps.append(Step(reached, milestone, label))
        return steps

    def _get_sla_end(self):
        """Instant at which nothing more is owed; False while something is."""
        self.ensure_one()
        return self.resolve_at or (self._is_sla_over() and self.write_date)

    def _get_sla_pauses(self):
        """Pause rows of the document, oldest first."""
        self.ensure_one()
        link = f"{self._sla_document()}_id"
        pauses = self.env["aftersales.sla.pause"]
        return pauses.search([(link, "=", self.id)], order="started_at, id")

    def _get_sla_agreements(self):
        """Promises agreed anew, oldest first."""
        self.ensure_one()
        link = f"{self._sla_document()}_id"
        agreements = self.env["aftersales.sla.agreement"]
        return agreements.search([(link, "=", self.id)], order="agreed_at, id")

    # -------------------------------------------------------------------------
    # BAR
    # -------------------------------------------------------------------------

    @api.readonly
    def get_sla_bar(self):
        """Everything the bar of one document shows; all instants in UTC."""
        self.ensure_one()
        if not self.env.user.has_group(f"{GROUP}user"):
            raise AccessError(
                self.env._("Your role in the service department does not allow this.")
            )
        self.check_access("read")
        # Safe: times and reasons of a document the user may read, nothing else.
        document = self.sudo()
        now = fields.Datetime.now()
        return {
            "state": document.sla_state or "none",
            "state_label": document._get_sla_state_label(),
            "now": self._dump_sla(now),
            "milestones": document._prepare_sla_milestones(now),
            "pieces": document._prepare_sla_pieces(now),
            "pauses": document._prepare_sla_pauses(now),
            "alerts": document._prepare_sla_alerts(),
            "paused": bool(document.sla_pause_reason_id),
            **self._get_sla_rights(),
        }

    @api.model
    def _dump_sla(self, instant):
        return fields.Datetime.to_string(instant) if instant else False

    def _get_sla_state_label(self):
        states = labels(self, "sla_state")
        return states.get(self.sla_state) or self.env._("Nothing promised")

    def _get_sla_rights(self):
        """Which buttons make sense; the actions check again."""
        may = self.has_access("write") and not self._get_sla_end()
        office = self.env.user.has_group(f"{GROUP}operator")
        return {
            "can_pause": may
            and (office or self.env.user.has_group(f"{GROUP}technician")),
            "can_agree": may and office,
        }

    def _prepare_sla_milestones(self, now):
        labels = self._get_sla_labels()
        agreements = self._get_sla_agreements().grouped("milestone")
        reasons = self._get_sla_reasons()
        return [
            {
                "key": key,
                "label": labels[key],
                "deadline": self._dump_sla(self[f"{key}_deadline"]),
                "at": self._dump_sla(self[f"{key}_at"]),
                "state": self._get_milestone_state(key, now),
                "minutes": self._get_milestone_minutes(key, now),
                "policy": self[f"{key}_policy_id"].display_name or "",
                "reason": reasons.get(key, ""),
                "agreed": [
                    self._prepare_sla_agreement(agreement)
                    for agreement in agreements.get(key, ())
                ],
            }
            for key in self.SLA_MILESTONES
            if self[f"{key}_deadline"] or self[f"{key}_at"]
        ]

    def _prepare_sla_agreement(self, agreement):
        return {
            "id": agreement.id,
            "old": self._dump_sla(agreement.old_deadline),
            "new": self._dump_sla(
                agreement.new_deadline or self[f"{agreement.milestone}_deadline"]
            ),
            "reason": agreement.reason or "",
            "with": agreement.agreed_with or "",
            "by": agreement.user_id.name or "",
            "at": self._dump_sla(agreement.agreed_at),
        }

    def _get_milestone_minutes(self, milestone, now):
        """Minutes left (early), negative when late; False without a deadline."""
        deadline = self[f"{milestone}_deadline"]
        if not deadline:
            return False
        return whole_minutes(self[f"{milestone}_at"] or now, deadline)

    def _prepare_sla_pieces(self, now):
        stops = [
            Stop(pause.started_at, pause.ended_at or None, pause.reason_id.name or "")
            for pause in self._get_sla_pauses()
        ]
        promises = [
            Promise(key, self[f"{key}_deadline"], self[f"{key}_at"] or None)
            for key in self.SLA_MILESTONES
            if self[f"{key}_deadline"]
        ]
        end = self._get_sla_end() or None
        pieces = cut(self._get_sla_steps(), stops, promises, now, end)
        return [
            {
                **piece,
                "start": self._dump_sla(piece["start"]),
                "end": self._dump_sla(piece["end"]),
            }
            for piece in join(pieces)
        ]

    def _prepare_sla_pauses(self, now):
        return [
            {
                "id": pause.id,
                "start": self._dump_sla(pause.started_at),
                "end": self._dump_sla(pause.ended_at),
                "minutes": whole_minutes(pause.started_at, pause.ended_at or now),
                "reason": pause.reason_id.name or "",
                "note": pause.note or "",
                "by": pause.user_id.name or "",
            }
            for pause in self._get_sla_pauses()
        ]

    def _prepare_sla_alerts(self):
        labels = self._get_sla_labels()
        levels = dict(
            self.env["aftersales.sla.alert"]
            ._fields["level"]
            ._description_selection(self.env)
        )
        return [
            {
                "id": alert.id,
                "at": self._dump_sla(alert.told_at),
                "milestone": labels.get(alert.milestone, ""),
                "level": levels[alert.level],
                "to": ", ".join(
                    user.name for user in alert.supervisor_id | alert.manager_id
                ),
            }
            for alert in self._get_sla_alerts()
            if alert.level != "error"
        ]

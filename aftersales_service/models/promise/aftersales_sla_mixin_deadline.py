from collections import defaultdict

from odoo import api, fields, models

from ...tools.worktime import NoWorkingTimeError


class AftersalesSlaMixin(models.AbstractModel):
    """When each milestone is due."""

    _inherit = "aftersales.sla.mixin"

    @api.depends(lambda self: self._get_sla_fact_fields())
    def _compute_sla(self):
        """All deadlines and the state of a batch; equal documents share the work."""
        over = self.filtered(lambda document: document._is_sla_over())
        for document in over.filtered(lambda document: not document._origin):
            document.update(dict.fromkeys(self._get_computed_sla_fields(), False))
        running = self - over
        if not running:
            return
        now = fields.Datetime.now()
        starts = {document: document._get_sla_start() or now for document in running}
        waits = {document: document._get_sla_waits() for document in running}
        facts = running._get_facts_by_document()
        engine = running._get_sla_engine(facts.values(), min(starts.values()))
        history = running._get_sla_history()
        groups = defaultdict(list)
        for document in running:
            origin = document._origin.id
            # Whoever has a past is alone; the others share what is equal for them.
            own = document if origin in history or document._has_reached() else None
            key = starts[document], id(facts[document]), own
            groups[*key, tuple(waits[document].items())].append(document)
        planned = []
        for documents in groups.values():
            first = documents[0]
            values = first._plan_sla(
                engine, facts[first], starts[first], history.get(first._origin.id), now
            )
            planned.append((documents, values))
        self._assign_planned(planned)

    def _assign_planned(self, planned):
        """Set each field once per distinct value, not once per document.

        :param planned: ``[(documents, values)]``
        """
        for name in self._get_computed_sla_fields():
            by_value = defaultdict(list)
            for documents, values in planned:
                by_value[values[name]].extend(documents)
            for value, documents in by_value.items():
                self.browse().concat(*documents)[name] = value

    def _has_reached(self):
        if not self._origin:
            return False
        return any(self[f"{name}_at"] for name in self.SLA_MILESTONES)

    def _get_sla_waits(self):
        """``{milestone: instant}`` of clocks that start later than the call.

        They hold for promises that name the place. False: what starts the clock has
        not happened yet, so there is no deadline.
        """
        self.ensure_one()
        return {}

    def _get_step_start(self, name, promise, start):
        """From when a promise counts; False when that has not come yet."""
        if promise and "place" in promise.conditions:
            return self._get_sla_waits().get(name, start)
        return start

    @api.model
    def _get_computed_sla_fields(self):
        return [
            name
            for name in sorted(self.SLA_FIELDS)
            if self._fields[name].compute == "_compute_sla"
        ]

    @api.model
    def _get_sla_engine(self, facts, since):
        calendars = {
            found[name]
            for found in facts
            for name in ("team_calendar_id", "company_calendar_id")
        }
        return self.env["aftersales.sla.policy"]._get_engine(
            self._sla_document(), calendars, since
        )

    def _get_sla_history(self):
        """``{id: (pauses, agreements)}`` of the rows that have any; two queries."""
        ids = self._origin.ids
        if not ids:
            return {}
        link = f"{self._sla_document()}_id"
        history = defaultdict(lambda: ([], {}))
        # Safe: the times of the documents whose deadlines are computed.
        pauses = self.env["aftersales.sla.pause"].sudo()
        for pause in pauses.search([(link, "in", ids)], order="started_at, id"):
            history[pause[link].id][0].append(pause)
        agreements = self.env["aftersales.sla.agreement"].sudo()  # Safe: as above.
        for row in agreements.search([(link, "in", ids)], order="agreed_at, id"):
            history[row[link].id][1][row.milestone] = row
            if row.was_late:  # stays so, whatever is agreed after it
                history[row[link].id][1]["late"] = row
        return history

    def _plan_sla(self, engine, facts, start, history, now):
        """Values of all computed fields of one document (or of many equal ones)."""
        pauses, agreements = history or ([], {})
        values = dict.fromkeys(self._get_computed_sla_fields(), False)
        matches = engine.strictest(facts, start)
        ranks = []
        for name in self.SLA_MILESTONES:
            if self[f"{name}_at"]:
                plan = self._keep_step(name)
            else:
                plan = self._plan_step(
                    engine, matches.get(name), name, facts, start, pauses, agreements
                )
            values.update(plan)
            if promise := engine.by_id.get(plan[f"{name}_policy_id"]):
                ranks.append((promise.rank, promise.id))
        values["policy_id"] = min(ranks)[1] if ranks else False
        values.update(self._judge(values, now, self._was_late(agreements)))
        return values

    def _keep_step(self, name):
        """What was reached keeps the deadline it was reached under."""
        return {
            f"{name}_policy_id": self[f"{name}_policy_id"].id,
            f"{name}_deadline": self[f"{name}_deadline"],
            f"{name}_risk_at": self[f"{name}_risk_at"],
        }

    def _plan_step(self, engine, promise, name, facts, start, pauses, agreements):
        """Policy, deadline and warning of one milestone, counted from the call."""
        values = {
            f"{name}_policy_id": promise.id if promise else False,
            f"{name}_deadline": False,
            f"{name}_risk_at": False,
        }
        # The pause that lasts is counted when it ends, by _move_deadlines.
        pauses = [pause for pause in pauses if pause.ended_at]
        counted = [
            (pause.started_at, pause.ended_at)
            for pause in pauses
            if not promise or pause.reason_id.id in promise.stopping
        ]
        agreed = agreements.get(name)
        start = self._get_step_start(name, promise, start)
        if agreed and agreed.is_reopening:
            start, agreed = agreed.agreed_at, None
        if not start and not agreed:
            return values
        target = promise and engine.target(promise, name, facts)
        calendar = engine.calendar(target, facts)
        try:
            if agreed:
                start = agreed.agreed_at
                deadline = calendar.move(start, agreed.new_deadline, counted)
            elif promise:
                deadline = engine.plan(
                    promise,
                    name,
                    facts,
                    start,
                    [(p.reason_id.id, p.started_at, p.ended_at) for p in pauses],
                ).deadline
            else:
                return values
            values.update(
                self._get_step_times(name, calendar, promise, start, deadline, counted)
            )
        except NoWorkingTimeError:
            values[f"{name}_deadline"] = agreed.new_deadline if agreed else False
        return values

    @api.model
    def _get_step_times(self, name, calendar, promise, start, deadline, pauses=()):
        """Deadline of a milestone and the instant at which it is at risk."""
        if not deadline:
            return {}
        share = promise.at_risk_share if promise else 80
        return {
            f"{name}_deadline": deadline,
            f"{name}_risk_at": calendar.share(start, deadline, share, pauses),
        }

    def _was_late(self, agreements):
        return any(agreement.was_late for agreement in agreements.values())

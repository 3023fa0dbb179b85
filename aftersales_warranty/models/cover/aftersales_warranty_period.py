from dataclasses import dataclass, field
from datetime import timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.tools import SQL, format_date
from odoo.tools.misc import split_every

from odoo.addons.aftersales_service.tools.records import labels

from ...tools import period, usage

SCOPE_COLUMNS = {
    "warranty_id": "int",
    "term_line_id": "int",
    "sequence": "int",
    "scope": "varchar",
    "role": "varchar",
    "product_id": "int",
    "categ_id": "int",
    "share": "float8",
    "date_start": "date",
    "date_end": "date",
    "date_base_end": "date",
    "extended_days": "int",
    "counter_limit": "float8",
    "usage_ended_on": "date",
}
PERIOD_FIELDS = (
    "date_start",
    "start_event",
    "start_capped",
    "waiting_events",
    "date_end",
    "date_base_end",
    "date_last_end",
    "extended_days",
    "counter_limit",
    "usage_ended_on",
    "usage_forecast_on",
)


@dataclass(frozen=True)
class PeriodFacts:
    """All that decides the periods of one warranty; equal facts, equal periods."""

    term: models.BaseModel
    zone: str
    happened: tuple = ()
    fixed: object = None
    event: str | None = None
    counted_from: object = None
    carried_days: int = 0
    repairs: tuple = ()
    readings: tuple = ()
    holidays: frozenset = field(default=frozenset())


class AftersalesWarranty(models.Model):
    """Feeds the arithmetic of ``tools/`` and stores its results (WA-03).

    `_refresh_periods` is the one way to bring start, ends and scopes up to date; it
    may be called at any time, for any number of warranties, and writes only what
    changed.
    """

    _inherit = "aftersales.warranty"

    # -- from facts to periods ----------------------------------------------------

    @api.model
    def _compute_periods(self, facts):
        """``{facts: (values of the warranty, [values of its scopes])}``.

        :param facts: iterable of PeriodFacts; equal ones are computed once
        """
        return {item: self._compute_period(item) for item in set(facts)}

    @api.model
    def _compute_period(self, facts):
        start = self._find_start(facts)
        values = dict.fromkeys(PERIOD_FIELDS, False)
        values.update(
            date_start=start.day or False,
            start_event=start.event or False,
            start_capped=start.capped,
            waiting_events=",".join(start.waits_for) or False,
            counter_limit=facts.term.counter_limit,
            extended_days=0,
        )
        scopes = [
            self._compute_scope(facts, start, line) for line in facts.term.line_ids
        ]
        if start.day:
            plan = self._get_period_plan(facts, start.day)
            done = period.run_chain(plan, facts.repairs)
            ends = [scope["date_end"] for scope in scopes if scope["share"]]
            values.update(
                date_end=done.end,
                date_base_end=done.base_end,
                extended_days=done.extended_days,
                date_last_end=max([done.end, *ends]),
                **self._compute_usage(facts, start.day),
            )
        return values, scopes

    def _find_start(self, facts):
        if facts.fixed:
            return period.Start(facts.fixed, facts.event)
        return period.find_start(facts.term._get_start_rule(), dict(facts.happened))

    def _get_period_plan(self, facts, start, length=None):
        return facts.term._get_plan(
            start,
            length,
            zone=facts.zone,
            holidays=facts.holidays,
            counted_from=facts.counted_from,
            carried_days=facts.carried_days,
        )

    def _compute_usage(self, facts, start):
        limit = facts.term.counter_limit
        latest = max(facts.readings, key=lambda item: item.day, default=None)
        ahead = usage.forecast(start, latest, limit) if latest and limit else None
        return {
            "usage_ended_on": usage.passed_on(facts.readings, limit) or False,
            "usage_forecast_on": ahead or False,
        }

    def _compute_scope(self, facts, start, line):
        """One row of the cover, with its own chain where its length is its own."""
        limit = line.counter_limit or facts.term.counter_limit
        values = {
            "term_line_id": line.id,
            "sequence": line.sequence,
            "scope": line.scope,
            "role": line.role,
            "product_id": line.product_id.id or None,
            "categ_id": line.categ_id.id or None,
            "share": line.share,
            "date_start": start.day,
            "date_end": None,
            "date_base_end": None,
            "extended_days": 0,
            "counter_limit": limit,
            "usage_ended_on": usage.passed_on(facts.readings, limit),
        }
        if start.day:
            plan = self._get_period_plan(facts, start.day, line._get_length())
            done = period.run_chain(plan, facts.repairs)
            values.update(
                date_end=done.end,
                date_base_end=done.base_end,
                extended_days=done.extended_days,
            )
        return values

    # -- keeping stored periods up to date ----------------------------------------

    def _refresh_periods(self):
        """Bring starts, ends, scopes and parts up to date; then what builds on them."""
        # Safe: results of stored facts; nothing of the caller's enters.
        warranties = self.sudo().filtered(lambda warranty: not warranty.is_void)
        if not warranties:
            return
        facts = warranties._get_period_facts()
        periods = self._compute_periods(facts.values())
        moved = warranties.browse()
        for warranty in warranties:
            values, scopes = periods[facts[warranty]]
            if warranty._write_changed(values):
                moved |= warranty
            warranty._update_scopes(scopes)
        warranties._refresh_parts()
        if followers := moved.child_ids:
            followers._refresh_periods()

    def _write_changed(self, values):
        """Write what differs; true when the start or the end moved."""
        self.ensure_one()
        changed = {
            name: value
            for name, value in values.items()
            if (self[name] or False) != (value or False)
        }
        if changed:
            start, end = self.date_start, self.date_end
            self.with_context(tracking_disable=True).write(changed)
            if {"date_start", "date_end"} & changed.keys():
                self._log_moved(start, end)
                return True
        return False

    def _log_moved(self, start, end):
        """Every move of a period is on record."""
        text = self.env._(
            "Period: %(start)s – %(end)s (was %(old_start)s – %(old_end)s)",
            start=format_date(self.env, self.date_start) or "?",
            end=format_date(self.env, self.date_end) or "?",
            old_start=format_date(self.env, start) or "?",
            old_end=format_date(self.env, end) or "?",
        )
        self._log_text(text)

    def _update_scopes(self, scopes):
        """Scope rows keep their identity: order lines may point at them."""
        rows = {row.term_line_id.id: row for row in self.scope_ids}
        missing = []
        for values in scopes:
            row = rows.get(values["term_line_id"])
            if not row:
                missing.append({**values, "warranty_id": self.id})
                continue
            changed = {
                name: values[name] or False
                for name in ("date_start", "date_end", "date_base_end")
                + ("extended_days", "usage_ended_on", "counter_limit")
                if (row[name] or False) != (values[name] or False)
            }
            if changed:
                row.write(changed)
        self._insert_scopes(missing)

    @api.model
    def _insert_scopes(self, rows):
        """Thousands of rows in few statements; values come from `_compute_scope`."""
        if not rows:
            return
        self.env.flush_all()
        names = SQL(", ").join(SQL.identifier(name) for name in SCOPE_COLUMNS)
        for chunk in split_every(10000, rows):
            columns = SQL(", ").join(
                SQL("%s::" + kind + "[]", [row[name] for row in chunk])
                for name, kind in SCOPE_COLUMNS.items()
            )
            self.env.cr.execute(
                SQL(
                    """INSERT INTO aftersales_warranty_scope
                    (%s, create_uid, create_date, write_uid, write_date)
                    SELECT given.*, %s, now() AT TIME ZONE 'UTC',
                        %s, now() AT TIME ZONE 'UTC'
                    FROM unnest(%s) AS given""",
                    names,
                    self.env.uid,
                    self.env.uid,
                    columns,
                )
            )
        self.env["aftersales.warranty.scope"].invalidate_model()
        self.invalidate_model(["scope_ids"])

    def _refresh_parts(self):
        """Parts under “rest” or “greater” follow the warranty they belong to."""
        self.part_ids._refresh_ends()

    # -- gathering facts ----------------------------------------------------------

    def _get_period_facts(self):
        """``{warranty: PeriodFacts}``, with a fixed number of queries."""
        repairs = self._get_repairs()
        readings = self._get_readings()
        holidays = self._get_holidays(self.term_id, self.company_id)
        return {
            warranty: warranty._prepare_period_facts(
                repairs.get(warranty, ()),
                readings.get(warranty.asset_id, ()),
                holidays.get((warranty.term_id, warranty.company_id), frozenset()),
            )
            for warranty in self
        }

    def _prepare_period_facts(self, repairs, readings, holidays):
        self.ensure_one()
        common = {
            "term": self.term_id,
            "zone": self.tz,
            "repairs": repairs,
            "readings": readings,
            "holidays": holidays,
            "carried_days": self.carried_days,
        }
        if self.kind == "extended" and not self.start_fixed:
            return PeriodFacts(**common, **self._get_extension_start())
        if self.start_fixed:
            return PeriodFacts(**common, fixed=self.date_start, event=self.start_event)
        return PeriodFacts(**common, happened=self._get_happened())

    def _get_happened(self):
        """Days of the events of the warranty, as the arithmetic takes them."""
        return tuple(
            (event, day)
            for event, name in self._get_event_fields().items()
            if (day := self[name])
        )

    def _get_extension_start(self):
        """The day after the standard warranty, or the purchase if it is over."""
        base = self.parent_id
        if not base.date_end:
            # Without a base the extension counts from the purchase, if assigned.
            alone = self.asset_id and not base
            return {"fixed": self.invoiced_on if alone else None, "event": "invoice"}
        bought = self.invoiced_on or base.date_end
        if bought > base.date_end:
            return {"fixed": bought, "event": "invoice"}
        return {
            "fixed": base.date_end + timedelta(days=1),
            "event": "extension",
            "counted_from": base.date_end,
        }

    def _get_repairs(self):
        """``{warranty: (Repair, …)}`` from the covered repairs of the machines."""
        rows = self.env["aftersales.warranty.repair"].search(
            [
                ("covered", "=", True),
                "|",
                ("asset_id", "in", self.asset_id.ids),
                ("warranty_id", "in", self.ids),
            ],
            order="reported_at, id",
        )
        by_asset = rows.grouped("asset_id")
        by_warranty = rows.filtered(lambda row: not row.asset_id).grouped("warranty_id")
        return {
            warranty: tuple(row._as_repair() for row in found)
            for warranty in self
            if (
                found := by_asset.get(warranty.asset_id)
                if warranty.asset_id
                else by_warranty.get(warranty)
            )
        }

    def _get_readings(self):
        """``{asset: (Reading, …)}`` of the machines whose terms have a counter."""
        counted = self.filtered("counter").asset_id
        rows = self.env["aftersales.warranty.reading"].search(
            [("asset_id", "in", counted.ids)], order="read_on, id"
        )
        return {
            asset: tuple(usage.Reading(row.read_on, row.total) for row in group)
            for asset, group in rows.grouped("asset_id").items()
        }

    @api.model
    def _get_holidays(self, terms, companies):
        """``{(term, company): days}`` for terms that move off public holidays."""
        rolling = terms.filtered("holiday_roll")
        if not rolling:
            return {}
        days = {
            company: frozenset(self._get_holidays_of(company)) for company in companies
        }
        return {
            (term, company): days[company] for term in rolling for company in companies
        }

    @api.model
    def _get_holidays_of(self, company):
        """Listed public holidays of the company's calendar; make-up days are worked.

        Weekends do not count, nor do closing days booked as working time (training).
        """
        calendar = company.resource_calendar_id
        leaves = self.env["resource.calendar.leaves"].search(
            [
                ("resource_id", "=", False),
                ("time_type", "=", "leave"),
                ("calendar_id", "in", [calendar.id, False]),
                ("company_id", "in", [company.id, False]),
            ]
        )
        made_up = self.env["aftersales.makeup.day"].search(
            [
                ("company_id", "=", company.id),
                ("calendar_id", "in", [calendar.id, False]),
            ]
        )
        worked = set(made_up.mapped("date"))
        zone = timezone(calendar.tz or "UTC")
        for leave in leaves:
            day = utc.localize(leave.date_from).astimezone(zone).date()
            last = utc.localize(leave.date_to).astimezone(zone).date()
            while day <= last:
                if day not in worked:
                    yield day
                day += timedelta(days=1)

    # -- events ---------------------------------------------------------------------

    @api.model
    def _get_event_fields(self):
        """``{event: field}``; later add-ons add theirs."""
        from .aftersales_warranty import EVENT_FIELDS

        return EVENT_FIELDS

    def _set_event(self, event, day):
        """An event happened. A later correction does not move a warranty it started.

        Who wants another start says so with a reason (`action_change_start`).
        """
        name = self._get_event_fields()[event]
        # Safe: facts of a delivery, an invoice or the machine's own record.
        warranties = self.sudo().filtered(lambda warranty: not warranty.is_void)
        changed = warranties.browse()
        for warranty in warranties:
            if warranty[name] == day:
                continue
            if warranty._keeps_start(event, day):
                warranty._log_ignored(event, day)
            else:
                changed |= warranty
        changed.with_context(tracking_disable=True).write({name: day})
        changed._refresh_periods()

    def _keeps_start(self, event, day):
        """An event entered before that started it, or one after the end."""
        today = period.local_date(fields.Datetime.now(), self.tz)
        if not self.date_start or self.date_start > today:
            return False
        started = self.start_event == event and bool(
            self[self._get_event_fields()[event]]
        )
        return started or bool(day and self.date_end and day > self.date_end)

    def _log_ignored(self, event, day):
        events = labels(self, "start_event")
        self._log_text(
            self.env._(
                "%(event)s was changed to %(day)s. The start stays; a supervisor can "
                "change it with a reason.",
                event=events[event],
                day=format_date(self.env, day) if day else "–",
            )
        )

    def _prepare_start_values(self, day, reason):
        return {
            "date_start": day,
            "start_event": "import",
            "start_fixed": True,
            "start_reason": reason,
            "start_user_id": self.env.uid,
            "start_changed_at": fields.Datetime.now(),
        }

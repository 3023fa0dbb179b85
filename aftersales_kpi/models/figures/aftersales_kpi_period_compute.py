import logging

from odoo import api, fields, models
from odoo.exceptions import LockError
from odoo.tools import SQL

from ...const import FAILURES
from ...tools.figures import ALL, CLOCK, MEANING, NOBODY, get_changes
from .aftersales_kpi_breakdown import TOPICS
from .aftersales_kpi_plan import PLANNED

_logger = logging.getLogger(__name__)


class AftersalesKpiPeriod(models.Model):
    """Counts a month again where its facts have changed (KP-06).

    Nothing is noted when a fact is written. A job compares the trace of the facts with
    the one the month was counted from, see ``aftersales.kpi.facts._read_trace``: every
    ten minutes of the current month and the one before, every hour of all months, and
    then what the clock alone changes. It may be killed at any point and run beside
    another one.
    """

    _inherit = "aftersales.kpi.period"

    # -- job ------------------------------------------------------------------

    @api.model
    def _cron_compute(self, everything=False):
        """:param everything: all months, and what comes with time alone"""
        cron = self.env["ir.cron"]
        periods = self._get_due(everything)
        cron._commit_progress(remaining=len(periods))
        for period in periods:
            period._compute_by_job(clock=everything)
            if not cron._commit_progress(1):
                break

    @api.model
    def _get_due(self, everything=False):
        """Months to look at: what people look at most comes first."""
        facts = self.env["aftersales.kpi.facts"]
        due = self.browse()
        # pylint: disable-next=no-search-all
        for company in self.env["res.company"].search([]):
            month = fields.Date.start_of(facts._get_today(company), "month")
            last = fields.Date.subtract(month, months=1)
            due |= self._get_or_create(company, month)
            due |= self._get_or_create(company, last)
            if everything:
                for earlier in self._find_missing(company, last):
                    self._get_or_create(company, earlier)
        if everything:
            # pylint: disable-next=no-search-all
            due |= self.search([], order="state DESC, month DESC")
        return due

    @api.model
    def _find_missing(self, company, before):
        """Earlier months in which orders were done, entered late, and not counted."""
        tz = company._aftersales_zone().zone
        rows = self.env.execute_query(
            SQL(
                """
                SELECT month FROM (
                    SELECT DISTINCT date_trunc('month', done_at AT TIME ZONE 'UTC'
                                               AT TIME ZONE %s)::date AS month
                      FROM aftersales_order
                     WHERE company_id = %s AND done_at IS NOT NULL
                ) done
                 WHERE month < %s AND NOT EXISTS (
                       SELECT FROM aftersales_kpi_period known
                        WHERE known.company_id = %s AND known.month = done.month)
                """,
                tz,
                company.id,
                before,
                company.id,
            )
        )
        return [month for (month,) in rows]

    def _compute_by_job(self, clock=False):
        """A month that somebody works on, or that fails, is for the next run."""
        try:
            with self.env.cr.savepoint():
                self._compute_changes(clock)
        except LockError:
            return
        except FAILURES as error:
            _logger.warning("Figures of %s not computed: %s", self.month, error)

    # -- computation ----------------------------------------------------------

    def _get_slice(self, people=(), nobody=False, whole=True):
        facts = self.env["aftersales.kpi.facts"]
        return facts._get_slice(self.company_id, self.month, people, nobody, whole)

    def _read_trace(self):
        """Today's trace; a closed month keeps the meaning it was closed with."""
        facts = self.env["aftersales.kpi.facts"]
        trace = facts._read_trace(self._get_slice())
        known = self.trace or {}
        if self.state == "closed" and MEANING in known:
            trace[MEANING] = known[MEANING]
        else:
            trace[MEANING] = facts._trace_kpis(self.company_id)
        return trace

    def _touch(self, trace):
        """Take the lock of the month for this transaction, and keep what it counts."""
        self._lock_for_action()
        now = fields.Datetime.now()
        self.write({"version": self.version + 1, "computed_at": now, "trace": trace})

    def _compute_all(self):
        """Everything the month has, of everybody."""
        self.ensure_one()
        self._touch(self._read_trace())
        kpis = self.env["aftersales.kpi"]._get_for_company(self.company_id)
        slice = self._get_slice()
        closed = self.state == "closed"
        self.env["aftersales.kpi.value"]._store(kpis, slice, closed)
        self.env["aftersales.kpi.breakdown"]._refresh(slice)
        self.env["aftersales.kpi.plan"]._update_month(self.company_id.id, self.month)

    def _compute_changes(self, clock=False):
        """What differs from what the month was counted from, and nothing else.

        :param clock: and what comes with time alone, while the month is open
        """
        self.ensure_one()
        trace = self._read_trace()
        if not self.trace and self.state == "closed":
            # Closed before traces were kept: from here on it is known.
            self._touch(trace)
            return
        changes = get_changes(self.trace or {}, trace)
        if not self.trace:
            # Every figure is new to the month already; so is the breakdown.
            changes |= dict.fromkeys(TOPICS, {ALL})
        if clock and self.state == "open":
            changes |= dict.fromkeys(CLOCK, {ALL})
        if not changes:
            return
        before = self.trace or {}
        self._touch(trace)
        if failed := self._count(changes):
            self._forget(failed, before)

    def _count(self, changes):
        """Topics that wait for the same people are counted together.

        :return: the figures that cannot be computed
        """
        plans = self.env["aftersales.kpi.plan"]
        done, failed = set(), self.env["aftersales.kpi"]
        for kpis, people, nobody, whole in self._get_work(changes):
            done |= set(kpis.mapped("kind"))
            failed |= self._store(kpis, self._get_slice(people, nobody, whole))
        self.env["aftersales.kpi.breakdown"]._refresh_changes(self, changes)
        if done & PLANNED:
            plans._update_month(self.company_id.id, self.month)
        return failed

    def _store(self, kpis, slice):
        """All in one go; when that fails, one figure after the other.

        :return: the figures that cannot be computed
        """
        values, closed = self.env["aftersales.kpi.value"], self.state == "closed"
        failed = kpis.browse()
        try:
            with self.env.cr.savepoint():
                values._store(kpis, slice, closed)
        except FAILURES:
            for kpi in kpis:
                try:
                    with self.env.cr.savepoint():
                        values._store(kpi, slice, closed)
                except FAILURES as error:
                    _logger.warning("%s not computed: %s", kpi.code, error)
                    failed |= kpi
        return failed

    def _forget(self, kpis, before):
        """Figures that failed are tried again by the next run."""
        topics = {topic for kpi in kpis for topic in kpi._get_kind().topics}
        trace = {**self.trace, **{topic: before.get(topic, {}) for topic in topics}}
        known, ids = before.get(MEANING, {}), {str(kpi.id) for kpi in kpis}
        trace[MEANING] = {
            kpi: known.get(kpi) if kpi in ids else meaning
            for kpi, meaning in trace[MEANING].items()
        }
        self.write({"trace": trace})

    def _get_work(self, changes):
        """Figures and people to count, each figure once.

        :param changes: ``{topic: people}``, see ``tools.figures.get_changes``
        :return: ``[(kpis, technician ids, nobody too, everybody)]``
        """
        kpis = self.env["aftersales.kpi"]._get_for_company(self.company_id)
        meaning = changes.get(MEANING, ())
        groups = {}
        for kpi in kpis:
            found = [changes.get(topic, ()) for topic in kpi._get_kind().topics]
            people = set().union(*found)
            if str(kpi.id) in meaning or people and not kpi.by_technician:
                people = {ALL}
            if people:
                key = frozenset({ALL} if ALL in people else people)
                groups[key] = groups.get(key, kpis.browse()) | kpi
        return [
            (
                found,
                sorted(map(int, people - {ALL, NOBODY})),
                NOBODY in people,
                ALL in people,
            )
            for people, found in groups.items()
        ]

from odoo import models
from odoo.tools import SQL


class AftersalesKpiFacts(models.AbstractModel):
    """Promises kept and times: answer, arrival, repair (KP-06)."""

    _inherit = "aftersales.kpi.facts"

    # -- promises -------------------------------------------------------------

    def _values_timeliness(self, kpi, slice):
        """Arrival on site, answer elsewhere; cancelled after the deadline is missed."""
        due = SQL(
            """
            (o.place = 'onsite' AND %s OR o.place <> 'onsite' AND %s)
            """,
            self._within(slice, SQL("o.arrive_deadline")),
            self._within(slice, SQL("o.answer_deadline")),
        )
        promise = SQL(
            """
            CROSS JOIN LATERAL (
                SELECT CASE WHEN o.place = 'onsite' THEN 'arrive' ELSE 'answer' END
                       AS name,
                       CASE WHEN o.place = 'onsite' THEN o.arrive_deadline
                            ELSE o.answer_deadline END AS deadline,
                       CASE WHEN o.place = 'onsite' THEN o.arrive_at
                            ELSE o.answer_at END AS reached
            ) promise
            """
        )
        return self._select_promises(slice, due, promise)

    def _values_sla(self, kpi, slice):
        """Every deadline of the month: met, missed or passed; not yet due is out."""
        names = [kpi.milestone] if kpi.milestone else ["answer", "arrive", "resolve"]
        columns = {
            name: (
                SQL.identifier("o", f"{name}_deadline"),
                SQL.identifier("o", f"{name}_at"),
            )
            for name in names
        }
        due = SQL(
            "(%s)",
            SQL(" OR ").join(
                self._within(slice, deadline) for deadline, _at in columns.values()
            ),
        )
        promise = SQL(
            """
            CROSS JOIN LATERAL (VALUES %s) promise (name, deadline, reached)
            """,
            SQL(", ").join(
                SQL("(%s, %s, %s)", name, *pair) for name, pair in columns.items()
            ),
        )
        return self._select_promises(slice, due, promise)

    def _select_promises(self, slice, due, promise):
        """A promise is due when its time has come, or when it was met before.

        Cancelled before the deadline it is none; a promise broken and then agreed anew
        stays broken; work done without arriving has kept what it reached in time.
        """
        met = SQL(
            """
            CASE WHEN COALESCE(promise.reached, o.done_at) <= promise.deadline
                  AND NOT EXISTS (
                      SELECT 1 FROM aftersales_sla_agreement again
                       WHERE again.order_id = o.id AND again.was_late
                         AND again.milestone = promise.name)
                 THEN 1 ELSE 0 END
            """
        )
        where = SQL(
            """
            %s AND %s
            AND (promise.deadline <= %s OR promise.reached IS NOT NULL
                 OR o.done_at IS NOT NULL)
            AND NOT (o.state = 'cancelled'
                     AND COALESCE(o.cancelled_at, o.write_date) <= promise.deadline)
            """,
            due,
            self._within(slice, SQL("promise.deadline")),
            slice.now,
        )
        return self._select_orders(slice, met, SQL("1"), where, promise)

    # -- times ----------------------------------------------------------------

    def _values_time_answer(self, kpi, slice):
        return self._select_time(slice, SQL("o.called_at"), SQL("o.answer_at"))

    def _values_time_arrive(self, kpi, slice):
        return self._select_time(slice, SQL("o.called_at"), SQL("o.arrive_at"))

    def _values_time_wrench(self, kpi, slice):
        """From the first arrival (elsewhere: the start of work) to done."""
        start = SQL("COALESCE(o.arrive_at, o.started_at)")
        return self._select_repair(kpi, slice, start)

    def _values_time_restore(self, kpi, slice):
        """From the report to done, with all waiting."""
        return self._select_repair(kpi, slice, SQL("o.called_at"))

    def _select_time(self, slice, start, end):
        return self._select_orders(
            slice,
            SQL("EXTRACT(EPOCH FROM %s - %s) / 3600", end, start),
            SQL("1"),
            SQL(
                "o.state <> 'cancelled' AND %s >= %s AND %s",
                end,
                start,
                self._within(slice, end),
            ),
        )

    def _select_repair(self, kpi, slice, start):
        hours = SQL("EXTRACT(EPOCH FROM o.done_at - %s)", start)
        if kpi.without_pauses:
            hours = SQL("%s - %s", hours, self._get_paused_seconds(start))
        where = SQL("o.done_at >= %s AND %s", start, self._repairs_done(slice))
        return self._select_orders(slice, SQL("(%s) / 3600", hours), SQL("1"), where)

    def _get_paused_seconds(self, start):
        """Of one order only one pause runs at a time: they never overlap."""
        return SQL(
            """
            COALESCE((
                SELECT SUM(EXTRACT(EPOCH FROM
                       LEAST(COALESCE(p.ended_at, o.done_at), o.done_at)
                       - GREATEST(p.started_at, %(start)s)))
                  FROM aftersales_sla_pause p
                 WHERE p.order_id = o.id AND p.started_at < o.done_at
                   AND COALESCE(p.ended_at, o.done_at) > %(start)s), 0)
            """,
            start=start,
        )

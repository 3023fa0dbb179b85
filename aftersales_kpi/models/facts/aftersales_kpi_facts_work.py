from pytz import utc

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.aftersales_service.const import OPEN_STATES

PRODUCTIVE = ("work", "workshop")


class AftersalesKpiFacts(models.AbstractModel):
    """Orders, backlog, hours and parts (KP-06)."""

    _inherit = "aftersales.kpi.facts"

    def _values_orders(self, kpi, slice):
        return self._select_orders(slice, SQL("1"), SQL("NULL"), self._done(slice))

    # -- backlog --------------------------------------------------------------

    def _values_backlog(self, kpi, slice):
        age = self._get_age(slice)
        limit = SQL("AND %s <= %s", age, kpi.days_to) if kpi.days_to else SQL()
        where = SQL(
            "%s AND %s >= %s %s", self._open_at(slice), age, kpi.days_from, limit
        )
        return self._select_orders(slice, SQL("1"), SQL("NULL"), where)

    def _values_backlog_mean(self, kpi, slice):
        age = self._get_age(slice)
        return self._select_orders(slice, age, SQL("1"), self._open_at(slice))

    def _values_backlog_oldest(self, kpi, slice):
        age = self._get_age(slice)
        return self._select_orders(slice, age, SQL("NULL"), self._open_at(slice))

    def _get_age(self, slice):
        """Full days that have passed since the report."""
        return SQL(
            "FLOOR(EXTRACT(EPOCH FROM %s::timestamp - o.called_at) / 86400)",
            slice.until,
        )

    def _open_at(self, slice):
        """Open at the end of the month, or now while it lasts."""
        until = slice.until
        return SQL(
            """
            %(start)s < %(now)s AND o.called_at <= %(until)s
            AND (o.state IN %(open)s OR o.done_at > %(until)s
                 OR o.state = 'cancelled' AND o.cancelled_at > %(until)s
                    AND o.done_at IS NULL)
            """,
            start=slice.start,
            now=slice.now,
            until=until,
            open=OPEN_STATES,
        )

    # -- hours ----------------------------------------------------------------

    def _values_utilisation(self, kpi, slice):
        """Hours worked by hours rostered, less leave and training."""
        productive = (*PRODUCTIVE, "travel") if kpi.with_travel else PRODUCTIVE
        logs = SQL(
            """
            SELECT 'aftersales.worklog' AS source, w.id AS res_id, w.team_id,
                   w.technician_id, pt.categ_id, seller.partner_id AS supplier_id,
                   CASE WHEN w.category IN %(productive)s THEN w.hours ELSE 0 END
                   ::numeric AS num,
                   CASE WHEN w.category = 'training' THEN -w.hours ELSE 0 END
                   ::numeric AS den
              FROM aftersales_worklog w
              LEFT JOIN aftersales_order o ON o.id = w.order_id
              %(products)s
             WHERE w.company_id = %(company)s AND %(who)s
               AND w.date >= %(first)s AND w.date <= %(last)s
               AND w.category IN %(counted)s
            """,
            productive=productive,
            counted=(*productive, "training"),
            products=self._get_product_joins(SQL("o.product_id"), slice.company_id),
            company=slice.company_id,
            who=self._who(slice, SQL("w.technician_id")),
            first=slice.first,
            last=slice.last,
        )
        return self._union(logs, self._select_capacity(slice))

    def _select_capacity(self, slice):
        people = self._find_people(slice)
        hours = self._get_capacity(slice, people)
        return SQL(
            """
            SELECT 'aftersales.technician' AS source, t.id AS res_id, t.team_id,
                   t.id AS technician_id, NULL::int AS categ_id,
                   NULL::int AS supplier_id, 0::numeric AS num, roster.hours AS den
              FROM unnest(%s::int[], %s::numeric[]) roster (id, hours)
              JOIN aftersales_technician t ON t.id = roster.id
            """,
            people.ids,
            [hours[technician] for technician in people],
        )

    @api.model
    def _find_people(self, slice):
        """Technicians of the slice who are with us, or have worked in the month."""
        technicians = self.env["aftersales.technician"].with_context(active_test=False)
        if not slice.whole and not slice.people:
            return technicians
        rows = self.env.execute_query(
            SQL(
                """
                SELECT t.id FROM aftersales_technician t
                 WHERE t.company_id = %s AND %s
                   AND (t.active OR EXISTS (
                       SELECT 1 FROM aftersales_worklog w
                        WHERE w.technician_id = t.id
                          AND w.date >= %s AND w.date <= %s))
                 ORDER BY t.id
                """,
                slice.company_id,
                self._who(slice, SQL("t.id")),
                slice.first,
                slice.last,
            )
        )
        return technicians.browse([number for (number,) in rows])

    @api.model
    def _get_capacity(self, slice, people):
        """``{technician: rostered hours}`` so far, leave taken off; by calendar."""
        hours = dict.fromkeys(people, 0.0)
        start, end = utc.localize(slice.start), utc.localize(slice.until)
        if start >= end:
            return hours
        # Safe: hours of the roster, for a share; whose leave it was is not shown.
        company = self.env["res.company"].sudo().browse(slice.company_id)
        # Safe: as above.
        for calendar, group in (
            people.sudo()
            .grouped(
                lambda technician: (
                    technician.resource_id.calendar_id or company.resource_calendar_id
                )
            )
            .items()
        ):
            intervals = calendar._work_intervals_batch(
                start, end, resources=group.resource_id
            )
            for technician in group:
                hours[technician] = sum(
                    (until - since).total_seconds() / 3600
                    for since, until, _line in intervals[technician.resource_id.id]
                )
        return hours

    # -- parts ----------------------------------------------------------------

    def _get_filled(self):
        """A line was filled when nothing had to be bought for it."""
        return SQL(
            """
            NOT EXISTS (
                SELECT 1 FROM purchase_order_line bought
                  JOIN purchase_order purchase ON purchase.id = bought.order_id
                 WHERE bought.aftersales_order_line_id = l.id
                   AND purchase.state <> 'cancel')
            """
        )

    def _values_fill_lines(self, kpi, slice):
        """Parts of the orders done, each line by the category of its slice."""
        return SQL(
            """
            SELECT 'aftersales.order.line' AS source, l.id AS res_id, o.team_id,
                   o.technician_id, pt.categ_id, seller.partner_id AS supplier_id,
                   CASE WHEN %(filled)s THEN 1 ELSE 0 END::numeric AS num,
                   1::numeric AS den
              FROM aftersales_order_line l
              JOIN aftersales_order o ON o.id = l.order_id
              %(products)s
             WHERE o.company_id = %(company)s AND %(who)s AND %(done)s
               AND l.kind = 'part' AND l.quantity > 0
            """,
            filled=self._get_filled(),
            products=self._get_product_joins(SQL("l.product_id"), slice.company_id),
            company=slice.company_id,
            who=self._who(slice, SQL("o.technician_id")),
            done=self._done(slice),
        )

    def _values_fill_orders(self, kpi, slice):
        """Orders with parts whose every line was filled."""
        parts = SQL(
            """
            JOIN LATERAL (
                SELECT BOOL_AND(%s) AS filled FROM aftersales_order_line l
                 WHERE l.order_id = o.id AND l.kind = 'part' AND l.quantity > 0
                HAVING COUNT(*) > 0
            ) parts ON TRUE
            """,
            self._get_filled(),
        )
        num = SQL("CASE WHEN parts.filled THEN 1 ELSE 0 END")
        return self._select_orders(slice, num, SQL("1"), self._done(slice), parts)

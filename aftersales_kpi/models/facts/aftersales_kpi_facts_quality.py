from odoo import models
from odoo.tools import SQL

OUT = ("withdrawn", "rejected", "merged")
GOOD = ("very_satisfied", "satisfied")
ATTEMPTED = ("answered", "unreachable", "refused")


class AftersalesKpiFacts(models.AbstractModel):
    """Satisfaction, complaints, repairs that hold (KP-06)."""

    _inherit = "aftersales.kpi.facts"

    # -- follow-ups -----------------------------------------------------------

    def _values_satisfaction(self, kpi, slice):
        """Answers “very satisfied” and “satisfied”; silence is no answer."""
        return self._select_followups(
            slice,
            SQL("CASE WHEN f.overall IN %s THEN 1 ELSE 0 END", GOOD),
            SQL(
                "f.state = 'answered' AND f.overall IS NOT NULL AND %s",
                self._within(slice, SQL("f.answered_at")),
            ),
        )

    def _values_response_rate(self, kpi, slice):
        """Cards whose last day lies in the month: answered or not."""
        return self._select_followups(
            slice,
            SQL("CASE WHEN f.state = 'answered' THEN 1 ELSE 0 END"),
            SQL(
                "f.state <> 'cancelled' AND f.due_on >= %s AND f.due_on <= %s"
                " AND (f.state <> 'planned' OR f.due_on < %s)",
                slice.first,
                slice.last,
                slice.today,
            ),
        )

    def _select_followups(self, slice, num, where):
        return SQL(
            """
            SELECT 'aftersales.followup' AS source, f.id AS res_id, f.team_id,
                   o.technician_id, pt.categ_id, seller.partner_id AS supplier_id,
                   (%(num)s)::numeric AS num, 1::numeric AS den
              FROM aftersales_followup f
              LEFT JOIN aftersales_order o ON o.id = f.order_id
              %(products)s
             WHERE f.company_id = %(company)s AND %(who)s AND %(where)s
            """,
            num=num,
            products=self._get_product_joins(SQL("o.product_id"), slice.company_id),
            company=slice.company_id,
            who=self._who(slice, SQL("o.technician_id")),
            where=where,
        )

    def _values_followup_rate(self, kpi, slice):
        """Orders done that somebody has at least tried to ask."""
        asked = SQL(
            """
            CASE WHEN EXISTS (
                SELECT 1 FROM aftersales_followup f
                 WHERE f.order_id = o.id AND f.state IN %s) THEN 1 ELSE 0 END
            """,
            ATTEMPTED,
        )
        return self._select_orders(slice, asked, SQL("1"), self._done(slice))

    # -- complaints -----------------------------------------------------------

    def _values_complaint_rate(self, kpi, slice):
        """Confirmed complaints received in the month, by orders done in it."""
        fault = SQL("AND c.at_fault") if kpi.at_fault else SQL()
        return self._union(
            self._select_complaints(slice, SQL("0::numeric"), fault),
            self._select_orders(slice, SQL("0"), SQL("1"), self._done(slice)),
        )

    def _select_complaints(self, slice, den, where):
        """One matter counts once: duplicates and what was withdrawn are out."""
        who = self._get_complaint_person()
        return SQL(
            """
            SELECT 'aftersales.complaint' AS source, c.id AS res_id, c.team_id,
                   %(technician)s AS technician_id, pt.categ_id,
                   COALESCE(c.supplier_id, seller.partner_id) AS supplier_id,
                   1::numeric AS num, %(den)s AS den
              FROM aftersales_complaint c
              LEFT JOIN aftersales_order o ON o.id = c.order_id
              %(products)s
             WHERE c.company_id = %(company)s AND c.confirmed_at IS NOT NULL
               AND c.state NOT IN %(out)s AND %(month)s AND %(who)s %(where)s
            """,
            technician=who,
            den=den,
            products=self._get_product_joins(SQL("c.product_id"), slice.company_id),
            company=slice.company_id,
            out=OUT,
            month=self._within(slice, SQL("c.received_at")),
            who=self._who(slice, who),
            where=where,
        )

    def _get_complaint_person(self):
        """In charge of the order, else the first one named."""
        return SQL(
            """
            COALESCE(o.technician_id, (
                SELECT MIN(rel.technician_id)
                  FROM aftersales_complaint_technician_rel rel
                 WHERE rel.complaint_id = c.id))
            """
        )

    # -- repairs that hold ----------------------------------------------------

    def _values_first_fix(self, kpi, slice):
        """One visit and quiet afterwards; a visit to a closed door is none."""
        fixed = SQL(
            """
            CASE WHEN (
                SELECT COUNT(*) FROM aftersales_visit v
                 WHERE v.order_id = o.id AND v.arrived_at IS NOT NULL
                   AND v.state <> 'cancelled'
                   AND v.outcome IS DISTINCT FROM 'absent') <= 1
             AND NOT EXISTS (%s) THEN 1 ELSE 0 END
            """,
            self._select_repeats(kpi),
        )
        places = ("onsite", "remote") if kpi.with_remote else ("onsite",)
        where = SQL("o.place IN %s AND %s", places, self._repairs_done(slice))
        return self._select_orders(slice, fixed, SQL("1"), where)

    def _values_repeat(self, kpi, slice):
        """Orders that came back, in the month of the first repair."""
        if kpi.count_all:
            again = SQL("(SELECT COUNT(*) FROM (%s) again)", self._select_repeats(kpi))
        else:
            again = SQL(
                "CASE WHEN EXISTS (%s) THEN 1 ELSE 0 END", self._select_repeats(kpi)
            )
        return self._select_orders(slice, again, SQL("1"), self._repairs_done(slice))

    def _select_repeats(self, kpi):
        """The same fault again within the window; misuse is the customer's."""
        return SQL(
            """
            SELECT 1 FROM aftersales_order again
             WHERE again.parent_id = o.id AND again.state <> 'cancelled'
               AND again.misuse IS NOT TRUE AND again.called_at >= o.done_at
               AND again.called_at <= o.done_at + %s * INTERVAL '1 day'
            """,
            kpi.days,
        )

    def _values_mtbf(self, kpi, slice):
        """Hours in use less hours down, by failures; of machines, not of people."""
        if not (slice.whole or slice.nobody):
            return None
        return SQL(
            """
            SELECT 'aftersales.asset' AS source, a.id AS res_id, NULL::int AS team_id,
                   NULL::int AS technician_id, pt.categ_id,
                   seller.partner_id AS supplier_id,
                   GREATEST(EXTRACT(EPOCH FROM %(until)s::timestamp - seen.since) / 3600
                            - COALESCE(down.hours, 0), 0)::numeric AS num,
                   COALESCE(down.failures, 0)::numeric AS den
              FROM aftersales_asset a
              CROSS JOIN LATERAL (
                  SELECT GREATEST(%(start)s::timestamp,
                                  COALESCE(a.installed_on, a.accepted_on,
                                           a.delivered_on, a.create_date::date)
                                  ::timestamp) AS since
              ) seen
              LEFT JOIN LATERAL (
                  SELECT SUM(EXTRACT(EPOCH FROM
                             LEAST(COALESCE(o.done_at, %(until)s), %(until)s)
                             - GREATEST(o.called_at, seen.since)) / 3600)
                         AS hours,
                         COUNT(*) FILTER (WHERE o.called_at >= seen.since) AS failures
                    FROM aftersales_order o
                   WHERE o.asset_id = a.id AND o.state <> 'cancelled'
                     AND o.service_type <> 'internal' AND o.misuse IS NOT TRUE
                     AND o.called_at < %(until)s
                     AND COALESCE(o.done_at, %(until)s) > seen.since
              ) down ON TRUE
              %(products)s
             WHERE a.company_id = %(company)s AND a.active AND a.state = 'in_use'
               AND seen.since < %(until)s
            """,
            start=slice.start,
            until=slice.until,
            products=self._get_product_joins(SQL("a.product_id"), slice.company_id),
            company=slice.company_id,
        )

from dataclasses import dataclass
from datetime import date, datetime, time

import pytz

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.score import Fact, to_decimal

OUT = ("withdrawn", "rejected", "merged")


@dataclass(frozen=True)
class Month:
    """A month by the clock of a company, and the rules it is scored by."""

    first: date
    last: date
    start: datetime
    end: datetime  # first instant of the next month
    company: models.BaseModel
    rules: tuple

    def get_setting(self, kind, name):
        """The widest setting among the rules of a kind."""
        return max(rule[name] for rule in self.rules if rule["kind"] == kind)


class AftersalesScoreFacts(models.AbstractModel):
    """The facts that rules read: one method for each kind (extension point).

    ``_facts_<kind>(month, technicians)`` returns a list of ``tools.score.Fact`` of the
    technicians in that month, in a constant number of queries whatever their number.
    """

    _name = "aftersales.score.facts"
    _description = "Score: facts of a month"

    @api.model
    def _get_month(self, company, day, rules=()):
        """:param day: any day of the month
        :param rules: plain rules, see ``aftersales.score.rule._to_plain``
        """
        tz = company._aftersales_zone()
        first = fields.Date.start_of(day, "month")
        after = fields.Date.add(first, months=1)

        def instant(moment):
            local = tz.localize(datetime.combine(moment, time.min))
            return local.astimezone(pytz.utc).replace(tzinfo=None)

        return Month(
            first,
            fields.Date.end_of(day, "month"),
            instant(first),
            instant(after),
            company,
            tuple(rules),
        )

    @api.model
    def _get_local_day(self, company, instant):
        """Day of an instant by the clock of the company."""
        tz = company._aftersales_zone()
        return pytz.utc.localize(instant).astimezone(tz).date()

    @api.model
    def _collect(self, month, technicians):
        """All facts the rules of the month read."""
        rule = self.env["aftersales.score.rule"]
        kinds = dict.fromkeys(rule._get_fact_kind(row["kind"]) for row in month.rules)
        self.env.flush_all()
        return [
            fact
            for kind in kinds
            for fact in getattr(self, f"_facts_{kind}")(month, technicians)
        ]

    def _query(self, kind, model, query):
        """Facts from rows of technician, document and further named columns."""
        self.env.cr.execute(query)
        names = [column.name for column in self.env.cr.description[2:]]
        return [
            Fact(
                kind, technician, model, document, **dict(zip(names, rest, strict=True))
            )
            for technician, document, *rest in self.env.cr.fetchall()
        ]

    # -------------------------------------------------------------------------
    # FOLLOW-UPS
    # -------------------------------------------------------------------------

    def _facts_praise(self, month, technicians):
        """Words of praise on an answered card, for everybody of the order."""
        return self._query(
            "praise",
            "aftersales.followup",
            SQL(
                """
                SELECT rel.aftersales_technician_id, card.id
                  FROM aftersales_followup card
                  JOIN aftersales_order_aftersales_technician_rel rel
                    ON rel.aftersales_order_id = card.order_id
                 WHERE card.state = 'answered' AND card.praise IS NOT NULL
                   AND card.company_id = %s
                   AND card.answered_at >= %s AND card.answered_at < %s
                   AND rel.aftersales_technician_id = ANY(%s)
                """,
                month.company.id,
                month.start,
                month.end,
                technicians.ids,
            ),
        )

    def _facts_opinion(self, month, technicians):
        """The opinion of an order counts in the month of the answer."""
        return self._query(
            "opinion",
            "aftersales.followup",
            SQL(
                """
                SELECT rel.aftersales_technician_id, o.opinion_followup_id, o.opinion
                  FROM aftersales_order o
                  JOIN aftersales_order_aftersales_technician_rel rel
                    ON rel.aftersales_order_id = o.id
                 WHERE o.opinion IS NOT NULL AND o.opinion_followup_id IS NOT NULL
                   AND o.company_id = %s
                   AND o.opinion_at >= %s AND o.opinion_at < %s
                   AND rel.aftersales_technician_id = ANY(%s)
                """,
                month.company.id,
                month.start,
                month.end,
                technicians.ids,
            ),
        )

    def _get_marks(self, month, technicians):
        """:return: ``{technician id: (four marks, satisfied, answers)}``"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT rel.aftersales_technician_id, avg(card.attitude::int),
                       avg(card.skill::int), avg(card.punctuality::int),
                       avg(card.promises::int),
                       count(*) FILTER (
                           WHERE card.overall IN ('very_satisfied', 'satisfied')),
                       count(card.overall)
                  FROM aftersales_followup card
                  JOIN aftersales_order_aftersales_technician_rel rel
                    ON rel.aftersales_order_id = card.order_id
                 WHERE card.state = 'answered' AND card.company_id = %s
                   AND card.answered_at >= %s AND card.answered_at < %s
                   AND rel.aftersales_technician_id = ANY(%s)
                 GROUP BY rel.aftersales_technician_id
                """,
                month.company.id,
                month.start,
                month.end,
                technicians.ids,
            )
        )
        return {technician: marks for technician, *marks in rows}

    # -------------------------------------------------------------------------
    # BONUS
    # -------------------------------------------------------------------------

    def _facts_bonus(self, month, technicians):
        """Orders done in the month, with the hours of all their people (KP-02)."""
        rows = self.env.execute_query(self._get_bonus_query(month, technicians))
        rates = self._get_rates(month, {row[2] for row in rows})
        wanted = set(technicians.ids)
        facts = []
        for order, value, currency, opinion, people, hours in rows:
            amount = to_decimal(value) * rates[currency]
            shares = tuple(zip(people, hours, strict=True))
            lost = opinion == "dissatisfied"
            facts += [
                Fact(
                    "bonus",
                    technician,
                    "aftersales.order",
                    order,
                    amount=amount,
                    hours=shares,
                    lost=lost,
                )
                for technician in people
                if technician in wanted
            ]
        return facts

    def _get_bonus_query(self, month, technicians):
        """Order, list value before tax, currency, opinion, people and their hours.

        Taxes in the list price are taken out; what came back does not count.
        """
        return SQL(
            """
            WITH done AS (
                SELECT id, currency_id, opinion FROM aftersales_order
                 WHERE company_id = %(company)s AND state IN ('done', 'closed')
                   AND done_at >= %(start)s AND done_at < %(end)s
                   AND id IN (
                       SELECT aftersales_order_id
                         FROM aftersales_order_aftersales_technician_rel
                        WHERE aftersales_technician_id = ANY(%(technicians)s)
                        UNION ALL
                       SELECT order_id FROM aftersales_worklog
                        WHERE technician_id = ANY(%(technicians)s)
                          AND order_id IS NOT NULL)
            ), people AS (
                SELECT rel.aftersales_order_id AS order_id,
                       rel.aftersales_technician_id AS technician_id, 0 AS hours
                  FROM aftersales_order_aftersales_technician_rel rel
                  JOIN done ON done.id = rel.aftersales_order_id
                 UNION ALL
                SELECT log.order_id, log.technician_id, log.hours
                  FROM aftersales_worklog log JOIN done ON done.id = log.order_id
            ), shares AS (
                SELECT order_id, technician_id, sum(hours) AS hours
                  FROM people GROUP BY order_id, technician_id
            ), teams AS (
                SELECT order_id, array_agg(technician_id ORDER BY technician_id) AS who,
                       array_agg(hours ORDER BY technician_id) AS hours
                  FROM shares GROUP BY order_id
            ), amounts AS (
                SELECT line.order_id,
                       sum(round(
                           line.list_price
                           * (line.quantity - COALESCE(line.returned_quantity, 0))
                           / CASE WHEN line.list_price <> 0 AND taxed.included
                                  THEN 1 + taxed.rate / 100 ELSE 1 END,
                           currency.decimal_places)) AS amount
                  FROM aftersales_order_line line
                  JOIN done ON done.id = line.order_id
                  JOIN res_currency currency ON currency.id = done.currency_id
                  LEFT JOIN LATERAL (
                      SELECT true AS included, sum(tax.amount) AS rate
                        FROM account_tax_aftersales_order_line_rel rel
                        JOIN account_tax tax ON tax.id = rel.account_tax_id
                       WHERE rel.aftersales_order_line_id = line.id
                         AND tax.amount_type = 'percent'
                         AND (tax.price_include_override = 'tax_included'
                              OR tax.price_include_override IS NULL AND %(included)s)
                      HAVING count(*) > 0
                  ) taxed ON true
                 GROUP BY line.order_id
            )
            SELECT done.id, amounts.amount, done.currency_id, done.opinion,
                   teams.who, teams.hours
              FROM done JOIN teams ON teams.order_id = done.id
              LEFT JOIN amounts ON amounts.order_id = done.id
             ORDER BY done.id
            """,
            company=month.company.id,
            start=month.start,
            end=month.end,
            technicians=technicians.ids,
            included=month.company.account_price_include == "tax_included",
        )

    def _get_rates(self, month, currencies):
        """Rates into the company's currency at the end of the month."""
        own = month.company.currency_id
        return {
            currency.id: to_decimal(
                self.env["res.currency"]._get_conversion_rate(
                    currency, own, month.company, month.last
                )
            )
            for currency in self.env["res.currency"].browse(currencies)
        }

    # -------------------------------------------------------------------------
    # PUNCTUALITY AND REPORTS
    # -------------------------------------------------------------------------

    def _facts_late_arrival(self, month, technicians):
        """Arrived after the promise: whoever came first, else all of the order."""
        return self._query(
            "late_arrival",
            "aftersales.order",
            SQL(
                """
                WITH late AS (
                    SELECT o.id, (
                        SELECT v.id FROM aftersales_visit v
                         WHERE v.order_id = o.id AND v.arrived_at IS NOT NULL
                         ORDER BY v.arrived_at, v.id LIMIT 1) AS visit_id
                      FROM aftersales_order o
                     WHERE o.company_id = %(company)s AND o.place = 'onsite'
                       AND o.state != 'cancelled'
                       AND o.arrive_at > o.arrive_deadline
                       AND o.arrive_at >= %(start)s AND o.arrive_at < %(end)s
                )
                SELECT rel.aftersales_technician_id, late.id
                  FROM late
                  JOIN aftersales_technician_aftersales_visit_rel rel
                    ON rel.aftersales_visit_id = late.visit_id
                 WHERE rel.aftersales_technician_id = ANY(%(technicians)s)
                 UNION
                SELECT rel.aftersales_technician_id, late.id
                  FROM late
                  JOIN aftersales_order_aftersales_technician_rel rel
                    ON rel.aftersales_order_id = late.id
                 WHERE late.visit_id IS NULL
                   AND rel.aftersales_technician_id = ANY(%(technicians)s)
                """,
                company=month.company.id,
                start=month.start,
                end=month.end,
                technicians=technicians.ids,
            ),
        )

    def _facts_left_without_report(self, month, technicians):
        """The visit's own record of it; a later report does not undo it."""
        return self._query(
            "left_without_report",
            "aftersales.visit",
            SQL(
                """
                SELECT rel.aftersales_technician_id, v.id
                  FROM aftersales_visit v
                  JOIN aftersales_technician_aftersales_visit_rel rel
                    ON rel.aftersales_visit_id = v.id
                 WHERE v.left_without_report AND v.company_id = %s
                   AND v.left_at >= %s AND v.left_at < %s
                   AND rel.aftersales_technician_id = ANY(%s)
                """,
                month.company.id,
                month.start,
                month.end,
                technicians.ids,
            ),
        )

    def _facts_incidents(self, kind, month, technicians):
        """What a supervisor has put on record, with evidence (KP-03)."""
        return self._query(
            kind,
            "aftersales.score.incident",
            SQL(
                """
                SELECT technician_id, id FROM aftersales_score_incident
                 WHERE kind = %s AND company_id = %s AND date >= %s AND date <= %s
                   AND active AND technician_id = ANY(%s)
                """,
                kind,
                month.company.id,
                month.first,
                month.last,
                technicians.ids,
            ),
        )

    def _facts_incomplete_report(self, month, technicians):
        return self._facts_incidents("incomplete_report", month, technicians)

    def _facts_dispatch_refused(self, month, technicians):
        return self._facts_incidents("dispatch_refused", month, technicians)

    def _facts_hotline_missed(self, month, technicians):
        return self._facts_incidents("hotline_missed", month, technicians)

    def _facts_complaint_concealed(self, month, technicians):
        return self._facts_incidents("complaint_concealed", month, technicians)

    # -------------------------------------------------------------------------
    # REPEATS AND COMPLAINTS
    # -------------------------------------------------------------------------

    def _facts_repeat_repair(self, month, technicians):
        """The same fault again soon: those who did the first repair.

        Misuse found the second time is the customer's; a parent counts once.
        """
        return self._query(
            "repeat_repair",
            "aftersales.order",
            SQL(
                """
                SELECT rel.aftersales_technician_id, min(again.id)
                  FROM aftersales_order again
                  JOIN aftersales_order first ON first.id = again.parent_id
                  JOIN aftersales_order_aftersales_technician_rel rel
                    ON rel.aftersales_order_id = first.id
                 WHERE again.company_id = %s AND again.state != 'cancelled'
                   AND again.misuse IS NOT TRUE
                   AND again.called_at >= %s AND again.called_at < %s
                   AND again.called_at >= first.done_at
                   AND again.called_at <= first.done_at + %s * interval '1 day'
                   AND rel.aftersales_technician_id = ANY(%s)
                   AND NOT EXISTS (
                       SELECT 1 FROM aftersales_order other
                        WHERE other.parent_id = first.id AND other.state != 'cancelled'
                          AND other.misuse IS NOT TRUE
                          AND other.called_at < %s)
                 GROUP BY rel.aftersales_technician_id, first.id
                """,
                month.company.id,
                month.start,
                month.end,
                month.get_setting("repeat_repair", "days"),
                technicians.ids,
                month.start,
            ),
        )

    def _facts_complaint(self, month, technicians):
        """Confirmed, our fault: the people named, else those of the order.

        A repeat of the same technician's work counts double where the rule says so.
        """
        return self._query(
            "complaint",
            "aftersales.complaint",
            SQL(
                """
                WITH people AS (
                    SELECT complaint_id, technician_id
                      FROM aftersales_complaint_concerned_rel
                     UNION
                    SELECT rel.complaint_id, rel.technician_id
                      FROM aftersales_complaint_technician_rel rel
                     WHERE NOT EXISTS (
                         SELECT 1 FROM aftersales_complaint_concerned_rel named
                          WHERE named.complaint_id = rel.complaint_id)
                )
                SELECT people.technician_id, c.id,
                       EXISTS (
                           SELECT 1 FROM people earlier
                            WHERE earlier.complaint_id = c.parent_id
                              AND earlier.technician_id = people.technician_id
                       ) AS repeat
                  FROM aftersales_complaint c
                  JOIN people ON people.complaint_id = c.id
                 WHERE c.company_id = %s AND c.at_fault AND c.state NOT IN %s
                   AND c.supplier_id IS NULL
                   AND c.confirmed_at >= %s AND c.confirmed_at < %s
                   AND people.technician_id = ANY(%s)
                """,
                month.company.id,
                OUT,
                month.start,
                month.end,
                technicians.ids,
            ),
        )

    def _facts_supplier_case(self, month, technicians):
        """Ours named in a supplier's complaint not settled in time (WA-23)."""
        hours = month.get_setting("supplier_case", "hours")
        due = SQL("c.received_at + %s * interval '1 hour'", hours)
        return self._query(
            "supplier_case",
            "aftersales.complaint",
            SQL(
                """
                SELECT rel.technician_id, c.id
                  FROM aftersales_complaint c
                  JOIN aftersales_complaint_concerned_rel rel
                    ON rel.complaint_id = c.id
                 WHERE c.company_id = %s AND c.supplier_id IS NOT NULL
                   AND c.confirmed_at IS NOT NULL AND c.state NOT IN %s
                   AND %s >= %s AND %s < %s
                   AND COALESCE(c.resolve_at > %s, %s <= %s)
                   AND rel.technician_id = ANY(%s)
                """,
                month.company.id,
                OUT,
                due,
                month.start,
                due,
                month.end,
                due,
                due,
                fields.Datetime.now(),
                technicians.ids,
            ),
        )

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.clock import day_sql
from ...tools.ladder import COUNTED

MAX_TRIES = 5


class AftersalesPenaltyDue(models.Model):
    """What the ladder has to look at again, and from when on (WA-23 … WA-28).

    Rows are only inserted, in the transaction that changes a complaint: two changes
    never wait for each other and none is lost. A complaint leaves a second row for the
    end of its 48 hours. The evaluation reads the rows that are due by their index and
    deletes them; so a run costs what was touched, however many complaints are old.
    """

    _name = "aftersales.penalty.due"
    _description = "Penalty ladder: what to look at again"
    _order = "id"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner", "Supplier", required=True, index=True, ondelete="cascade"
    )
    category_id = fields.Many2one(
        "aftersales.complaint.category", "Issue", ondelete="cascade"
    )
    complaint_id = fields.Many2one(
        "aftersales.complaint", index="btree_not_null", ondelete="cascade"
    )
    day = fields.Date(required=True, help="Day the complaint was received.")
    due_at = fields.Datetime(required=True)
    tries = fields.Integer(default=0)
    error = fields.Char()

    _due_idx = models.Index("(company_id, due_at)")

    # -------------------------------------------------------------------------
    # MARK
    # -------------------------------------------------------------------------

    @api.model
    def _mark_complaints(self, complaints):
        """Remember confirmed complaints of a supplier, and the end of their hours."""
        if not complaints:
            return
        complaints.flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.env["res.company"].flush_model(["aftersales_tz"])
        rows = SQL(
            """
            SELECT c.company_id, s.commercial_partner_id, c.category_id, c.id,
                   %s AS day,
                   c.received_at, c.state,
                   coalesce(c.settled_at, c.resolve_at) AS settled_at
              FROM aftersales_complaint c
              JOIN res_partner s ON s.id = c.supplier_id
              JOIN res_company o ON o.id = c.company_id
             WHERE c.id = ANY(%s) AND c.state != 'new'
            """,
            day_sql("c.received_at", "o"),
            complaints.ids,
        )
        self.env.cr.execute(
            SQL(
                """
                WITH rows AS (%(rows)s)
                INSERT INTO aftersales_penalty_due
                    (company_id, partner_id, category_id, complaint_id, day, due_at,
                     tries)
                SELECT company_id, commercial_partner_id, category_id, id, day,
                       received_at, 0
                  FROM rows
                 UNION ALL
                SELECT company_id, commercial_partner_id, category_id, id, day,
                       received_at + h.hours * interval '1 hour', 0
                  FROM rows
                  CROSS JOIN unnest(%(hours)s::float[]) h(hours)
                 WHERE state IN %(counted)s AND settled_at IS NULL
                """,
                rows=rows,
                hours=self.env["aftersales.penalty.rule"]._get_hours(),
                counted=COUNTED,
            )
        )

    @api.model
    def _mark_suppliers(self, company, partners, day, category_id=False):
        """Look at suppliers again: agreement, fund, year; or an issue from a month on.

        :param day: first day of what is looked at
        """
        now = fields.Datetime.now()
        # Safe: rows for the evaluation; nothing is shown.
        self.sudo().create(
            [
                {
                    "company_id": company.id,
                    "partner_id": partner.id,
                    "category_id": category_id,
                    "day": day,
                    "due_at": min(now, fields.Datetime.to_datetime(day)),
                }
                for partner in partners.commercial_partner_id
            ]
        )

    @api.model
    def _mark_years(self, company, today):
        """Suppliers whose year ended without a complaint and without an award."""
        rules = self.env["aftersales.penalty.rule"]._get_effective(company)
        for rule in rules.filtered(lambda rule: rule.trigger == "no_complaint"):
            self.env.cr.execute(self._years_sql(company, rule, today.year - 1))

    @api.model
    def _years_sql(self, company, rule, year):
        start, end = f"{year}-01-01", f"{year}-12-31"
        zone = company._aftersales_zone().zone
        return SQL(
            """
            INSERT INTO aftersales_penalty_due
                (company_id, partner_id, day, due_at, tries)
            SELECT d.company_id, d.partner_id, %(end)s, %(end)s, 0
              FROM aftersales_deposit d
             WHERE d.company_id = %(company)s AND d.state IN ('running', 'ended')
               AND d.date_start <= %(start)s
               AND coalesce(d.date_end, %(end)s) >= %(end)s
               AND coalesce(d.ended_on, %(end)s) >= %(end)s
               AND NOT EXISTS (
                   SELECT 1 FROM aftersales_penalty p
                    WHERE p.rule_id = %(rule)s AND p.company_id = d.company_id
                      AND p.partner_id = d.partner_id AND p.period_start = %(start)s)
               AND NOT EXISTS (
                   SELECT 1 FROM res_partner s
                     JOIN aftersales_complaint c ON c.supplier_id = s.id
                    WHERE s.commercial_partner_id = d.partner_id
                      AND c.company_id = d.company_id AND c.state IN %(counted)s
                      AND c.received_at >= %(since)s AND c.received_at < %(until)s)
            """,
            company=company.id,
            rule=rule.id,
            start=start,
            end=end,
            counted=COUNTED,
            since=SQL("%s::timestamp AT TIME ZONE %s AT TIME ZONE 'UTC'", start, zone),
            until=SQL(
                "(%s::date + 1)::timestamp AT TIME ZONE %s AT TIME ZONE 'UTC'",
                end,
                zone,
            ),
        )

    @api.model
    def _mark_unpaid(self, company, today):
        """Suppliers whose complaint fund was not paid on its day (WA-25)."""
        if (
            not self.env["aftersales.penalty.rule"]
            ._get_effective(company)
            .filtered(lambda rule: rule.trigger == "unpaid_fund")
        ):
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO aftersales_penalty_due
                    (company_id, partner_id, day, due_at, tries)
                SELECT p.company_id, p.partner_id, e.due_on, e.due_on, 0
                  FROM aftersales_deposit_entry e
                  JOIN aftersales_penalty p ON p.id = e.penalty_id
                 WHERE e.kind = 'fund' AND e.state = 'approved' AND e.due_on < %(day)s
                   AND p.company_id = %(company)s AND p.state = 'approved'
                   AND NOT EXISTS (
                       SELECT 1 FROM aftersales_penalty x
                        WHERE x.built_on_id = p.id AND x.state != 'revoked')
                """,
                company=company.id,
                day=today,
            )
        )

    # -------------------------------------------------------------------------
    # WORK OFF
    # -------------------------------------------------------------------------

    @api.model
    def _get_batch(self, company, instant, size, seen=()):
        """Due rows of some suppliers, locked; those another job holds are left out.

        :param seen: ids of suppliers this run has already had
        """
        groups = self.env.execute_query(
            SQL(
                """
                SELECT partner_id FROM aftersales_penalty_due
                 WHERE company_id = %s AND due_at <= %s AND tries < %s
                   AND partner_id != ALL(%s)
                 GROUP BY partner_id ORDER BY min(tries), min(id) LIMIT %s
                """,
                company.id,
                instant,
                MAX_TRIES,
                list(seen),
                size,
            )
        )
        return [partner for (partner,) in groups]

    @api.model
    def _get_rows(self, company, partners, instant):
        rows = self.search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "in", partners),
                ("due_at", "<=", instant),
                ("tries", "<", MAX_TRIES),
            ]
        )
        return rows.try_lock_for_update().exists()

    def _fail(self, error):
        """A supplier that cannot be evaluated does not keep the others waiting."""
        for tries, rows in self.grouped("tries").items():
            rows.write({"tries": tries + 1, "error": str(error)[:500]})

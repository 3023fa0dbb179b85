from collections import defaultdict

from odoo import api, fields, models

from ...tools.figures import CLOCK

COLUMNS = {
    "company_id": "int",
    "month": "date",
    "topic": "text",
    "technician_id": "int",
    "whole": "bool",
    "kpi_id": "int",
}


class AftersalesKpiDirty(models.Model):
    """Facts of a month that have changed, until its figures are computed again.

    ``topic`` says what changed and so which figures are due; ``technician_id`` whose
    facts (empty: those of nobody), ``whole``: everybody's.
    """

    _name = "aftersales.kpi.dirty"
    _description = "Figures: months to compute again"
    _inherit = ["aftersales.recompute.mixin"]
    _order = "tries, id"
    _log_access = False

    BATCH = 1000

    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade"
    )
    month = fields.Date(required=True)
    topic = fields.Char()
    technician_id = fields.Many2one(
        "aftersales.technician", index="btree_not_null", ondelete="cascade"
    )
    whole = fields.Boolean()
    kpi_id = fields.Many2one("aftersales.kpi", ondelete="cascade")
    tries = fields.Integer(default=0)
    error = fields.Char()

    _month_idx = models.Index("(company_id, month)")

    # -- marking --------------------------------------------------------------

    @api.model
    def _mark(self, keys):
        """Remember facts that have changed: one query.

        :param keys: ``{(company id, any day of the month, topic, technician id)}``;
            without technician: the facts of nobody
        """
        rows = {
            (company, fields.Date.start_of(day, "month"), topic, who or None, False)
            for company, day, topic, who in keys
            if company and day
        }
        self._insert_marks(COLUMNS, [(*row, None) for row in sorted(rows, key=str)])

    @api.model
    def _mark_whole(self, keys):
        """The same for the facts of everybody: ``{(company id, day, topic)}``."""
        rows = {
            (company, fields.Date.start_of(day, "month"), topic, None, True)
            for company, day, topic in keys
            if company and day
        }
        self._insert_marks(COLUMNS, [(*row, None) for row in sorted(rows, key=str)])

    @api.model
    def _mark_roster(self, spans):
        """Hours people have: two queries for any number of changes.

        Only months that have figures: those to come read the roster when they come.

        :param spans: ``[(company, technician or False for everybody, first instant,
            last instant)]``; without instants: the open months
        """
        companies = {company.id for company, *_rest in spans if company}
        # Safe: which months there are; nothing is shown.
        periods = self.env["aftersales.kpi.period"].sudo()
        known = periods.search([("company_id", "in", list(companies))])
        by_company = known.grouped("company_id")
        everybody, people = set(), set()
        for company, technician, start, end in spans:
            months = by_company.get(company, periods.browse())
            for period in months._within(start, end):
                if technician:
                    people.add((company.id, period.month, "roster", technician.id))
                else:
                    everybody.add((company.id, period.month, "roster"))
        self._mark_whole(everybody)
        self._mark(people)

    @api.model
    def _mark_kpis(self, kpis, periods):
        """The meaning of figures has changed: their open months."""
        rows = [
            (period.company_id.id, period.month, None, None, True, kpi.id)
            for kpi in kpis
            for period in periods
            if not kpi.company_id or kpi.company_id == period.company_id
        ]
        self._insert_marks(COLUMNS, rows)

    @api.model
    def _cron_mark_clock(self):
        """What comes with time alone: deadlines passing, ages, hours of the roster.

        The month before is looked at again in its first days after.
        """
        facts = self.env["aftersales.kpi.facts"]
        keys = set()
        # pylint: disable-next=no-search-all
        for company in self.env["res.company"].search([]):
            today = facts._get_today(company)
            days = {today, fields.Date.subtract(today, days=3)}
            keys |= {(company.id, day, topic) for day in days for topic in CLOCK}
        self._mark_whole(keys)

    # -- working off ----------------------------------------------------------

    def _group_alone(self):
        return self.company_id, self.month, self.topic, self.kpi_id

    def _compute_rows(self):
        periods = self.env["aftersales.kpi.period"]
        for (company, month), rows in self.grouped(
            lambda row: (row.company_id, row.month)
        ).items():
            periods._get_or_create(company, month)._compute_marks(rows)

    def _compute_and_forget(self):
        """The month has deleted the rows together with its computation."""
        self._compute_rows()

    def _get_work(self, company):
        """Figures and people to compute, each figure once.

        :return: ``[(kpis, technician ids, nobody too, everybody)]``
        """
        kpis = self.env["aftersales.kpi"]._get_for_company(company)
        by_topic = defaultdict(lambda: kpis.browse())
        for kpi in kpis:
            for topic in kpi._get_kind().topics:
                by_topic[topic] |= kpi
        who = defaultdict(set)
        for row in self:
            person = "all" if row.whole else row.technician_id.id
            for kpi in row.kpi_id & kpis or by_topic[row.topic]:
                who[kpi].add(person if kpi.by_technician else "all")
        groups = defaultdict(lambda: kpis.browse())
        for kpi, people in who.items():
            groups[frozenset({"all"} if "all" in people else people)] |= kpi
        return [
            (
                found,
                sorted(filter(None, people - {"all"})),
                False in people,
                "all" in people,
            )
            for people, found in groups.items()
        ]

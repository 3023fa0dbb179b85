import logging

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH = 200
MAX_TRIES = 5


class AftersalesScoreDirty(models.Model):
    """A technician's month whose facts have changed, until it is computed again.

    Rows are only inserted, in the transaction that changes the fact: two changes never
    wait for each other, and a month closed at the same moment keeps the row, so that
    the late fact becomes an adjustment. The job deletes the rows it has seen.
    """

    _name = "aftersales.score.dirty"
    _description = "Score: months to compute again"
    _order = "tries, id"
    _log_access = False

    technician_id = fields.Many2one(
        "aftersales.technician", required=True, index=True, ondelete="cascade"
    )
    month = fields.Date(required=True)
    tries = fields.Integer(default=0)
    error = fields.Char()

    @api.model
    def _mark(self, keys):
        """Remember months to compute again: one query.

        :param keys: ``{(technician id, any day of the month)}``
        """
        rows = {
            (technician, fields.Date.start_of(day, "month"))
            for technician, day in keys
            if technician and day
        }
        if not rows:
            return
        people, months = zip(*sorted(rows), strict=True)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO aftersales_score_dirty (technician_id, month, tries)
                SELECT *, 0 FROM unnest(%s::int[], %s::date[])
                """,
                list(people),
                list(months),
            )
        )

    @api.model
    def _cron_compute(self):
        """Compute what has changed; safe to kill, and beside another one."""
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count([("tries", "<", MAX_TRIES)]))
        last = 0
        while rows := self._get_next(last):
            last = rows[-1].id
            rows.try_lock_for_update().exists()._compute_marked()
            if not cron._commit_progress(len(rows)):
                break

    @api.model
    def _get_next(self, last):
        domain = [("tries", "<", MAX_TRIES), ("id", ">", last)]
        return self.search(domain, order="id", limit=BATCH)

    def _compute_marked(self):
        """All in one go; when that fails, one technician after the other."""
        try:
            with self.env.cr.savepoint():
                self._compute_months()
        except UserError:
            groups = self.grouped(lambda row: (row.technician_id, row.month))
            for rows in groups.values():
                rows._compute_alone()

    def _compute_alone(self):
        try:
            with self.env.cr.savepoint():
                self._compute_months()
        except LockError:
            return  # somebody works on the sheet; the next run finds the rows again
        except UserError as error:
            _logger.warning("Score not computed: %s", error)
            for row in self:
                row.write({"tries": row.tries + 1, "error": str(error)[:500]})

    def _compute_months(self):
        groups = self.grouped(lambda row: (row.technician_id.company_id, row.month))
        sheets = self.env["aftersales.score.sheet"]
        for (company, month), rows in groups.items():
            sheets._compute_month(company, month, rows.technician_id)
        self.unlink()

    @api.model
    def _cron_mark_due(self):
        """Facts that come with time alone: cases no one has settled, new months."""
        now = fields.Datetime.now()
        # pylint: disable-next=no-search-all
        rules = self.env["aftersales.score.rule"].search([])
        kinds = rules.filtered(lambda rule: rule.kind == "supplier_case")
        hours = max(kinds.mapped("hours"), default=48.0)
        complaints = self.env["aftersales.complaint"].search(
            [
                ("concerned_technician_ids", "!=", False),
                ("supplier_id", "!=", False),
                ("received_at", ">=", fields.Datetime.subtract(now, days=35)),
                ("received_at", "<=", fields.Datetime.subtract(now, hours=hours)),
            ]
        )
        self._mark(complaints._get_score_keys())
        facts = self.env["aftersales.score.facts"]
        # pylint: disable-next=no-search-all
        technicians = self.env["aftersales.technician"].search([])
        self._mark(
            {
                (technician.id, facts._get_local_day(company, now))
                for company, people in technicians.grouped("company_id").items()
                for technician in people
            }
        )

import logging

from psycopg2 import DataError, IntegrityError

from odoo import api, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

MAX_TRIES = 5
# What a single mark may fail with; a lost race is no failure, the job tries again.
FAILURES = (UserError, DataError, IntegrityError)


class AftersalesRecomputeMixin(models.AbstractModel):
    """Marks of what has to be computed again, worked off by a job (Principle 6).

    Rows are only inserted, in the transaction that changes a fact: two changes never
    wait for each other and none is lost. The job deletes the rows it has seen; it may
    be killed at any point and run beside another one. A row that cannot be computed is
    tried again on its own a few times, then stays with its error and blocks nothing.

    A model adds its key fields, and the integer ``tries`` and the char ``error``. It
    says in ``_compute_rows`` what is computed, and in ``_group_alone`` which rows are
    tried together when the batch fails.
    """

    _name = "aftersales.recompute.mixin"
    _description = "Marks of what is computed again"

    # Rows worked off in one transaction.
    BATCH = 200

    @api.model
    def _insert_marks(self, columns, rows):
        """One INSERT for any number of marks.

        :param columns: ``{name: type in SQL}``
        :param rows: tuples in the order of the columns
        """
        if not rows:
            return
        lists = zip(*rows, strict=True)
        arrays = [
            SQL("%s::%s[]", list(values), SQL(kind))
            for values, kind in zip(lists, columns.values(), strict=True)
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s, tries) SELECT *, 0 FROM unnest(%s)",
                SQL.identifier(self._table),
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(arrays),
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
        return self.search(domain, order="id", limit=self.BATCH)

    def _compute_marked(self):
        """All in one go; when that fails, one group after the other."""
        try:
            with self.env.cr.savepoint():
                self._compute_and_forget()
        except FAILURES:
            for rows in self.grouped(lambda row: row._group_alone()).values():
                rows._compute_alone()

    def _compute_alone(self):
        try:
            with self.env.cr.savepoint():
                self._compute_and_forget()
        except LockError:
            return  # somebody works on it; the next run finds the rows again
        except FAILURES as error:
            _logger.warning("%s not computed: %s", self._description, error)
            for row in self:
                row.write({"tries": row.tries + 1, "error": str(error)[:500]})

    def _compute_and_forget(self):
        self._compute_rows()
        self._forget()

    def _forget(self):
        """Nothing hangs on a mark: one DELETE."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE id = ANY(%s)",
                SQL.identifier(self._table),
                self.ids,
            )
        )
        self.invalidate_recordset()

    def _compute_rows(self):
        """Compute what the rows mark."""
        raise NotImplementedError

    def _group_alone(self):
        """Key of the rows that are tried together after a failure."""
        raise NotImplementedError

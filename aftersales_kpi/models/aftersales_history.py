from itertools import islice

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.history import Story

CHUNK = 1000
# In the order in which they are made; removed from the end.
MADE = (
    "res.partner",
    "aftersales.team",
    "resource.resource",
    "aftersales.technician",
    "aftersales.symptom",
    "product.category",
    "product.product",
    "product.value",
    "aftersales.asset",
    "aftersales.order",
    "aftersales.visit",
    "aftersales.order.line",
    "aftersales.worklog",
    "aftersales.followup",
    "aftersales.complaint",
)
# When this has gone, nothing invented is counted any more.
FIRST_WORK = "aftersales.order"
# Made with create, so removed with unlink: other models follow them.
BY_ORM = MADE[:7]
# Models that point at any record by model and number, without a foreign key.
FOLLOWERS = (
    ("mail.message", "model"),
    ("mail.followers", "res_model"),
    ("mail.activity", "res_model"),
    ("ir.attachment", "res_model"),
    ("aftersales.sla.alert", "res_model"),
)


class AftersalesHistory(models.Model):
    """Invented years of a department, for demonstrations and training (KP-12).

    ======== ============== ====================================================
    Action   Group          Restriction
    ======== ============== ====================================================
    generate administrator  demo database, or confirmed; one per company
    remove   administrator  nothing real hangs on the invented orders
    ======== ============== ====================================================

    The same company and last day give the same story. Rows are inserted in SQL: nothing
    is sent, booked or moved, no job has anything to do with them, and the accountant's
    desk leaves them out. Every record made is marked.
    """

    _name = "aftersales.history"
    _description = "Demo History"
    _inherit = [
        "aftersales.history.cast",
        "aftersales.history.writer",
        "aftersales.history.figures",
        "aftersales.history.derived",
    ]
    _order = "id desc"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    date_to = fields.Date("Last day", required=True, readonly=True)
    months = fields.Integer(required=True, readonly=True)
    order_count = fields.Integer("Orders", required=True, readonly=True)

    _company_uniq = models.UniqueIndex(
        "(company_id)", "This company has a demo history already; remove it first."
    )

    # -------------------------------------------------------------------------
    # GENERATE AND REMOVE
    # -------------------------------------------------------------------------

    @api.model
    def _generate(self, company, last, months, orders):
        """Invent the history of a company.

        :param last: last day of the history
        :param months: how many months, that of the last day counted
        :param orders: how many orders
        """
        quiet = self.with_context(
            tracking_disable=True, mail_create_nosubscribe=True, mail_notrack=True
        ).with_company(company)
        history = quiet.create(
            {
                "company_id": company.id,
                "date_to": last,
                "months": months,
                "order_count": orders,
            }
        )
        cast = history._prepare_cast()
        history._write_story(cast, Story(cast, last, months, orders).tell())
        history.env.invalidate_all()
        history._compute_figures()
        return history.with_env(self.env)

    def _remove(self):
        """Everything it made goes, whatever else the records have collected.

        :raise UserError: something real hangs on an invented record
        """
        try:
            with self.env.cr.savepoint():
                for history in self:
                    history._remove_all()
                self.unlink()
        except psycopg2.errors.ForeignKeyViolation as error:
            self.env.invalidate_all(flush=False)
            raise UserError(
                self.env._(
                    "Something real hangs on the demo history and keeps it: "
                    "%(detail)s Remove that first.",
                    detail=error.diag.message_detail or "",
                )
            ) from error

    def _remove_all(self):
        self._forget_derived()
        for model in reversed(MADE):
            self._remove_made(model)
            if model == FIRST_WORK:
                self._forget_figures()
                self._forget_requests()
        self._restore_figures()

    def _remove_made(self, model):
        ids = self._get_made(model)
        if model in BY_ORM:
            self.env[model].browse(ids).exists().unlink()
        elif ids:
            self._delete_rows(model, ids)
        self.env.flush_all()

    def _get_made_models(self):
        return MADE

    def _get_made(self, model):
        rows = self.env.execute_query(
            SQL(
                "SELECT res_id FROM aftersales_history_mark"
                " WHERE history_id = %s AND res_model = %s ORDER BY id",
                self.id,
                model,
            )
        )
        return [number for (number,) in rows]

    def _delete_rows(self, model, ids):
        """Rows and what follows them without a foreign key."""
        for follower, name in FOLLOWERS:
            records = self.env[follower].sudo()  # Safe: of invented records only.
            found = records.with_context(active_test=False).search(
                [(name, "=", model), ("res_id", "in", ids)]
            )
            found.unlink()
        self.env.flush_all()
        table = SQL.identifier(self.env[model]._table)
        self.env.cr.execute(SQL("DELETE FROM %s WHERE id = ANY(%s)", table, ids))
        self.env.invalidate_all(flush=False)

    # -------------------------------------------------------------------------
    # ROWS
    # -------------------------------------------------------------------------

    def _make_records(self, model, values):
        """Master data the usual way, marked."""
        # Safe: an administrator has asked for it, all of it is invented.
        records = self.env[model].sudo().create(values)
        self._mark(model, records.ids)
        return records.with_env(self.env)

    def _reserve_ids(self, model, count):
        """Numbers of rows to be inserted, so that rows may point at each other."""
        sequence = f"{self.env[model]._table}_id_seq"
        rows = self.env.execute_query(
            SQL("SELECT nextval(%s) FROM generate_series(1, %s)", sequence, count)
        )
        return [number for (number,) in rows]

    def _insert_rows(self, model, rows, ids=None):
        """Insert rows with the defaults of the model for what they do not say."""
        rows = list(rows)
        if not rows:
            return []
        self.env.flush_all()
        ids = ids or self._reserve_ids(model, len(rows))
        defaults = self._get_defaults(model)
        names = [*dict.fromkeys(name for row in (defaults, *rows) for name in row)]
        empty = {name: defaults.get(name) for name in names}
        columns = SQL(", ").join(map(SQL.identifier, ["id", *names]))
        table = SQL.identifier(self.env[model]._table)
        query = SQL("INSERT INTO %s (%s)", table, columns)
        values = [
            (number, *(empty | row).values())
            for number, row in zip(ids, rows, strict=True)
        ]
        self.env.cr.execute_values(f"{query.code} VALUES %s", values, page_size=CHUNK)
        self._mark(model, ids)
        return ids

    def _get_defaults(self, model):
        """What a new record of the model would have; columns of later add-ons too."""
        records = self.env[model].sudo()  # Safe: only defaults are read.
        plain = [
            name
            for name, field in records._fields.items()
            if field.store
            and field.column_type
            and field.type not in ("json", "html", "properties")
            and not field.translate
            and not field.compute
            and name != "id"
        ]
        given = records.default_get(plain)
        stamps = {
            name: self.env.uid if name.endswith("uid") else fields.Datetime.now()
            for name in ("create_uid", "create_date", "write_uid", "write_date")
            if name in records._fields
        }
        return {
            name: value for name, value in given.items() if value is not False
        } | stamps

    def _insert_links(self, model, name, pairs):
        """Rows of a many2many; they go with their records."""
        if not pairs:
            return
        field = self.env[model]._fields[name]
        columns = SQL(", ").join(map(SQL.identifier, (field.column1, field.column2)))
        table = SQL.identifier(field.relation)
        query = SQL("INSERT INTO %s (%s)", table, columns)
        self.env.cr.execute_values(f"{query.code} VALUES %s", pairs, page_size=CHUNK)

    def _mark(self, model, ids):
        numbers = iter(ids)
        while chunk := list(islice(numbers, 50 * CHUNK)):
            self.env.cr.execute(
                SQL(
                    "INSERT INTO aftersales_history_mark"
                    " (history_id, res_model, res_id)"
                    " SELECT %s, %s, unnest(%s::int[])",
                    self.id,
                    model,
                    chunk,
                )
            )

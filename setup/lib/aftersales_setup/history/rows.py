"""Rows of Odoo's tables, inserted by batch; what was made is remembered."""

from odoo import fields
from odoo.tools import SQL

CHUNK = 1000


class Rows:
    """Needs ``env`` and ``made``: ids by model."""

    def _make_records(self, model, values):
        """Master data the usual way."""
        records = self.env[model].create(values)
        self._note(model, records.ids)
        return records

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
        self._note(model, ids)
        return ids

    def _get_defaults(self, model):
        """What a new record of the model would have; columns of later add-ons too."""
        records = self.env[model]
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

    def _note(self, model, ids):
        self.made.setdefault(model, []).extend(ids)

from datetime import date, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

FIRST_YEAR = 1970
YEARS_AHEAD = 60


class ImportedBatchError(Exception):
    """Some row of a batch is refused; which one is found row by row."""


class AftersalesGuardMixin(models.AbstractModel):
    """What a file may not bring in: typed dates nobody means, the same row twice."""

    _inherit = "aftersales.guard.mixin"

    # Moments that have passed when they are written down, like that of a call.
    PAST_MOMENTS = ()

    @api.model
    def _is_import(self):
        return bool(self.env.context.get("import_file"))

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_import():
            self._check_imported(vals_list)
        return super().create(vals_list)

    @api.model
    def _check_imported(self, vals_list):
        """Dates nobody means, and rows that are there already.

        :raise ImportedBatchError: one of several rows; Odoo then tries each alone and
            names it, while a ``UserError`` would be put down to the first
        """
        try:
            self._check_imported_dates(vals_list)
            self._check_imported_twice(vals_list)
        except ValidationError as error:
            if len(vals_list) > 1:
                raise ImportedBatchError(str(error)) from error
            raise

    @api.model
    def _check_imported_dates(self, vals_list):
        """Year 206 and 1900 are slips; a call of the year 2036 has not been made.

        :raise ValidationError: names the value; the import adds its row
        """
        now = fields.Datetime.now()
        for vals in vals_list:
            for name, value in vals.items():
                field = self._fields.get(name)
                if not value or not field or field.type not in ("date", "datetime"):
                    continue
                moment = self._read_date(field, value)
                year = moment and moment.year
                late = name in self.PAST_MOMENTS and moment > now + timedelta(days=1)
                if (
                    not moment
                    or late
                    or not FIRST_YEAR <= year <= now.year + YEARS_AHEAD
                ):
                    raise ValidationError(
                        self.env._(
                            "%(field)s: %(value)s cannot be meant. Correct the date "
                            "in the file.",
                            field=field._description_string(self.env),
                            value=value,
                        )
                    )

    @api.model
    def _read_date(self, field, value):
        try:
            moment = fields.Datetime.to_datetime(value)
        except (TypeError, ValueError):
            return None
        if isinstance(moment, date) and not isinstance(moment, datetime):
            return datetime(moment.year, moment.month, moment.day)
        return moment

    @api.model
    def _get_import_key(self):
        """Fields by which a row of a file is known again; empty: never."""
        return ()

    @api.model
    def _is_repeat_meant(self, vals):
        return False

    @api.model
    def _check_imported_twice(self, vals_list):
        """Ask before what is there already comes in again.

        :raise ValidationError: names what is there; the import adds its row
        """
        names = self._get_import_key()
        if not names:
            return
        asked = [vals for vals in vals_list if not self._is_repeat_meant(vals)]
        moments = [
            self._read_date(self._fields[names[0]], vals[names[0]])
            for vals in asked
            if vals.get(names[0])
        ]
        if not moments:
            return
        # Safe: numbers of what the user has in the file already.
        known = self.sudo().search([(names[0], "in", moments)])
        keys = {record._get_own_key(names): record.display_name for record in known}
        for vals in asked:
            if there := keys.get(self._get_key_of(names, vals)):
                raise ValidationError(
                    self.env._(
                        "%(record)s is the same: the file has been imported before. "
                        "Leave the row out, or say in the file that a second one is "
                        "meant.",
                        record=there,
                    )
                )

    def _get_own_key(self, names):
        return tuple(
            self[name].id if self._fields[name].relational else self[name] or False
            for name in names
        )

    @api.model
    def _get_key_of(self, names, vals):
        return tuple(
            self._read_date(self._fields[name], vals.get(name))
            if self._fields[name].type == "datetime"
            else vals.get(name) or False
            for name in names
        )

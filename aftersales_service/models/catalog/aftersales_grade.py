import re
import unicodedata

from odoo import api, fields, models
from odoo.fields import Domain

_TIMES = re.compile(r"\s*[×xX*✕]\s*")


class AftersalesGrade(models.Model):
    """Service grade of a customer, contract or machine (SV-04)."""

    _name = "aftersales.grade"
    _description = "Service Grade"
    _order = "sequence, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short code used by imports, e.g. 7x24x4.")
    customer_class = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")],
        default="C",
        required=True,
        help="Classes A and B are answered first.",
    )
    calendar = fields.Selection(
        [("5x9", "5×9: working days"), ("7x24", "7×24: at any time")],
        string="Service Hours",
        default="5x9",
        required=True,
    )
    onsite_hours = fields.Float(
        string="On Site Within (h)",
        help="Hours from the call to the arrival; 0 when nothing is promised.",
    )
    answer_minutes = fields.Integer(
        string="Answer Within (min)",
        default=30,
        help="Minutes from the call to the first answer; 0 when nothing is promised.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex("(code)", "This grade code is already in use.")
    _check_promises = models.Constraint(
        "CHECK (onsite_hours >= 0 AND answer_minutes >= 0)",
        "Promised times cannot be negative.",
    )

    @api.model
    def _search_display_name(self, operator, value):
        """7x24x4, 7X24X4 and 7*24*4 are the grade 7×24×4 (files, callers)."""
        domain = Domain(super()._search_display_name(operator, value))
        values = [value] if isinstance(value, str) else value
        if operator not in ("=", "in", "like", "ilike", "=ilike") or not values:
            return domain
        codes = [self._normalize_code(text) for text in values if isinstance(text, str)]
        return domain | Domain("code", "in", codes)

    @api.model
    def _normalize_code(self, text):
        return _TIMES.sub("x", unicodedata.normalize("NFKC", text).strip()).lower()

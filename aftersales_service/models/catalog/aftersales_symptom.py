import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

_SEPARATORS = re.compile(r"[,，;；、]+")


class AftersalesSymptom(models.Model):
    """What the customer observes: first half of the fault catalogue (SV-03)."""

    _name = "aftersales.symptom"
    _description = "Symptom"
    _order = "sequence, code, name, id"
    _rec_names_search = ["name", "code", "keywords"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short code used by imports and for typing.")
    keywords = fields.Char(
        help="Other words callers use, in any language, separated by commas; the "
        "symptom is found by them."
    )
    parent_id = fields.Many2one(
        "aftersales.symptom",
        string="Group",
        index=True,
        ondelete="restrict",
    )
    child_ids = fields.One2many("aftersales.symptom", "parent_id")
    product_categ_ids = fields.Many2many(
        "product.category",
        string="Product Categories",
        help="The symptom is offered for products of these categories and below; "
        "empty for all products.",
    )
    cause_ids = fields.Many2many(
        "aftersales.cause",
        "aftersales_cause_symptom_rel",
        "symptom_id",
        "cause_id",
        string="Possible Causes",
    )
    description = fields.Text(translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL AND code <> ''",
        "Another symptom has this code.",
    )

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._("A symptom cannot belong to its own sub-group.")
            )

    @api.model
    def _get_product_domain(self, product):
        """Symptoms offered for a product: those of its categories and general ones."""
        path = (product.categ_id.parent_path or "").split("/")
        categories = [int(part) for part in path if part]
        return [("product_categ_ids", "in", [*categories, False])]

    @api.model
    def _search_display_name(self, operator, value):
        """Files name a symptom by one of its keywords; that is the symptom meant."""
        domain = Domain(super()._search_display_name(operator, value))
        if operator not in ("=", "in"):
            return domain
        words = {
            text.strip().casefold()
            for text in ([value] if isinstance(value, str) else value or ())
            if isinstance(text, str) and text.strip()
        }
        if not words:
            return domain
        near = self.search_fetch(
            Domain.OR(Domain("keywords", "ilike", word) for word in words),
            ["keywords"],
        )
        exact = near.filtered(
            lambda symptom: (
                words
                & {w.strip().casefold() for w in _SEPARATORS.split(symptom.keywords)}
            )
        )
        return domain | Domain("id", "in", exact.ids)

from odoo import fields, models


class AftersalesWarrantyExclusion(models.Model):
    """A reason for which a warranty does not pay: misuse, opened by others (WA-01)."""

    _name = "aftersales.warranty.exclusion"
    _description = "Warranty Exclusion"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Technical name that rules look for.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True)

    _code_uniq = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL", "This code is taken by another exclusion."
    )

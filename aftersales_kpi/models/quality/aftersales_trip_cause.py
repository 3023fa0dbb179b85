from odoo import fields, models


class AftersalesTripCause(models.Model):
    """Why technicians travel: the rows of the yearly table (KP-07)."""

    _name = "aftersales.trip.cause"
    _description = "Cause of Trips"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short code used by imports.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    rule_ids = fields.One2many("aftersales.trip.rule", "trip_cause_id", "Rules")

    _code_uniq = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL AND code <> ''",
        "Another cause of trips has this code.",
    )

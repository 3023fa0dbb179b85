from odoo import fields, models


class AftersalesSlaPolicy(models.Model):
    """What we promise, for which orders or complaints (SV-11)."""

    _name = "aftersales.sla.policy"
    _description = "Promise on Time"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index="btree_not_null")

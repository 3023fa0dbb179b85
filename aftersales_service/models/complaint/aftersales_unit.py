from odoo import fields, models


class AftersalesUnit(models.Model):
    """Who can be at fault: a department of ours or a party outside (SV-63)."""

    _name = "aftersales.unit"
    _description = "Responsible Unit"
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short code used by imports.")
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        ondelete="restrict",
        index="btree_not_null",
        help="Supplier, carrier or subsidiary behind the unit, if it is not one of "
        "our own departments.",
    )
    manager_id = fields.Many2one(
        "res.users", "Head", domain=[("share", "=", False)], ondelete="set null"
    )
    is_external = fields.Boolean(
        "Outside the company", help="Its faults are not ours: supplier, carrier."
    )
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: for all companies."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), code) WHERE code IS NOT NULL AND code <> ''",
        "Another unit has this code.",
    )

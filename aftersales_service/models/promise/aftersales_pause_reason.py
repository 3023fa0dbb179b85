from odoo import fields, models


class AftersalesPauseReason(models.Model):
    """Why the clock stands still; each promise says which reasons count (SV-10)."""

    _name = "aftersales.pause.reason"
    _description = "Reason for Stopping the Clock"
    _order = "sequence, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short code used by imports.")
    kind = fields.Selection(
        [
            ("customer", "Customer"),
            ("part", "Part"),
            ("supplier", "Supplier"),
            ("workshop", "Workshop"),
            ("other", "Other"),
        ],
        "Waiting for",
        required=True,
        default="customer",
    )
    note_required = fields.Boolean(help="Ask for a remark when the clock is stopped.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL AND code <> ''",
        "Another reason has this code.",
    )

from odoo import fields, models


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

from odoo import api, fields, models


class AftersalesCause(models.Model):
    """What was found to be wrong, and what usually helps (SV-03)."""

    _name = "aftersales.cause"
    _description = "Fault Cause"
    _order = "sequence, code, name, id"
    _rec_names_search = ["name", "code", "keywords"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Short code used by imports and for typing.")
    keywords = fields.Char(
        help="Other words for the cause, in any language, separated by commas; the "
        "cause is found by them."
    )
    symptom_ids = fields.Many2many(
        "aftersales.symptom",
        "aftersales_cause_symptom_rel",
        "cause_id",
        "symptom_id",
        string="Seen As",
    )
    remedy = fields.Text(
        string="Usual Remedy",
        translate=True,
        help="Proposed as the remedy of the service report.",
    )
    is_misuse = fields.Boolean(
        string="Misuse",
        help="The customer pays: warranty and contract do not cover this cause.",
    )
    responsible = fields.Selection(
        [
            ("manufacturer", "Manufacturer"),
            ("service", "Our own service"),
            ("customer", "Customer"),
            ("environment", "Environment (power, climate, force majeure)"),
            ("unknown", "Not determined"),
        ],
        default="unknown",
        required=True,
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL AND code <> ''",
        "Another cause has this code.",
    )

    @api.onchange("is_misuse")
    def _onchange_is_misuse(self):
        if self.is_misuse and self.responsible == "unknown":
            self.responsible = "customer"

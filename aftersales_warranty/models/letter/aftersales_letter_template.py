from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...const import LETTER_KINDS
from ...tools.letter import find_placeholders


class AftersalesLetterTemplate(models.Model):
    """Text of a kind of letter, with placeholders; the company's own goes first.

    Placeholders are names in braces; nothing is evaluated. A paragraph whose
    placeholders are all empty is left out.
    """

    _name = "aftersales.letter.template"
    _description = "Text of a letter"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(LETTER_KINDS, required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: for all companies."
    )
    subject = fields.Char(required=True, translate=True)
    body = fields.Html(required=True, translate=True)
    days = fields.Integer(
        "Days to react",
        help="Sets the due day of the letter where nothing else does; 0 sets none.",
    )
    placeholder_help = fields.Text("Placeholders", compute="_compute_placeholder_help")

    _days_valid = models.Constraint(
        "CHECK (days >= 0)", "The days to react cannot be negative."
    )
    _kind_uniq = models.UniqueIndex(
        "(kind, COALESCE(company_id, 0)) WHERE active",
        "This kind of letter already has a text. Archive it first.",
    )

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_placeholder_help(self):
        labels = self.env["aftersales.letter"]._get_placeholder_labels()
        text = "\n".join(f"{{{name}}}  {label}" for name, label in labels.items())
        self.placeholder_help = text

    @api.constrains("subject", "body")
    def _check_placeholders(self):
        """A name nobody fills in would stand in a letter (WA-29)."""
        known = self.env["aftersales.letter"]._get_placeholder_labels().keys()
        for template in self:
            used = find_placeholders(template.subject)
            used |= find_placeholders(template.body)
            if unknown := used - known:
                raise ValidationError(
                    self.env._(
                        "%(template)s: nobody fills in %(names)s. Use the names "
                        "listed below the text.",
                        template=template.name,
                        names=", ".join(f"{{{name}}}" for name in sorted(unknown)),
                    )
                )

    @api.model
    def _find(self, company, kind):
        """The text of the company for the kind, else the common one."""
        # Safe: texts of letters hold nothing secret; the company is the letter's.
        return self.sudo().search(
            [("kind", "=", kind), ("company_id", "in", [company.id, False])],
            order="company_id, sequence, id",
            limit=1,
        )

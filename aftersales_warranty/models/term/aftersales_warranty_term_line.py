from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.period import Length
from .aftersales_warranty_term import UNITS

SCOPES = [
    ("part", "Parts"),
    ("labour", "Labour"),
    ("travel", "Travel"),
    ("freight", "Freight"),
]
ROLES = [
    ("normal", "Part"),
    ("key", "Key part"),
    ("wear", "Wear part"),
]


class AftersalesWarrantyTermLine(models.Model):
    """What a term covers: parts by category, labour, travel, freight (WA-01).

    Of several rows for parts the most specific decides: product, then the nearest
    category, then all parts. A key part keeps the cover of all parts besides its own.
    """

    _name = "aftersales.warranty.term.line"
    _description = "Cover of a Warranty Term"
    _inherit = ["aftersales.warranty.term.row", "aftersales.warranty.ranked"]
    _order = "term_id, sequence, id"

    scope = fields.Selection(SCOPES, required=True, default="part")
    role = fields.Selection(
        ROLES,
        required=True,
        default="normal",
        help="Key parts last longer than the machine's warranty, wear parts less.",
    )
    product_id = fields.Many2one(
        "product.product", index="btree_not_null", ondelete="restrict"
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Category",
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: all parts.",
    )
    share = fields.Float(
        "Share %",
        default=100.0,
        help="What we pay; 0: not covered at all.",
    )
    duration = fields.Integer(
        "Own length", help="0: as long as the term itself, from the same start."
    )
    duration_unit = fields.Selection(UNITS, default="month", required=True)
    counter_limit = fields.Float(
        "Own limit", help="Limit of the term's counter for this row; 0: the term's."
    )

    _check_share = models.Constraint(
        "CHECK (share >= 0 AND share <= 100)", "A share lies between 0 and 100 %."
    )
    _check_duration = models.Constraint(
        "CHECK (duration >= 0 AND counter_limit >= 0)", "A length cannot be negative."
    )

    @api.depends("scope", "role", "product_id", "categ_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line._describe(line)

    @api.constrains("scope", "role", "product_id", "categ_id")
    def _check_part(self):
        for line in self:
            if line.scope != "part" and (
                line.role != "normal" or line.product_id or line.categ_id
            ):
                raise ValidationError(
                    self.env._("Only parts are told apart by product and category.")
                )
            if line.role != "normal" and not (line.product_id or line.categ_id):
                raise ValidationError(
                    self.env._("Say which product or category is a key or wear part.")
                )

    def _get_length(self):
        """The row's own length; false when it is the term's."""
        self.ensure_one()
        return Length(self.duration, self.duration_unit)

    @api.model
    def _describe(self, row):
        """Words for a row of a term or of a warranty: “Key part: Boards”."""
        fields_ = self._fields
        label = dict(fields_["scope"]._description_selection(self.env)).get(row.scope)
        if row.scope == "part" and row.role != "normal":
            label = dict(fields_["role"]._description_selection(self.env))[row.role]
        # Safe: the name of a product or category, no price.
        what = row.sudo().product_id.display_name or row.sudo().categ_id.display_name
        return f"{label}: {what}" if what else label

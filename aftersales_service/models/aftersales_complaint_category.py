from odoo import api, fields, models
from odoo.exceptions import UserError

ABOUT = [
    ("product", "Product"),
    ("service", "Service"),
    ("attitude", "Attitude"),
    ("delivery", "Delivery"),
    ("price", "Price"),
    ("other", "Other"),
]


class AftersalesComplaintCategory(models.Model):
    """The issue a customer complains about, as a tree (SV-60).

    Complaints of one supplier about the same issue are counted together.
    """

    _name = "aftersales.complaint.category"
    _description = "Complaint Issue"
    _parent_name = "parent_id"
    _parent_store = True
    _rec_name = "complete_name"
    _rec_names_search = ["complete_name", "code"]
    _order = "complete_name, id"

    name = fields.Char("Issue", required=True, translate=True)
    complete_name = fields.Char(
        "Full Name",
        compute="_compute_complete_name",
        store=True,
        recursive=True,
    )
    code = fields.Char(help="Short code used by imports and for typing.")
    about = fields.Selection(
        ABOUT, help="Proposed on the complaint when this issue is chosen."
    )
    parent_id = fields.Many2one(
        "aftersales.complaint.category", "Group", index=True, ondelete="restrict"
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("aftersales.complaint.category", "parent_id")
    unit_id = fields.Many2one(
        "aftersales.unit",
        "Usual Unit",
        ondelete="restrict",
        help="Unit that usually answers for this issue; proposed, never decided.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL AND code <> ''",
        "Another issue has this code.",
    )

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for category in self:
            names = [category.parent_id.complete_name, category.name]
            category.complete_name = " / ".join(name for name in names if name)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Safe: only the existence of complaints is tested, also those of other teams.
        complaints = self.env["aftersales.complaint"].sudo()
        groups = complaints._read_group(
            [("category_id", "in", self.ids)], ["category_id"]
        )
        if groups:
            raise UserError(
                self.env._(
                    "Complaints name these issues: %(names)s. Archive them instead "
                    "of deleting them.",
                    names=", ".join(category.display_name for (category,) in groups),
                )
            )

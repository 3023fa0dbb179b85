from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

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
    _rec_names_search = ["name", "code"]
    _order = "parent_path, id"

    name = fields.Char("Issue", required=True, translate=True)
    display_name = fields.Char(recursive=True)
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

    @api.depends("name", "parent_id.display_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for category in self:
            names = [category.parent_id.display_name, category.name]
            category.display_name = " / ".join(name for name in names if name)

    @api.model
    def _search_display_name(self, operator, value):
        """Files name an issue with its group: “Service / Late repair”."""
        if operator not in ("=", "in"):
            return super()._search_display_name(operator, value)
        texts = [value] if isinstance(value, str) else value or ()
        return Domain.OR(self._get_name_domain(t) for t in texts if isinstance(t, str))

    @api.model
    def _get_name_domain(self, text):
        """Issues with this name, below the groups written before it."""
        *groups, name = (part.strip() for part in text.split(" / "))
        domain = Domain("name", "=", name) | Domain("code", "=", name)
        path = "parent_id"
        for group in reversed(groups):
            domain &= Domain(f"{path}.name", "=", group)
            path = f"{path}.parent_id"
        return domain

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

from odoo import fields, models

from .aftersales_warranty_term import TermMatch


class ProductCategory(models.Model):
    _inherit = "product.category"

    aftersales_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty Term",
        domain="[('head_id', '=', False)]",
        ondelete="restrict",
        index="btree_not_null",
        help="Holds for the categories below as well, unless they have their own.",
    )
    aftersales_entitlement_set_ids = fields.Many2many(
        "aftersales.entitlement.set",
        "aftersales_entitlement_set_category_rel",
        "category_id",
        "set_id",
        string="Customers may ask for",
        help="Empty: what is set on the category above or the company.",
    )

    def _find_aftersales_terms(self, company):
        """``{category: TermMatch}``: the nearest term up the tree, read at once."""
        paths = {
            category: [
                int(part) for part in (category.parent_path or "").split("/")[:-1]
            ]
            for category in self
        }
        # Safe: names of the tree of categories, which every user may read.
        tree = self.sudo().browse({item for path in paths.values() for item in path})
        known = {node.id: node for node in tree}
        found = {}
        for category, path in paths.items():
            for node in (known[item] for item in reversed(path)):
                term = node.aftersales_term_id.with_env(self.env)
                if term._is_for(company):
                    found[category] = TermMatch(term, "category", node.display_name)
                    break
        return found

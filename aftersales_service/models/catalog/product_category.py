from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    aftersales_asset_properties_definition = fields.PropertiesDefinition(
        "Properties of Installed Products"
    )
    aftersales_old_part_due = fields.Boolean(
        "Old parts come back",
        help="Parts replaced by products of this category and below must be brought "
        "back.",
    )

    def _is_aftersales_old_part_due(self):
        """The nearest setting up the tree; unset categories follow their parent."""
        category = self
        while category:
            if category.aftersales_old_part_due:
                return True
            category = category.parent_id
        return False

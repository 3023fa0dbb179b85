from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    aftersales_asset_properties_definition = fields.PropertiesDefinition(
        "Properties of Installed Products"
    )

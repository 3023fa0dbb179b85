from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_asset_count = fields.Integer(
        string="Installed Products", compute="_compute_aftersales_asset_count"
    )
    aftersales_old_part_due = fields.Selection(
        [("yes", "Comes back"), ("no", "Does not come back")],
        "Old part",
        help="Whether the replaced part must be brought back; empty: as the category "
        "says.",
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_asset_count(self):
        counts = self._aftersales_count("aftersales.asset")
        for template in self:
            template.aftersales_asset_count = counts.get(template.id, 0)

    def action_view_aftersales_assets(self):
        """Open the installed products of all variants."""
        return self.with_context(
            active_test=False
        ).product_variant_ids.action_view_aftersales_assets()

    def _aftersales_count(self, model):
        """Records per template, all variants together; one grouping."""
        records = self.env[model]
        if not records.has_access("read"):
            return {}
        counts = {}
        for product, count in records._read_group(
            [("product_id.product_tmpl_id", "in", self.ids)],
            ["product_id"],
            ["__count"],
        ):
            # Safe: the template of a product the user has counted orders of.
            template = product.sudo().product_tmpl_id
            counts[template.id] = counts.get(template.id, 0) + count
        return counts

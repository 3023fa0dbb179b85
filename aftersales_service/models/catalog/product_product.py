from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.records import count_by


class ProductProduct(models.Model):
    _inherit = "product.product"

    aftersales_asset_count = fields.Integer(
        string="Installed Products", compute="_compute_aftersales_asset_count"
    )

    @api.depends_context("uid", "company")
    def _compute_aftersales_asset_count(self):
        counts = self._aftersales_count("aftersales.asset")
        for product in self:
            product.aftersales_asset_count = counts.get(product.id, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_aftersales_assets(self):
        # Safe: only existence is tested, also in companies the user cannot see.
        assets = self.env["aftersales.asset"].sudo().with_context(active_test=False)
        if count := assets.search_count([("product_id", "in", self.ids)]):
            raise UserError(
                self.env._(
                    "Customers have %(count)s pieces of these products installed. "
                    "Archive the products instead of deleting them.",
                    count=count,
                )
            )

    def action_view_aftersales_assets(self):
        """Open the installed products."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_asset_action"
        )
        action["domain"] = [("product_id", "in", self.ids)]
        action["context"] = {"default_product_id": self[:1].id}
        return action

    def _aftersales_count(self, model):
        """Records per product; one grouping."""
        records = self.env[model]
        readable = records.has_access("read")
        return count_by(records, "product_id", self) if readable else {}

    def _is_aftersales_old_part_due(self):
        """The product's own setting, else its category's (SV-41)."""
        self.ensure_one()
        own = self.aftersales_old_part_due
        return own == "yes" if own else self.categ_id._is_aftersales_old_part_due()

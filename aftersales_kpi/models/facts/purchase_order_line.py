from odoo import api, models


class PurchaseOrderLine(models.Model):
    """A part that has to be bought was not in stock (KP-06)."""

    _inherit = "purchase.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._mark_figures()
        return lines

    def unlink(self):
        self._mark_figures()
        return super().unlink()

    def _mark_figures(self):
        # Safe: marks what the job computes again; nothing is shown.
        self.sudo().aftersales_order_line_id.order_id._mark_line_figures()

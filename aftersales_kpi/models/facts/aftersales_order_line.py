from odoo import api, models

FACTS = {
    *("list_price", "quantity", "returned_quantity", "product_id", "uom_id"),
    *("tax_ids", "order_id", "price_unit", "discount", "payer", "warranty_cost"),
    *("payer_override", "kind"),
}


class AftersalesOrderLine(models.Model):
    """The value of an order decides its bonus, also when it changes later (KP-02)."""

    _inherit = "aftersales.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._mark_scores()
        return lines

    def write(self, vals):
        if not FACTS & vals.keys():
            return super().write(vals)
        self._mark_scores()
        result = super().write(vals)
        if "order_id" in vals:
            self._mark_scores()
        return result

    def unlink(self):
        self._mark_scores()
        return super().unlink()

    def _mark_scores(self):
        # Safe: marks what the job computes again; nothing is shown.
        orders = self.sudo().order_id.filtered("done_at")
        orders._mark_scores()
        orders._mark_line_figures()

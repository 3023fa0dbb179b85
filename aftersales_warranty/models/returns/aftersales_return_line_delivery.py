from odoo import models


class AftersalesReturnLine(models.Model):
    """Sale, delivery and warranty of goods that have no serial number."""

    _inherit = "aftersales.return.line"

    def _get_sales(self):
        """The sales lines behind the goods, also where only the invoice is named."""
        # Safe: documents of the line's own purchase; days and ends are told only.
        lines = self.sudo()
        return lines.sale_line_id | lines.invoice_line_id.sale_line_ids

    def _get_sale_warranties(self):
        """``{line: warranties of its sale, void ones left out}``, in one query."""
        sales = {line: line._get_sales() for line in self}
        found = self.env["aftersales.warranty"].search(
            [
                ("sale_line_id", "in", self._get_sales().ids),
                ("is_void", "=", False),
            ]
        )
        return {
            line: found.filtered(lambda row, own=own: row.sale_line_id in own)
            for line, own in sales.items()
        }

    def _get_delivered_on(self):
        """Day of the last delivery to the customer; None before it."""
        self.ensure_one()
        # Safe: see `_get_sales`.
        moves = self.sudo().origin_move_id or self._get_sales().move_ids.filtered(
            lambda move: (
                move.state == "done"
                and move.product_id == self.product_id
                and move.location_dest_id.usage == "customer"
                and move.location_id.usage != "customer"
            )
        )
        days = [move._aftersales_delivered_on() for move in moves]
        return max(days, default=None)

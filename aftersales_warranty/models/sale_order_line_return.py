from odoo import fields, models


class SaleOrderLine(models.Model):
    """How much of a sales line without invoice was given back."""

    _inherit = "sale.order.line"

    aftersales_returned_quantity = fields.Float(
        "Given back",
        readonly=True,
        copy=False,
        digits="Product Unit",
        help="In stock units, on returns that were requested.",
    )

    def _aftersales_returnable_quantity(self):
        """What was ordered: delivered quantities already go down with a return."""
        self.ensure_one()
        return self.product_uom_id._compute_quantity(
            self.product_uom_qty, self.product_id.uom_id, round=False
        )

    def _aftersales_document_name(self):
        return self.order_id.name

from odoo import fields, models


class AccountMoveLine(models.Model):
    """How much of an invoice line was given back."""

    _inherit = "account.move.line"

    aftersales_returned_quantity = fields.Float(
        "Given back",
        readonly=True,
        copy=False,
        digits="Product Unit",
        help="In stock units, on returns that were requested.",
    )

    def _aftersales_returnable_quantity(self):
        """What was invoiced, less what accounting credited without a return."""
        self.ensure_one()
        credits = self.move_id.reversal_move_ids.filtered(
            lambda move: (
                move.move_type == "out_refund"
                and move.state != "cancel"
                and not move.aftersales_return_id
            )
        ).invoice_line_ids.filtered(lambda line: line.product_id == self.product_id)
        unit = self.product_id.uom_id
        quantities = [
            line.product_uom_id._compute_quantity(line.quantity, unit, round=False)
            for line in (self, *credits)
        ]
        return quantities[0] - sum(quantities[1:])

    def _aftersales_document_name(self):
        return self.move_id.name

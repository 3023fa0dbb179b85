from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    aftersales_order_line_id = fields.Many2one(
        "aftersales.order.line",
        "Service order line",
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        check_company=True,
    )
    aftersales_settled = fields.Boolean(
        "Credited and invoiced anew",
        copy=False,
        help="Invoice and credit note cancel each other out; the service order was "
        "invoiced again.",
        guarded=True,
    )

    def _aftersales_live(self):
        """Invoice lines that count: not cancelled, not of a credit note."""
        return self.filtered(
            lambda line: (
                line.parent_state != "cancel"
                and line.move_id.move_type in ("out_invoice", "out_receipt")
            )
        )

    def _copy_data_extend_business_fields(self, values):
        """Credit notes and corrected invoices stay with the service order."""
        result = super()._copy_data_extend_business_fields(values)
        values["aftersales_order_line_id"] = self.aftersales_order_line_id.id
        return result

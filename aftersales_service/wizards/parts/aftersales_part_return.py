from odoo import api, fields, models


class AftersalesPartReturn(models.TransientModel):
    """Asks how much of an issued part comes back, why and where to (SV-41)."""

    _name = "aftersales.part.return"
    _description = "Return a Part"

    line_id = fields.Many2one("aftersales.order.line", required=True, readonly=True)
    product_id = fields.Many2one(related="line_id.product_id")
    company_id = fields.Many2one(related="line_id.company_id")
    issued_quantity = fields.Float(related="line_id.issued_quantity")
    quantity = fields.Float(required=True, digits="Product Unit")
    reason = fields.Text(required=True)
    location_id = fields.Many2one(
        "stock.location",
        "Back to",
        domain="[('usage', '=', 'internal'), ('company_id', '=', company_id)]",
        required=True,
    )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        line_id = values.get("line_id") or self.env.context.get("active_id")
        line = self.env["aftersales.order.line"].browse(line_id or []).exists()
        if line:
            values.update(
                line_id=line.id,
                quantity=line.issued_quantity,
                location_id=line.source_location_id.id,
            )
        return values

    def action_confirm(self):
        """The line checks rights, state and quantity."""
        self.ensure_one()
        self.line_id.action_return(self.quantity, self.reason, self.location_id)
        return {"type": "ir.actions.act_window_close"}

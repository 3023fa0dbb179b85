from odoo import fields, models


class AftersalesSupplierClaimChange(models.TransientModel):
    """Asks which other supplier has to bear the claim, and why (WA-20)."""

    _name = "aftersales.supplier.claim.change"
    _description = "Change the supplier of a claim"

    claim_id = fields.Many2one("aftersales.supplier.claim", required=True)
    partner_id = fields.Many2one("res.partner", "Supplier", required=True)
    reason = fields.Text(required=True)

    def action_confirm(self):
        """The claim checks rights and state itself and draws up its lines anew."""
        self.ensure_one()
        self.claim_id.action_change_supplier(self.partner_id.id, self.reason)
        return {"type": "ir.actions.act_window_close"}

from odoo import fields, models


class AftersalesComplaintSupplier(models.TransientModel):
    """Asks for the supplier a complaint is moved to, and why."""

    _name = "aftersales.complaint.supplier"
    _description = "Move a Complaint to Another Supplier"

    complaint_ids = fields.Many2many("aftersales.complaint", required=True)
    supplier_id = fields.Many2one(
        "res.partner", "New supplier", help="Empty: no supplier is concerned."
    )
    reason = fields.Text(required=True)

    def action_confirm(self):
        self.ensure_one()
        self.complaint_ids.action_change_supplier(self.supplier_id.id, self.reason)
        return {"type": "ir.actions.act_window_close"}

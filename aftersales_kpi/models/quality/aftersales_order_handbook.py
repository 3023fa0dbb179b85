from odoo import fields, models
from odoo.exceptions import UserError


class AftersalesOrder(models.Model):
    """What a solved order adds to the knowledge of the house (KP-08, SV-91)."""

    _inherit = "aftersales.order"

    fault_row_ids = fields.One2many("aftersales.fault.report", "order_id", "Faults")
    handbook_ids = fields.One2many("aftersales.handbook", "order_id")

    def action_to_handbook(self):
        """Propose the remedy of this order; open the entry when there is one."""
        self.ensure_one()
        self.check_access("read")
        if not self.cause_id or not (self.remedy or "").strip():
            raise UserError(
                self.env._("Enter the cause and the remedy before you propose it.")
            )
        # Safe: whoever reads the order may propose its remedy; once.
        entries = self.env["aftersales.handbook"].sudo()
        entry = entries.search([("order_id", "=", self.id)], limit=1)
        entry = entry or entries.create(self._prepare_handbook())
        supervisor = "aftersales_service.aftersales_service_group_supervisor"
        if self.env.user.has_group(supervisor):
            return entry.with_env(self.env)._open()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Proposed: the supervisor publishes it."),
            },
        }

    def _prepare_handbook(self):
        parts = (self.product_id.display_name, self.symptom_id.name, self.cause_id.name)
        return {
            "name": " · ".join(part for part in parts if part),
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "symptom_id": self.symptom_id.id,
            "cause_id": self.cause_id.id,
            "problem": self.description,
            "remedy": self.remedy,
            "source": self.name,
            "order_id": self.id,
        }

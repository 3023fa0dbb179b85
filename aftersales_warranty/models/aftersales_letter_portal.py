from odoo import models


class AftersalesLetterPortal(models.AbstractModel):
    """What a supplier sees of a letter, and its answer in the portal (WA-29)."""

    _name = "aftersales.letter.portal"
    _description = "Letter: portal of the supplier"

    def _get_supplier_state(self):
        """State in the supplier's words."""
        return {
            "sent": self.env._("To acknowledge"),
            "acknowledged": self.env._("Acknowledged"),
            "objected": self.env._("You have objected"),
        }[self.state]

    def _get_supplier_values(self):
        """Everything the portal shows of a letter, and nothing else."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return {
            "id": self.id,
            "number": self.name,
            "kind": kinds[self.kind],
            "state": self.state,
            "state_label": self._get_supplier_state(),
            "issued_on": self.issued_on,
            "due_on": self.due_on,
            "amount": self.amount,
            "currency": self.currency_id,
            "subject": self.subject or "",
            "body": self.body or "",
            "acknowledged_at": self.acknowledged_at,
            "acknowledged_by": self.acknowledged_by_id.name or "",
            "objected_at": self.objected_at,
            "objection": self.objection or "",
            "objection_answer": self.objection_answer or "",
            "supersedes": self.supersedes_id.name or "",
        }

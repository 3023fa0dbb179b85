from odoo import models

from ...tools.records import labels


class AftersalesComplaint(models.Model):
    """What a customer sees of a complaint; see ``aftersales.portal.mixin``.

    Finding, fault, people, unit, supplier, cause and prevention stay inside.
    """

    _inherit = "aftersales.complaint"

    def _get_portal_state(self):
        """State in the customer's words."""
        labels = {
            "new": self.env._("Received"),
            "confirmed": self.env._("We are looking into it"),
            "answered": self.env._("Answered"),
            "resolved": self.env._("Settled"),
            "withdrawn": self.env._("Withdrawn"),
            "rejected": self.env._("Closed"),
            "merged": self.env._("Handled together with another"),
        }
        return labels[self.state]

    def _is_portal_withdrawable(self):
        return self.state in ("new", "confirmed", "answered")

    def _get_portal_values(self):
        """Everything the page shows of a complaint, and nothing else."""
        self.ensure_one()
        answered = self.answer_channel in ("email", "letter")
        return {
            "number": self.name,
            "state": self._get_portal_state(),
            "is_open": self._is_portal_withdrawable(),
            "is_settled": self.state == "resolved",
            "received_at": self.received_at,
            "answer_by": self._get_portal_promise(),
            "about": labels(self, "about")[self.about],
            "machine": self.product_id.display_name or "",
            "serial": self.asset_id.serial or "",
            "order": self.order_id.name or "",
            "description": self.description or "",
            "answer": (self.answer_text or "") if answered else "",
            "answered_at": self.last_answer_at,
            "correction": (self.correction or "") if self.state == "resolved" else "",
            "main": self.duplicate_of_id.name or "",
            "main_id": self.duplicate_of_id.id,
        }

    def _get_portal_promise(self):
        """The moment we promised an answer by, while it is still to come."""
        open_now = not self.answer_at and self.state in ("new", "confirmed")
        return open_now and self.answer_deadline

    def _withdraw_by_customer(self, reason):
        """The customer takes the complaint back; called as superuser."""
        self.ensure_one()
        self._lock_for_action()
        if not self._is_portal_withdrawable():
            return False
        self._withdraw(self.env._("By the customer: %s", reason or "–"))
        return True

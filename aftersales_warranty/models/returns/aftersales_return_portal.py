from odoo import api, models

from odoo.addons.aftersales_service.tools.records import labels


class AftersalesReturn(models.Model):
    """What a customer sees of a return: no reasons, no units at fault, no notes."""

    _inherit = "aftersales.return"

    @api.model
    def _get_portal_domain(self, user):
        """Returns of the customer the user belongs to; drafts are internal."""
        partner = user.partner_id.commercial_partner_id
        return [
            ("commercial_partner_id", "=", partner.id),
            ("state", "not in", ("draft", "cancelled")),
        ]

    def _get_portal_values(self):
        """The one list of what leaves the house; called on the superuser's record."""
        self.ensure_one()
        kinds = labels(self, "kind")
        payers = labels(self, "freight_payer")
        return {
            "id": self.id,
            "name": self.name,
            "date": self.date,
            "kind": kinds[self.kind],
            "state": self.state,
            "state_label": self._get_portal_state(),
            "text": self._get_portal_text(),
            "freight": self.env._("You")
            if self.freight_payer == "customer"
            else payers["company"],
            "due_on": self.due_on if self.goods_state == "waiting" else False,
            "amount": self.amount_total if self._shows_amount() else False,
            "currency": self.currency_id,
            "order": self.order_id.name or "",
            "lines": [line._get_portal_values() for line in self.line_ids],
        }

    def _shows_amount(self):
        return self.state in ("approved", "in_progress", "done")

    def _get_portal_state(self):
        """State in the customer's words."""
        labels = {
            "requested": self.env._("Being decided"),
            "approved": self.env._("Granted"),
            "in_progress": self.env._("In progress"),
            "done": self.env._("Done"),
            "rejected": self.env._("Not granted"),
        }
        return labels.get(self.state, self.env._("Being prepared"))

    def _get_portal_text(self):
        """What happens next, in one sentence."""
        if self.state == "in_progress":
            if self.goods_state == "waiting":
                return self.env._("We are waiting for your goods.")
            if self.replacement_state == "waiting":
                return self.env._("Your replacement is on its way.")
            return self.env._("Our accounting is preparing the credit note.")
        if self.state == "rejected":
            return self.env._("Please call us if you have questions.")
        return ""

from odoo import models


class AftersalesAsset(models.Model):
    """What the owner sees of a machine in the portal (WA-02)."""

    _inherit = "aftersales.asset"

    def _get_portal_machines(self):
        """Rows of the list: the machine and its cover in words.

        Called on the superuser's records of the visitor's own machines.
        """
        cards = self.env["aftersales.warranty.card"]._get_cards(self)
        return [
            {
                "id": machine.id,
                "serial": machine.serial or "",
                "product": machine.product_id.display_name,
                "place": machine.place or "",
                "state": cards[machine]["state"],
                "short": cards[machine]["short"],
                "text": cards[machine]["text"],
                "certificate": machine.warranty_state
                in ("active", "pending", "expired"),
            }
            for machine in self
        ]

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...const import OPEN_STATES


class AftersalesOrder(models.Model):
    """A second order for the same fault is made only on purpose (SV-01)."""

    _inherit = "aftersales.order"

    # -------------------------------------------------------------------------
    # COMPUTE: what depends on customer and machine
    # -------------------------------------------------------------------------

    @api.depends("asset_id", "symptom_id", "state")
    def _compute_duplicate_ids(self):
        open_orders = self._get_open_duplicates()
        for order in self:
            order.duplicate_ids = open_orders.get(order, self.browse())

    # -------------------------------------------------------------------------
    # DUPLICATES (SV-01)
    # -------------------------------------------------------------------------

    def _get_open_duplicates(self):
        """Other open orders about the same machine and symptom.

        :return: ``{order: open orders}`` for those that have any; one query.
        """
        keyed = self.filtered(lambda order: order.asset_id and order.symptom_id)
        if not keyed:
            return {}
        domain = Domain("state", "in", OPEN_STATES) & Domain(
            "asset_id", "in", keyed.asset_id.ids
        )
        found = {}
        # Safe: only numbers of orders about a machine the user works on.
        for other in self.sudo().search(domain):
            found.setdefault((other.asset_id.id, other.symptom_id.id), []).append(other)
        result = {}
        for order in keyed:
            key = (order.asset_id.id, order.symptom_id.id)
            others = self.browse([o.id for o in found.get(key, [])]) - order._origin
            if others:
                result[order] = others
        return result

    def _check_duplicates(self):
        """Ask before a second open order for the same machine and symptom."""
        asked = self.filtered(
            lambda order: not order.duplicate_confirmed and order.state == "new"
        )
        for order, others in asked._get_open_duplicates().items():
            raise UserError(self._duplicate_message(order, others))

    def _duplicate_message(self, order, others):
        return self.env._(
            "%(machine)s already has an open order for “%(symptom)s”: %(orders)s. "
            "Continue that one, or tick “Create although an order is open”.",
            machine=order.asset_id.display_name,
            symptom=order.symptom_id.display_name,
            orders=", ".join(others.sudo().mapped("name")),  # Safe: numbers only.
        )

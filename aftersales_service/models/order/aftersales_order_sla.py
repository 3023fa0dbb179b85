from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import OPEN_STATES


class AftersalesOrder(models.Model):
    """What a service order knows of its promises on time (SV-10 … SV-12).

    Answered by phone, by arriving or by beginning the work; arrived by the first
    visit; solved by completing the order.
    """

    _inherit = "aftersales.order"

    needs_supplier = fields.Boolean(
        "Supplier needed",
        copy=False,
        help="The work waits for a supplier; other promises may apply.",
    )
    workshop_arrived_at = fields.Datetime(
        "In the workshop since",
        copy=False,
        readonly=True,
        help="A repair in the workshop is promised from here on, not from the call.",
    )
    sla_pause_ids = fields.One2many(
        "aftersales.sla.pause", "order_id", "Stopped clock", copy=False, readonly=True
    )
    sla_agreement_ids = fields.One2many(
        "aftersales.sla.agreement",
        "order_id",
        "Promises agreed anew",
        copy=False,
        readonly=True,
    )

    @api.model
    def _get_sla_fact_fields(self):
        """The machine matters only through grade, product and site."""
        names = super()._get_sla_fact_fields()
        return [name for name in names if name != "asset_id"] + ["workshop_arrived_at"]

    @api.model
    def _get_sla_start_fields(self):
        return (*super()._get_sla_start_fields(), "workshop_arrived_at")

    def _get_sla_waits(self):
        """A repair in the workshop cannot begin before the machine is there."""
        waits = super()._get_sla_waits()
        if self.place == "workshop":
            brought = self.channel == "walk_in" and self.called_at
            waits["resolve"] = self.workshop_arrived_at or brought
        return waits

    def action_arrive_workshop(self):
        """The machine has been brought in: the promise of the repair begins."""
        self.check_access("read")  # the storekeeper takes it in, and edits no order
        self.env["res.users"]._check_aftersales_role(
            "operator", "dispatcher", "technician", "parts"
        )
        self._lock_for_action()
        elsewhere = self.filtered(
            lambda order: order.place != "workshop" or order.state not in OPEN_STATES
        )
        if elsewhere:
            raise UserError(
                self.env._(
                    "%(orders)s is no open repair in the workshop.",
                    orders=", ".join(elsewhere[:5].mapped("name")),
                )
            )
        self._set_in_workshop()

    def _set_in_workshop(self):
        """Once; the caller has checked rights."""
        fresh = self.filtered(
            lambda order: order.place == "workshop" and not order.workshop_arrived_at
        )
        if fresh:
            # Safe: the caller has checked rights; it is written in no other way.
            fresh.sudo().write({"workshop_arrived_at": fields.Datetime.now()})

    def _transition(self, name):
        """What an action of the order means for its promises."""
        result = super()._transition(name)
        if name == "start":
            self._set_in_workshop()
            self._sla_reach("answer")
        elif name in ("complete", "solve"):
            self._sla_reach("resolve")
        elif name in ("reopen", "call_again"):
            self._sla_unreach("resolve")
        return result

from odoo import api, fields, models


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
        return [name for name in names if name != "asset_id"]

    def _transition(self, name):
        """What an action of the order means for its promises."""
        result = super()._transition(name)
        if name == "start":
            self._sla_reach("answer")
        elif name == "complete":
            self._sla_reach("resolve")
        elif name == "reopen":
            self._sla_unreach("resolve")
        return result

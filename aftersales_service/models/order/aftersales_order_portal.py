from odoo import models

PAPERS = {
    "quotation": "aftersales_service.action_report_quotation",
    "voucher": "aftersales_service.action_report_voucher",
}


class AftersalesOrder(models.Model):
    """What a customer sees of a service order (SV-51).

    Portal users have no rights on the model at all: over RPC they can read nothing.
    The controller looks up the order as superuser, decides by ``_is_shown_to`` and
    renders only what the methods here hand out. Internal notes, reasons, list prices
    and the value of covered lines never leave them.
    """

    _inherit = "aftersales.order"

    def _get_portal_lines(self):
        """Lines as the customer may see them: covered ones without a price."""
        return [
            {
                "name": line.name or line.product_id.display_name,
                "quantity": line.quantity,
                "uom": line.uom_id.name,
                "covered": not line._is_charged(),
                "price": line.price_unit if line._is_charged() else False,
                "discount": line._is_charged() and line._get_charged_discount(),
                "total": line.customer_amount if line._is_charged() else False,
            }
            for line in self.line_ids
        ]

    def _get_portal_steps(self):
        """The time line: ``[(label, moment or False, reached)]``."""
        steps = [
            (self.env._("Received"), self.called_at, True),
            (self.env._("Technician assigned"), self.dispatched_at, False),
            (self.env._("Work started"), self.started_at, False),
            (self.env._("Done"), self.done_at, False),
        ]
        order = ["new", "dispatched", "in_progress", "done"]
        reached = {"closed": 3, "cancelled": 0}
        position = reached.get(self.state)
        if position is None:
            position = order.index(self.state)
        return [
            (label, moment, index <= position)
            for index, (label, moment, _first) in enumerate(steps)
        ]

    def _get_portal_state(self):
        """State in the customer's words; closing is internal."""
        labels = {
            "new": self.env._("Received"),
            "dispatched": self.env._("Technician assigned"),
            "in_progress": self.env._("In progress"),
            "done": self.env._("Done"),
            "closed": self.env._("Done"),
            "cancelled": self.env._("Cancelled"),
        }
        return labels[self.state]

    def _get_portal_papers(self):
        """Papers the customer may download now."""
        return {
            name: label
            for name, label in self._get_papers().items()
            if self.env.ref(PAPERS[name], raise_if_not_found=False)
        }

    def _get_papers(self):
        """``{paper: its name}``, as far as the order has come; money adds its own."""
        if self.state in ("done", "closed"):
            return {"voucher": self.env._("Service voucher (PDF)")}
        return {}

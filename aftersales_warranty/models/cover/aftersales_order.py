from odoo import fields, models


class AftersalesOrder(models.Model):
    _inherit = "aftersales.order"

    def _register_warranty_repair(self):
        """Put the time of these repairs on record; covered ones extend (WA-03).

        Call it whenever one of the facts below changes; it corrects what it has
        registered before.
        """
        orders = self.filtered(lambda order: order.asset_id or order.sale_warranty_id)
        return self.env["aftersales.warranty.repair"]._register_repairs(
            [order._prepare_warranty_repair_values() for order in orders]
        )

    def _prepare_warranty_repair_values(self):
        """From the report or the receipt to solved; pauses of the customer off."""
        self.ensure_one()
        started, ended = self._get_warranty_repair_interval()
        cancelled = self.state == "cancelled"
        return {
            "order_id": self.id,
            "company_id": self.company_id.id,
            "asset_id": self.asset_id.id,
            # Goods without a serial number: the warranty of their sales line.
            "warranty_id": not self.asset_id and self.sale_warranty_id.id,
            "reported_at": self.called_at,
            "started_at": started,
            "ended_at": max(started, ended) if ended else False,
            "pauses": [
                [first.isoformat(), last.isoformat()]
                for first, last in self._get_warranty_pauses()
            ]
            or False,
            "covered": not cancelled and self._is_warranty_repair(),
        }

    def _get_warranty_repair_interval(self):
        """(start, end) of the repair; no end while it goes on."""
        self.ensure_one()
        ended = self.resolve_at or self.done_at
        return self._get_warranty_repair_start(ended), ended

    def _get_warranty_repair_start(self, ended):
        """The report; the receipt of a machine that only the workshop saw."""
        # Safe: when the machine came in is part of the order's own record.
        order = self.sudo()
        if order.place != "workshop" or any(order.visit_ids.mapped("arrived_at")):
            return order.called_at
        received = [
            job.create_date for job in order.repair_ids if job.state != "cancel"
        ]
        if order.started_at:
            received.append(order.started_at)
        first = min(received, default=order.called_at)
        late = ended and first > ended
        return order.called_at if late else max(order.called_at, first)

    def _get_warranty_pauses(self):
        """``[(from, to), …]`` while we waited for the customer."""
        # Safe: when the clock stood still is part of the order's own record.
        pauses = self.sudo().sla_pause_ids.filtered(
            lambda pause: pause.kind == "customer"
        )
        now = fields.Datetime.now()
        return [(pause.started_at, pause.ended_at or now) for pause in pauses]

    def _is_warranty_repair(self):
        """Whether a warranty pays any line: paid repairs add nothing."""
        return "warranty" in self.line_ids.mapped("payer")

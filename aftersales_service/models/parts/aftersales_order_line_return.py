from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...tools.records import require_reason


class AftersalesOrderLine(models.Model):
    """A part that was not used, or is taken back."""

    _inherit = "aftersales.order.line"

    def _get_charged_quantity(self):
        """What the customer or cover is charged for: returns do not count."""
        return super()._get_charged_quantity() - self.returned_quantity

    @api.depends("returned_quantity")
    def _compute_customer_amount(self):
        return super()._compute_customer_amount()

    def action_return(self, quantity, reason, location=False):
        """Take an issued part back into stock after completion.

        :param quantity: in the line's unit, at most what was issued
        :param reason: why it comes back
        :param location: stock.location or its id; default where it was taken from
        :return: the done moves
        """
        self.ensure_one()
        self.check_access("write")
        self.env["res.users"]._check_aftersales_role("technician", "parts")
        self.order_id._lock_for_action()
        self.invalidate_recordset(["issued_quantity", "returned_quantity"])
        self._check_can_return(quantity, reason)
        destination = self._get_return_location(location)
        needed = self.uom_id._compute_quantity(
            quantity, self.product_id.uom_id, rounding_method="HALF-UP"
        )
        # Safe: rights, state and quantity were checked above.
        line = self.sudo()
        moves = line._take_back(needed, destination)
        line.returned_quantity += quantity
        self.order_id._log_reason(
            self.env._(
                "Returned: %(quantity)s × %(product)s",
                quantity=f"{quantity:g}",
                product=self.product_id.display_name,
            ),
            reason,
        )
        self._after_return(quantity)
        return moves.ids

    def _check_can_return(self, quantity, reason):
        if self.order_id.state not in ("done", "in_progress"):
            raise UserError(self.order_id._blocked_message("return", self.order_id))
        require_reason(self.env, reason, self.env._("Say why the part is returned."))
        if quantity <= 0 or self.uom_id.compare(quantity, self.issued_quantity) > 0:
            raise UserError(
                self.env._(
                    "%(quantity)s of %(product)s cannot be returned: %(issued)s were "
                    "issued and not yet returned.",
                    quantity=f"{quantity:g}",
                    product=self.product_id.display_name,
                    issued=f"{self.issued_quantity:g}",
                )
            )

    def _get_return_location(self, location):
        """The given internal place of the company, or where the part came from."""
        if isinstance(location, int) and location:
            location = self.env["stock.location"].browse(location)
        # Safe: only usage and company of the place are looked at.
        place = (location or self.source_location_id).sudo().exists()
        if place.usage != "internal" or place.company_id != self.company_id:
            raise UserError(
                self.env._("Choose a stock location of the company for the return.")
            )
        return place

    def _after_return(self, quantity):
        """Called after a return; billing proposes the credit note."""

    def _take_back(self, quantity, location):
        """Return moves of what was issued, last issued first; product's unit."""
        self.ensure_one()
        # Safe: called by actions that have checked rights and state.
        issued = self.sudo().move_ids.filtered(
            lambda move: move.state == "done" and move.aftersales_kind == "issue"
        )
        vals_list = []
        for move in issued.sorted("id", reverse=True):
            back = move.returned_move_ids.filtered(lambda m: m.state == "done")
            open_quantity = move.quantity - sum(back.mapped("quantity"))
            take = min(quantity, open_quantity)
            if move.product_uom.compare(take, 0.0) > 0:
                vals_list.append(self._prepare_return_values(move, take, location))
                quantity -= take
        return self._create_done_moves(vals_list)

    def _prepare_return_values(self, move, quantity, location):
        source = move.location_dest_id
        values = self._prepare_move_values("return", source, location, quantity)
        values.update(
            {
                "product_id": move.product_id.id,
                "product_uom": move.product_uom.id,
                "origin_returned_move_id": move.id,
                "to_refund": True,
                "picked": True,
                "move_line_ids": [
                    Command.create(
                        {
                            "product_id": move.product_id.id,
                            "product_uom_id": move.product_uom.id,
                            "quantity": row_quantity,
                            "lot_id": lot.id,
                            "location_id": source.id,
                            "location_dest_id": location.id,
                            "company_id": self.company_id.id,
                            "picked": True,
                        }
                    )
                    for lot, row_quantity in move._aftersales_lots_to_return(quantity)
                ],
            }
        )
        return values

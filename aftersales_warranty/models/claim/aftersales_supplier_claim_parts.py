from odoo import fields, models
from odoo.exceptions import UserError


class AftersalesSupplierClaim(models.Model):
    """Old parts that go to the supplier with the claim (WA-20, SV-41)."""

    _inherit = "aftersales.supplier.claim"

    def action_send_old_parts(self):
        """Old parts that lie with us go to the supplier, with a transfer (SV-41)."""
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("parts")
        self.sudo()._lock_claim()  # Safe: rights were checked above.
        lines = self.sudo().line_ids.order_line_id.filtered(  # Safe: as above.
            lambda line: line.old_part_state == "received"
        )
        if not lines:
            raise UserError(
                self.env._(
                    "No old part of %s lies with us: receive it first, or it has gone "
                    "already.",
                    self.name,
                )
            )
        known = lines.move_ids
        lines.with_env(self.env).action_old_part_supplier()
        lines.invalidate_recordset(["move_ids"])
        moves = (lines.move_ids - known).filtered(
            lambda move: move.aftersales_kind == "old"
        )
        self.sudo()._attach_old_parts(moves)  # Safe: as above.
        return True

    def _attach_old_parts(self, moves):
        """The transfer that shows the supplier what was sent, and when."""
        if not moves:
            return
        picking = self.env["stock.picking"].create(
            {
                **self.order_id._prepare_transfer_values(
                    moves[0].location_id, moves[0].location_dest_id
                ),
                "picking_type_id": self._get_warehouse().out_type_id.id,
                "partner_id": self.partner_id.id,
                "origin": f"{self.name} {self.order_id.name}",
                "aftersales_claim_id": self.id,
                "aftersales_claim_kind": "old_part",
            }
        )
        moves.picking_id = picking
        moves.move_line_ids.picking_id = picking
        picking.date_done = fields.Datetime.now()

    def _get_warehouse(self):
        order = self.order_id
        return order.team_id.warehouse_id or order._get_main_warehouse(self.company_id)

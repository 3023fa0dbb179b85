from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.records import open_form


class RepairOrder(models.Model):
    """Workshop side of a service order (SV-31): billing stays on the order."""

    _inherit = "repair.order"

    aftersales_order_id = fields.Many2one(
        "aftersales.order",
        "Service order",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )

    def action_validate(self):
        """A customer's machine is not in our stock: nothing to look for there."""
        if self.aftersales_order_id:
            if self.filtered(lambda r: any(m.product_uom_qty < 0 for m in r.move_ids)):
                raise UserError(self.env._("You can not enter negative quantities."))
            return self._action_repair_confirm()
        return super().action_validate()

    def action_repair_start(self):
        """Who repairs it has it: the promise of the workshop begins."""
        result = super().action_repair_start()
        # Safe: a time on the order of this repair, written once.
        self.aftersales_order_id.sudo()._set_in_workshop()
        return result

    def action_repair_done(self):
        """Parts fitted in the workshop appear on the service order, already issued."""
        result = super().action_repair_done()
        self.filtered("aftersales_order_id")._aftersales_add_lines()
        return result

    def _aftersales_add_lines(self):
        moves = self.move_ids.filtered(
            lambda move: (
                move.state == "done"
                and move.repair_line_type == "add"
                and not move.aftersales_order_line_id
                and move.quantity > 0
            )
        )
        # Safe: workshop people may not edit the order, but what they fitted is a
        # fact; the order's own checks on state and signature still run.
        lines = self.env["aftersales.order.line"].sudo()
        orders = moves.repair_id.aftersales_order_id.sudo()
        orders._check_workshop_open()
        lines = lines.create([move._prepare_aftersales_line_values() for move in moves])
        for line, move in zip(lines, moves.sudo(), strict=True):
            move.write(
                {"aftersales_order_line_id": line.id, "aftersales_kind": "issue"}
            )
        lines._request_approvals()

    def action_view_aftersales_order(self):
        """Open the service order of the workshop job."""
        self.ensure_one()
        return open_form(self.aftersales_order_id)

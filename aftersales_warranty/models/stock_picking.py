from odoo import fields, models


class StockPicking(models.Model):
    """Transfers of refunds and exchanges (WA-11)."""

    _inherit = "stock.picking"

    aftersales_return_id = fields.Many2one(
        "aftersales.return",
        "Refund or exchange",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )
    aftersales_return_direction = fields.Selection(
        [("back", "Goods back"), ("out", "Replacement")],
        "Return goods",
        copy=False,
        readonly=True,
    )

    def _action_done(self):
        result = super()._action_done()
        # Safe: what was received or delivered is a fact; the approved return follows.
        pickings = self.sudo().filtered(
            lambda picking: picking.aftersales_return_id and picking.state == "done"
        )
        if pickings:
            pickings.aftersales_return_id._after_transfer_done(pickings)
        return result

    def _create_backorder_picking(self):
        """The rest of a partial receipt belongs to the return as well."""
        backorder = super()._create_backorder_picking()
        if self.aftersales_return_id:
            # Safe: the link of the transfer it was split from.
            backorder.sudo().write(
                {
                    "aftersales_return_id": self.aftersales_return_id.id,
                    "aftersales_return_direction": self.aftersales_return_direction,
                }
            )
        return backorder

    def action_view_aftersales_return(self):
        """Open the refund or exchange the goods belong to."""
        self.ensure_one()
        return self.aftersales_return_id._get_form_action()

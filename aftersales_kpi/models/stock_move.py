from odoo import models


class StockMove(models.Model):
    """Parts that leave or come back after an order was done change its cost (KP-06)."""

    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        # Safe: marks what the job computes again; nothing is shown.
        moves.sudo().aftersales_order_line_id.order_id._mark_line_figures()
        return moves

from odoo import models


class StockMove(models.Model):
    """Parts out and back change the cost of an order (KP-06); what a supplier
    sends instead of money is recovered (KP-10).
    """

    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        # Safe: marks what the job computes again; nothing is shown.
        done = moves.sudo()
        done.aftersales_order_line_id.order_id._mark_line_figures()
        replaced = done.filtered("aftersales_claim_line_id")
        done.env["aftersales.kpi.dirty"]._mark(
            {
                (move.company_id.id, move.date.date(), "claim", False)
                for move in replaced
            }
        )
        return moves

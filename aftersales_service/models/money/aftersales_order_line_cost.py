from odoo import models


class AftersalesOrderLine(models.Model):
    """What a line costs us when the customer does not pay for it (SV-54)."""

    _inherit = "aftersales.order.line"

    def _get_free_costs(self):
        """Parts at the value they left stock with, the rest at its cost rate.

        :return: ``{line: cost in company currency}``; later add-ons extend it
        """
        costs = {}
        for line in self:
            currency = line.company_id.currency_id
            moves = line.move_ids.filtered(lambda move: move.state == "done")
            if line.kind == "part" and moves:
                cost = line._get_stock_value(moves)
            else:
                product = line.product_id.with_company(line.company_id)
                quantity = line.uom_id._compute_quantity(
                    line._get_charged_quantity(), product.uom_id, round=False
                )
                cost = product.standard_price * quantity
            costs[line] = currency.round(cost)
        return costs

    def _get_stock_value(self, moves):
        """Value that went out less what came back."""
        out = moves.filtered(lambda move: move.aftersales_kind == "issue")
        back = moves.filtered(lambda move: move.aftersales_kind == "return")
        return self._sum_value(out) - self._sum_value(back)

    def _sum_value(self, moves):
        return sum(
            abs(move.value)
            or move.product_id.with_company(move.company_id).standard_price
            * move.product_uom._compute_quantity(
                move.quantity, move.product_id.uom_id, round=False
            )
            for move in moves
        )

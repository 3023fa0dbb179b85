from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    aftersales_claim_line_id = fields.Many2one(
        "aftersales.supplier.claim.line",
        "Line of the supplier claim",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        help="The replacement settles this line.",
    )

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        moves._aftersales_open_warranties()
        # Safe: the consequence of a receipt the user was allowed to make.
        moves.sudo().aftersales_claim_line_id.claim_id._follow_documents()
        return moves

    def _prepare_move_split_vals(self, qty):
        """The backorder of a replacement settles the same line."""
        values = super()._prepare_move_split_vals(qty)
        values["aftersales_claim_line_id"] = self.aftersales_claim_line_id.id
        return values

    def _aftersales_open_warranties(self):
        """Goods without a serial have their warranty on the sales line (WA-02)."""
        moves = self.filtered(
            lambda move: (
                move.state == "done"
                and move.sale_line_id
                and move.location_dest_id.usage == "customer"
                and move.product_id.tracking != "serial"
            )
        )
        if not moves:
            return
        # Safe: the consequence of a delivery the user was allowed to make.
        warranties = self.env["aftersales.warranty"].sudo()
        vals_list = []
        for company, group in moves.grouped("company_id").items():
            matches = self.env["aftersales.warranty.term"]._find_terms(
                group.product_id, company
            )
            vals_list += [
                {
                    "sale_line_id": move.sale_line_id.id,
                    "move_id": move.id,
                    "product_id": move.product_id.id,
                    "quantity": move.quantity,
                    "delivered_on": move._aftersales_delivered_on(),
                    "term_id": matches[move.product_id].term.id,
                    "term_source": matches[move.product_id].source,
                    "term_source_name": matches[move.product_id].name,
                }
                for move in group
                if move.product_id in matches
            ]
        if vals_list:
            warranties.create(vals_list)

    def _aftersales_delivered_on(self):
        """Day of the delivery as the company sees it."""
        self.ensure_one()
        line = self.move_line_ids[:1]
        return (
            line._aftersales_day()
            if line
            else self.company_id._aftersales_day(self.date)
        )

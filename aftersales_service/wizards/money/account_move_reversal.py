from odoo import models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        """The invoice made anew charges the same lines of service orders."""
        linked = self._keeping_links("account.move.line")
        return super(AccountMoveReversal, linked).reverse_moves(is_modify=is_modify)

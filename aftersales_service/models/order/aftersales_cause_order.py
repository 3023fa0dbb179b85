from odoo import api, models
from odoo.exceptions import UserError


class AftersalesCause(models.Model):
    """A cause that orders name is archived, never deleted."""

    _inherit = "aftersales.cause"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Safe: only the existence of orders is tested, also those of other teams.
        used = self.env["aftersales.order"].sudo().with_context(active_test=False)
        groups = used._read_group([("cause_id", "in", self.ids)], ["cause_id"])
        if groups:
            raise UserError(
                self.env._(
                    "Service orders name these causes: %(names)s. Archive them "
                    "instead of deleting them.",
                    names=", ".join(cause.display_name for (cause,) in groups),
                )
            )

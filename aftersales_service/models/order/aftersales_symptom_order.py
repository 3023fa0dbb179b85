from odoo import api, models
from odoo.exceptions import UserError


class AftersalesSymptom(models.Model):
    """A symptom that orders name is archived, never deleted."""

    _inherit = "aftersales.symptom"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Safe: only the existence of orders is tested, also those of other teams.
        used = self.env["aftersales.order"].sudo().with_context(active_test=False)
        groups = used._read_group([("symptom_id", "in", self.ids)], ["symptom_id"])
        if groups:
            raise UserError(
                self.env._(
                    "Service orders name these symptoms: %(names)s. Archive them "
                    "instead of deleting them.",
                    names=", ".join(symptom.display_name for (symptom,) in groups),
                )
            )

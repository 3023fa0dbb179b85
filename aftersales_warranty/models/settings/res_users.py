from odoo import api, models

from ...const import GENERAL_MANAGER, PURCHASING


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _get_aftersales_roles(self):
        return {
            **super()._get_aftersales_roles(),
            "purchasing": PURCHASING,
            "general_manager": GENERAL_MANAGER,
        }

from importlib import import_module

from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _aftersales_play(self, addon, chapter):
        """Play a chapter of the demo company's life; called by demo data files only.

        ``demo/<chapter>.py`` of the add-on is imported here and nowhere else: no
        database without demo data ever runs it.
        """
        import_module(f"odoo.addons.{addon}.demo.{chapter}").play(self)

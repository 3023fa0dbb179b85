from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """The shipped causes get their responsible units."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["aftersales.cause"]._set_default_units()

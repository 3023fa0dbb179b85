from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Orders that were open before promises existed get theirs, from the call."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    orders = env["aftersales.order"].search(
        [("state", "in", ("new", "dispatched", "in_progress"))]
    )
    orders._sla_apply()

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Orders that were open before promises existed get theirs, from the call."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    orders = env["aftersales.order"].search(
        [("state", "in", ("new", "dispatched", "in_progress"))]
    )
    orders._sla_apply()
    # Who has been there before has arrived; the earliest visit counts.
    first = {}
    visits = env["aftersales.visit"].search(
        [("order_id", "in", orders.ids), ("arrived_at", "!=", False)],
        order="arrived_at desc, id desc",
    )
    for visit in visits:
        first[visit.order_id] = visit.arrived_at
    for order, arrived_at in first.items():
        order._sla_reach("arrive", arrived_at)

"""A hundred parts leave stock for a hundred orders, beside stock's own moves.

The peer is what Odoo does for the same parts: moves confirmed, reserved by the removal
strategy and done. One product for all, then one for each.
"""

from contextlib import nullcontext

COUNT = 100
TURNS = 3
ONE = "100 issued, one product"
EACH = "100 issued, a product each"
PEER = "stock.move, reserved and done"
OURS = "aftersales.order.line"
LIMITS = [(group, OURS, "query ratio", 0.6) for group in (ONE, EACH)]


def run(env, measure):
    data = _prepare(env)
    for group, products in ((ONE, data["parts"][:1] * COUNT), (EACH, data["parts"])):
        for turn in range(TURNS + 1):
            # The first turn fills the caches.
            measured = measure if turn else _leave_out
            orders = _create_orders(env, data, products)
            env.flush_all()
            env.invalidate_all()
            with measured(group, PEER, records=COUNT):
                _move_by_hand(env, data, products)
            env.invalidate_all()
            with measured(group, OURS, records=COUNT):
                orders._issue_parts()


def _leave_out(*args, **kwargs):
    return nullcontext()


def _prepare(env):
    company = env.company
    warehouse = env["stock.warehouse"].search(
        [("company_id", "=", company.id)], limit=1
    )
    parts = [
        env["product.product"].create(
            {"name": f"Part {n}", "type": "consu", "is_storable": True}
        )
        for n in range(COUNT)
    ]
    for part in parts:
        env["stock.quant"]._update_available_quantity(
            part, warehouse.lot_stock_id, 100 * COUNT
        )
    return {
        "company": company,
        "parts": parts,
        "place": warehouse.lot_stock_id,
        "customer": env["res.partner"].create({"name": "Bench"}),
        "team": env["aftersales.team"].create(
            {"name": "Bench", "company_id": company.id, "warehouse_id": warehouse.id}
        ),
    }


def _create_orders(env, data, products):
    return env["aftersales.order"].create(
        [
            {
                "partner_id": data["customer"].id,
                "team_id": data["team"].id,
                "duplicate_confirmed": True,
                "description": f"Bench {number}",
                "line_ids": [(0, 0, {"kind": "part", "product_id": product.id})],
            }
            for number, product in enumerate(products)
        ]
    )


def _move_by_hand(env, data, products):
    moves = env["stock.move"].create(
        [
            {
                "product_id": product.id,
                "product_uom": product.uom_id.id,
                "product_uom_qty": 1.0,
                "location_id": data["place"].id,
                "location_dest_id": data["customer"].property_stock_customer.id,
                "company_id": data["company"].id,
            }
            for product in products
        ]
    )
    moves._action_confirm(merge=False)
    moves._action_assign()
    moves.picked = True
    moves._action_done()

"""Two people, one part: each case with two real transactions (Reliability 24, 28)."""

import pytest

from odoo.fields import Command


def _make_orders(env, orders, stock):
    """Reported orders with one disk each, and so much stock."""
    company = env.company
    place = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
    team = env["aftersales.team"].create(
        {"name": "Race", "company_id": company.id, "warehouse_id": place.id}
    )
    technician = env["aftersales.technician"].create(
        {"name": "Racer", "company_id": company.id, "team_id": team.id}
    )
    disk = env["product.product"].create(
        {"name": "Disk", "type": "consu", "is_storable": True, "taxes_id": False}
    )
    cause = env["aftersales.cause"].create({"name": "Worn", "remedy": "Replaced"})
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    env["stock.quant"]._update_available_quantity(disk, place.lot_stock_id, stock)
    created = env["aftersales.order"].create(
        [
            {
                "partner_id": customer.id,
                "team_id": team.id,
                "place": "remote",
                "technician_id": technician.id,
                "line_ids": [Command.create({"kind": "part", "product_id": disk.id})],
            }
            for _i in range(orders)
        ]
    )
    created.action_dispatch()
    created.action_start()
    created.write(
        {"cause_id": cause.id, "remedy": "Replaced", "customer_opinion": "satisfied"}
    )
    return created.ids, disk.id, place.lot_stock_id.id


def _complete(order_id):
    return lambda env: env["aftersales.order"].browse(order_id).action_complete()


def _state(env, order_ids, product_id, location_id):
    orders = env["aftersales.order"].browse(order_ids)
    quants = env["stock.quant"].search(
        [("product_id", "=", product_id), ("location_id", "=", location_id)]
    )
    moves = orders.line_ids.move_ids.filtered(lambda move: move.state == "done")
    return sorted(orders.mapped("state")), len(moves), sum(quants.mapped("quantity"))


def test_two_people_complete_one_order(real, race):
    made = real(lambda env: _make_orders(env, 1, 5))
    outcomes = race(_complete(made[0][0]), _complete(made[0][0]))
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    loser = next(outcome for outcome in outcomes if not outcome.ok)
    assert loser.error in ("LockError", "UserError"), loser.trace
    assert real(lambda env: _state(env, *made)) == (["done"], 1, 4.0)


def test_two_orders_take_the_last_part(real, race):
    made = real(lambda env: _make_orders(env, 2, 1))
    outcomes = race(*(_complete(order_id) for order_id in made[0]))
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    loser = next(outcome for outcome in outcomes if not outcome.ok)
    assert loser.error == "RedirectWarning", loser.trace
    assert real(lambda env: _state(env, *made)) == (["done", "in_progress"], 1, 0.0)


def test_two_people_return_one_part(real, race):
    made = real(lambda env: _make_orders(env, 1, 1))
    real(_complete(made[0][0]))

    def give_back(env):
        line = env["aftersales.order"].browse(made[0]).line_ids
        line.action_return(1, "twice")

    outcomes = race(give_back, give_back)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    assert real(lambda env: _state(env, *made)) == (["done"], 2, 1.0)


@pytest.mark.parametrize("before", [False, True])
def test_killed_while_issuing_leaves_all_as_it_was(real, kill9, before):
    made = real(lambda env: _make_orders(env, 1, 1))
    assert kill9(_complete(made[0][0]), at="stock.move._action_done", before=before)
    assert real(lambda env: _state(env, *made)) == (["in_progress"], 0, 1.0)

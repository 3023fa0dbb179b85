"""A warranty is opened once: two people, a killed bulk run, a repeat (WA-02)."""

import pytest

from odoo.fields import Command


def _machines(env, count):
    """Machines delivered before anybody opened warranties; their ids."""
    term = env["aftersales.warranty.term"].create(
        {
            "name": "12 months",
            "duration": 12,
            "duration_unit": "month",
            "event_ids": [Command.create({"event": "delivery"})],
            "line_ids": [Command.create({"scope": "part"})],
        }
    )
    product = env["product.product"].create(
        {
            "name": "Server",
            "type": "consu",
            "is_storable": True,
            "tracking": "serial",
            "aftersales_term_id": term.id,
        }
    )
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    machines = env["aftersales.asset"].with_context(aftersales_no_warranty=True)
    return machines.create(
        [
            {
                "partner_id": customer.id,
                "product_id": product.id,
                "serial": f"F{product.id}-{number}",
                "delivered_on": "2026-01-15",
            }
            for number in range(count)
        ]
    ).ids


def _open(machine_ids):
    def work(env):
        machines = env["aftersales.asset"].browse(machine_ids)
        return len(env["aftersales.warranty"]._open_for_assets(machines))

    return work


def _count(env, machine_ids):
    """(warranties, numbers, scopes) of the machines."""
    found = env["aftersales.warranty"].search([("asset_id", "in", machine_ids)])
    return len(found), len(set(found.mapped("name"))), len(found.scope_ids)


def test_two_workers_open_the_same_machine(real, race):
    ids = real(lambda env: _machines(env, 1))
    outcomes = race(_open(ids), _open(ids))
    # The one that was second is repeated, finds the warranty and opens none.
    opened = [outcome.value for outcome in outcomes if outcome.ok]
    assert sum(opened) == 1, outcomes
    assert real(lambda env: _count(env, ids)) == (1, 1, 1)


def test_two_workers_open_overlapping_lists(real, race):
    ids = real(lambda env: _machines(env, 30))
    race(_open(ids[:20]), _open(ids[10:]))
    for _again in range(2):
        real(_open(ids))
    assert real(lambda env: _count(env, ids)) == (30, 30, 30)


@pytest.mark.parametrize(
    "at",
    ["aftersales.warranty._add_scopes", "aftersales.warranty._insert_scopes"],
)
def test_killed_in_the_middle_of_the_bulk(real, kill9, at):
    ids = real(lambda env: _machines(env, 50))
    assert kill9(_open(ids), at=at, before=True)
    assert real(lambda env: _count(env, ids)) == (0, 0, 0)
    assert real(_open(ids)) == 50
    assert real(_open(ids)) == 0
    assert real(lambda env: _count(env, ids)) == (50, 50, 50)


def test_opened_while_the_machine_is_exchanged(real, race):
    old, new = real(lambda env: _machines(env, 2))
    real(_open([old]))

    def exchange(env):
        machines = env["aftersales.asset"]
        pair = {machines.browse(old): machines.browse(new)}
        day = env["aftersales.warranty"]._fields["date_start"].today()
        return len(env["aftersales.warranty"]._open_for_exchange(pair, day))

    race(exchange, _open([new]))

    def valid(env):
        domain = [("asset_id", "=", new), ("is_void", "=", False)]
        return env["aftersales.warranty"].search_count(domain)

    assert real(valid) == 1

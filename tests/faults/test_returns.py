"""Nothing is refunded twice: two people, double clicks, kills (Reliability 24, 28)."""

import pytest

from odoo.fields import Command


def _sold(env, quantity, tracking="none"):
    """A product sold, delivered and invoiced; its customer, invoice line, machines."""
    product = env["product.product"].create(
        {
            "name": "Server",
            "type": "consu",
            "is_storable": True,
            "tracking": tracking,
            "taxes_id": False,
        }
    )
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    order = env["sale.order"].create(
        {
            "partner_id": customer.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_qty": quantity,
                        "price_unit": 100.0,
                    }
                )
            ],
        }
    )
    order.action_confirm()
    picking = order.picking_ids
    _pick(env, picking, product, quantity, tracking)
    picking.button_validate()
    invoice = order._create_invoices()
    invoice.action_post()
    lots = picking.move_line_ids.lot_id
    assets = env["aftersales.asset"].search([("lot_id", "in", lots.ids)])
    return customer, invoice.invoice_line_ids, assets


def _pick(env, picking, product, quantity, tracking):
    move = picking.move_ids
    move.move_line_ids.unlink()
    count = int(quantity) if tracking == "serial" else 1
    lots = env["stock.lot"]
    if tracking == "serial":
        lots = lots.create(
            [{"name": f"L{product.id}-{n}", "product_id": product.id} for n in range(5)]
        )
    move.move_line_ids = [
        Command.create(
            {
                "product_id": product.id,
                "lot_id": lots[number : number + 1].id,
                "quantity": quantity / count,
                "picking_id": picking.id,
                "location_id": move.location_id.id,
                "location_dest_id": move.location_dest_id.id,
            }
        )
        for number in range(count)
    ]
    move.picked = True


def _values(env, customer, lines):
    cause = env["aftersales.cause"].create({"name": "Worn"})
    unit = env["aftersales.unit"].create({"name": "Assembly"})
    rule = env.ref("aftersales_warranty.entitlement_rule_promise_refund7")
    return {
        "partner_id": customer.id,
        "kind": "refund",
        "rule_id": rule.id,
        "cause_id": cause.id,
        "unit_id": unit.id,
        "line_ids": [Command.create(line) for line in lines],
    }


def _make(env, state="draft"):
    """A return of one serial in the given state."""
    customer, _line, assets = _sold(env, 1, "serial")
    values = _values(env, customer, [{"asset_id": assets.id}])
    row = env["aftersales.return"].create(values)
    if state != "draft":
        row.action_request()
        row.action_approve()
    if state == "in_progress":
        row.action_start()
    return row.id


def _call(row_id, method):
    return lambda env: bool(getattr(env["aftersales.return"].browse(row_id), method)())


def _look(env, row_id):
    row = env["aftersales.return"].browse(row_id)
    return row.state, len(row.picking_ids), len(row.invoice_ids)


def _only_one(outcomes, errors=("LockError", "UserError")):
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    loser = next(outcome for outcome in outcomes if not outcome.ok)
    assert loser.error in errors, loser.trace


@pytest.mark.parametrize(
    ("before", "method", "after"),
    [
        ("draft", "action_request", ("requested", 0, 0)),
        ("approved", "action_start", ("in_progress", 1, 0)),
    ],
)
def test_two_people_press_the_same_button(real, race, before, method, after):
    row_id = real(lambda env: _make(env, before))
    _only_one(race(_call(row_id, method), _call(row_id, method)))
    assert real(lambda env: _look(env, row_id)) == after


def test_two_people_book_one_refund(real, race):
    row_id = real(lambda env: _make(env, "in_progress"))
    book = _call(row_id, "action_create_documents")
    outcomes = race(book, book)
    assert any(outcome.ok for outcome in outcomes), outcomes
    for loser in (outcome for outcome in outcomes if not outcome.ok):
        assert loser.error == "LockError", loser.trace
    assert real(lambda env: _look(env, row_id)) == ("in_progress", 1, 1)


def test_one_machine_on_two_returns_at_once(real, race):
    def sell(env):
        customer, _line, assets = _sold(env, 1, "serial")
        return customer.id, assets.id

    customer_id, asset_id = real(sell)

    def draft(env):
        customer = env["res.partner"].browse(customer_id)
        values = _values(env, customer, [{"asset_id": asset_id}])
        return env["aftersales.return"].create(values).id

    outcomes = race(draft, draft)
    _only_one(outcomes, ("ValidationError", "UniqueViolation"))

    def count(env):
        return env["aftersales.return.line"].search_count([("asset_id", "=", asset_id)])

    assert real(count) == 1


def test_two_returns_share_what_is_left_of_an_invoice_line(real, race):
    def make(env):
        customer, line, _assets = _sold(env, 5)
        values = {
            "product_id": line.product_id.id,
            "invoice_line_id": line.id,
            "quantity": 3,
        }
        returns = env["aftersales.return"].create(
            [_values(env, customer, [values]) for _i in range(2)]
        )
        return returns.ids, line.id

    row_ids, line_id = real(make)
    _only_one(race(*(_call(row_id, "action_request") for row_id in row_ids)))

    def claimed(env):
        return env["account.move.line"].browse(line_id).aftersales_returned_quantity

    assert real(claimed) == 3


@pytest.mark.parametrize("before", [False, True])
def test_killed_while_carrying_out_leaves_all_as_it_was(real, kill9, before):
    row_id = real(lambda env: _make(env, "approved"))
    start = _call(row_id, "action_start")
    assert kill9(start, at="aftersales.return._create_receipts", before=before)
    assert real(lambda env: _look(env, row_id)) == ("approved", 0, 0)

"""Two people, one bill: each case with two real transactions (Reliability 24, 28)."""

from odoo.fields import Command


def _settings(env):
    """Journals and accounts of the money taken on site; made once."""
    company = env.company
    if company.aftersales_technician_account_id:
        return
    accounts = env["account.account"].create(
        [
            {
                "name": "With technicians",
                "code": "122191",
                "account_type": "asset_cash",
            },
            {"name": "Cash box", "code": "100191", "account_type": "asset_cash"},
            {"name": "Due", "code": "122192", "account_type": "asset_current"},
        ]
    )
    journals = env["account.journal"].create(
        [
            {"name": n, "code": c, "type": "cash", "default_account_id": account.id}
            for n, c, account in (
                ("On site", "RON", accounts[0]),
                ("Box", "RBX", accounts[1]),
            )
        ]
    )
    company.write(
        {
            "aftersales_collection_journal_id": journals[0].id,
            "aftersales_cash_journal_id": journals[1].id,
            "aftersales_technician_account_id": accounts[2].id,
            "aftersales_require_signature": False,
        }
    )


def _make_done_order(env):
    """A completed order over 200.00 of a technician of its own."""
    _settings(env)
    team = env["aftersales.team"].create({"name": "Race", "company_id": env.company.id})
    technician = env["aftersales.technician"].create(
        {"name": "Racer", "company_id": env.company.id, "team_id": team.id}
    )
    labour = env["product.product"].create(
        {"name": "Labour", "type": "service", "list_price": 200.0, "taxes_id": False}
    )
    cause = env["aftersales.cause"].create({"name": "Worn", "remedy": "Replaced"})
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    order = env["aftersales.order"].create(
        {
            "partner_id": customer.id,
            "team_id": team.id,
            "place": "remote",
            "technician_id": technician.id,
            "line_ids": [Command.create({"kind": "labour", "product_id": labour.id})],
        }
    )
    order.action_dispatch()
    order.action_start()
    order.write(
        {"cause_id": cause.id, "remedy": "Replaced", "customer_opinion": "satisfied"}
    )
    order.action_complete()
    return order.id, technician.id


def _only_one(outcomes):
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    loser = next(outcome for outcome in outcomes if not outcome.ok)
    assert loser.error in ("LockError", "UserError"), loser.trace


def test_two_people_invoice_one_order(real, race):
    order_id, _technician_id = real(_make_done_order)

    def invoice(env):
        env["aftersales.order"].browse(order_id).action_invoice()

    _only_one(race(invoice, invoice))
    assert real(
        lambda env: len(env["aftersales.order"].browse(order_id).invoice_ids) == 1
    )


def test_money_is_taken_once(real, race):
    order_id, _technician_id = real(_make_done_order)

    def collect(env):
        env["aftersales.order"].browse(order_id).action_collect(200.0, "cash")

    _only_one(race(collect, collect))
    assert real(
        lambda env: env["aftersales.order"].browse(order_id).amount_collected == 200.0
    )


def test_handover_is_booked_once(real, race):
    order_id, technician_id = real(_make_done_order)

    def prepare(env):
        env["aftersales.order"].browse(order_id).action_collect(200.0, "cash")
        handover = env["aftersales.handover"].create(
            {"technician_id": technician_id, "counted_amount": 190.0}
        )
        return handover.id

    handover_id = real(prepare)

    def post(env):
        env["aftersales.handover"].browse(handover_id).action_post()

    def count(env):
        handover = env["aftersales.handover"].browse(handover_id)
        entries = env["account.move"].search([("ref", "like", handover.name)])
        payments = env["aftersales.order"].browse(order_id).collection_ids.payment_id
        return handover.state, len(entries), len(payments)

    _only_one(race(post, post))
    assert real(count) == ("difference", 1, 1)


def test_invoice_is_posted_once_with_its_payment(real, race):
    order_id, _technician_id = real(_make_done_order)

    def prepare(env):
        order = env["aftersales.order"].browse(order_id)
        order.action_collect(200.0, "cash")
        order.action_invoice()

    real(prepare)

    def book(env):
        env["aftersales.order"].browse(order_id).collection_ids.action_book()

    def post(env):
        env["aftersales.order"].browse(order_id).invoice_ids.action_post()

    race(book, post)

    def result(env):
        order = env["aftersales.order"].browse(order_id)
        payments = env["account.payment"].search([("memo", "like", order.name)])
        return len(payments), order.charge_state in ("paid", "invoiced")

    assert real(result) == (1, True)


def test_killed_while_booking_leaves_all_as_it_was(real, kill9):
    order_id, _technician_id = real(_make_done_order)
    real(
        lambda env: (
            env["aftersales.order"].browse(order_id).action_collect(200.0, "cash").id
        )
    )

    def book(env):
        env["aftersales.order"].browse(order_id).collection_ids.action_book()

    assert kill9(book, at="aftersales.collection._match_invoices")

    def result(env):
        order = env["aftersales.order"].browse(order_id)
        payments = env["account.payment"].search([("memo", "like", order.name)])
        return len(payments), order.collection_ids.is_booked

    assert real(result) == (0, False)
    real(book)
    assert real(result) == (1, True)

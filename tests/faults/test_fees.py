"""Closing a day while money still comes in (reliability 24, 26, 28)."""

from odoo import fields

from .test_money import _make_done_order


def _prepare(env):
    order_id, _technician_id = _make_done_order(env)
    order = env["aftersales.order"].browse(order_id)
    env.flush_all()
    line = env["aftersales.fee.line"].browse(order_id)
    line.action_accept("Invoiced later")
    return order_id, order.team_id.id


def _close(team_id):
    def close(env):
        closes = env["aftersales.fee.close"]
        return closes.action_close_period(team_id, fields.Date.today()).id

    return close


def _count(team_id):
    def count(env):
        closes = env["aftersales.fee.close"].search([("team_id", "=", team_id)])
        return len(closes)

    return count


def test_a_day_is_closed_once(real, race):
    _order_id, team_id = real(_prepare)
    outcomes = race(_close(team_id), _close(team_id))
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    loser = next(outcome for outcome in outcomes if not outcome.ok)
    assert loser.error in ("LockError", "UserError"), loser.trace
    assert real(_count(team_id)) == 1


def test_late_money_is_in_the_closed_day_or_refused(real, race):
    """Whoever wins, no money lies in a closed day that its figures do not show."""
    for _round in range(3):
        order_id, team_id = real(_prepare)

        def collect(env, order_id=order_id):
            env["aftersales.order"].browse(order_id).action_collect(10.0, "cash")

        closing, taking = race(_close(team_id), collect)

        def result(env, team_id=team_id, order_id=order_id):
            order = env["aftersales.order"].browse(order_id)
            close = env["aftersales.fee.close"].search([("team_id", "=", team_id)])
            return len(close), close.amount_collected, order.amount_collected

        closes, frozen, taken = real(result)
        if closing.ok and taking.ok:
            raise AssertionError("money was taken on a day closed without it")
        assert closing.ok or taking.ok, (closing, taking)
        assert (closes, frozen, taken) == ((1, 0.0, 0.0) if closing.ok else (0, 0, 10))


def test_work_completed_while_the_day_is_closed_counts_for_the_next(real, race):
    order_id, team_id = real(_prepare)

    def reopen(env):
        order = env["aftersales.order"].browse(order_id)
        order.action_reopen("More to do")
        order.write({"customer_opinion": "satisfied"})

    real(reopen)

    def complete(env):
        env["aftersales.order"].browse(order_id).action_complete()

    race(_close(team_id), complete)

    def result(env):
        order = env["aftersales.order"].browse(order_id)
        lock = order.team_id.fee_lock_date
        return not (lock and order.fee_day and order.fee_day <= lock) or bool(
            order.fee_close_id
        )

    assert real(result)


def _two_orders(env):
    """Two orders of one technician who may hold 300.00."""
    order_id, technician_id = _make_done_order(env)
    other_id, _other = _make_done_order(env)
    other = env["aftersales.order"].browse(other_id)
    other.write({"technician_id": technician_id})
    env.company.aftersales_cash_limit = 300.0
    return order_id, other_id, technician_id


def test_two_collections_at_once_stay_within_the_limit(real, race):
    """Each alone is allowed, both together are not (reliability 24, 28)."""
    for _round in range(5):
        order_id, other_id, technician_id = real(_two_orders)

        def take(order_id):
            def collect(env):
                env["aftersales.order"].browse(order_id).action_collect(200.0, "cash")

            return collect

        outcomes = race(take(order_id), take(other_id))

        def held(env, technician_id=technician_id):
            technician = env["aftersales.technician"].browse(technician_id)
            return technician._get_cash_in_company_currency(env.company)

        assert real(held) == 200.0, outcomes
        assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    real(lambda env: env.company.write({"aftersales_cash_limit": 0.0}))

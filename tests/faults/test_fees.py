"""The accountant's desk under fire (Reliability 24, 26, 27, 28, 29, 34)."""

from unittest.mock import patch

from psycopg2.errors import LockNotAvailable

from odoo import fields
from odoo.exceptions import ConcurrencyError, LockError, UserError
from odoo.tools import mute_logger

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
    assert "another user" in loser.message or "already closed" in loser.message
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


def test_completing_holds_the_day_open(real):
    """From its first check on, a completion keeps the day from being closed."""
    order_id, team_id = real(_prepare)

    def complete(env):
        order = env["aftersales.order"].browse(order_id)
        order.action_reopen("More to do")
        order.write({"customer_opinion": "satisfied"})
        env.cr.commit()
        orders = type(order)
        original, refused = orders._check_complete, []

        def check(self):
            # Nothing has been written yet: only the lock keeps the other one out.
            with env.registry.cursor() as other:
                try:
                    _close(team_id)(env(cr=other))
                except (LockError, UserError) as error:
                    refused.append(str(error))
                other.rollback()
            return original(self)

        with patch.object(orders, "_check_complete", check):
            order.action_complete()
        return refused

    refused = real(complete)
    assert len(refused) == 1
    assert "another user" in refused[0]


def test_completing_waits_for_a_close_that_runs(real):
    """The close has its service point; a completion does not get in beside it."""
    order_id, team_id = real(_prepare)

    def complete(env):
        order = env["aftersales.order"].browse(order_id)
        order.action_reopen("More to do")
        order.write({"customer_opinion": "satisfied"})
        env.cr.commit()
        with env.registry.cursor() as other:
            closing = env(cr=other)
            team = closing["aftersales.team"].browse(team_id)
            closing["aftersales.fee.close"]._lock_team(team)
            env.cr.execute("SET LOCAL lock_timeout = '500ms'")
            try:
                with env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                    order._share_locks()
            except LockNotAvailable:
                return True
            finally:
                other.rollback()
        return False

    assert real(complete)


def _two_orders(env):
    """Two orders of one technician who may hold 300.00."""
    order_id, technician_id = _make_done_order(env)
    other_id, _other = _make_done_order(env)
    other = env["aftersales.order"].browse(other_id)
    other.write({"technician_id": technician_id})
    env.company.aftersales_cash_limit = 300.0
    return order_id, other_id, technician_id


def test_two_collections_at_once_stay_within_the_limit(real, race):
    """Each alone is allowed, both together are not (Reliability 24, 28)."""
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


def test_a_retried_close_leaves_its_papers_once(real):
    """The server repeats a request that lost a race; outside effects do not double."""
    _order_id, team_id = real(_prepare)

    tries = []

    def close_at_second_try(env):
        closes = type(env["aftersales.fee.close"])
        original = closes._attach_xlsx

        def attach(self):
            original(self)
            tries.append(1)
            if len(tries) == 1:
                raise ConcurrencyError("somebody was faster")

        with patch.object(closes, "_attach_xlsx", attach):
            _close(team_id)(env)
        return len(tries)

    assert real(close_at_second_try) == 2

    def result(env):
        close = env["aftersales.fee.close"].search([("team_id", "=", team_id)])
        files = env["ir.attachment"].search_count(
            [("res_model", "=", close._name), ("res_id", "in", close.ids)]
        )
        mails = env["mail.mail"].search_count(
            [("model", "=", close._name), ("res_id", "in", close.ids)]
        )
        created = close.message_ids.filtered(lambda m: m.message_type != "comment")
        return len(close), files, mails, len(created) <= 1

    assert real(result) == (1, 1, 0, True)


def test_one_difference_is_accepted_by_one_of_two(real, race):
    for _round in range(5):
        order_id, _technician_id = real(_make_done_order)

        def accept(env, order_id=order_id):
            env["aftersales.fee.line"].browse(order_id).action_accept("Seen")

        race(accept, accept)

        def checks(env, order_id=order_id):
            return env["aftersales.fee.check"].search_count(
                [("order_id", "=", order_id), ("code", "=", "not_invoiced")]
            )

        assert real(checks) == 1


def test_the_job_that_settles_orders_is_killed_and_runs_again(real, kill9):
    """All or nothing, and a change of money at the same moment is not lost."""

    def clean(env):
        order_id, _technician_id = _make_done_order(env)
        order = env["aftersales.order"].browse(order_id)
        order.action_invoice()
        order.invoice_ids.action_post()
        return order_id

    order_id = real(clean)

    def settle(env):
        env["aftersales.order"]._cron_settle_fees()

    def rank(env):
        return env["aftersales.order"].browse(order_id).fee_rank

    assert kill9(settle, at="aftersales.order._settle_fees")
    assert real(rank) == 0
    real(settle)
    assert real(rank) == 1


def test_settling_never_hides_a_change_of_the_same_moment(real, race):
    for _round in range(5):
        order_id, _technician_id = real(_make_done_order)
        real(
            lambda env, order_id=order_id: (
                env["aftersales.fee.line"].browse(order_id).action_accept("Later")
            )
        )

        def settle(env):
            env["aftersales.order"]._settle_fees(1000)

        def collect(env, order_id=order_id):
            env["aftersales.order"].browse(order_id).action_collect(10.0, "cash")

        settled, collected = race(settle, collect)
        assert settled.ok, settled
        if not collected.ok:  # told to try again, and does
            assert collected.error == "LockError", collected
            real(collect)

        def result(env, order_id=order_id):
            order = env["aftersales.order"].browse(order_id)
            line = env["aftersales.fee.line"].browse(order_id)
            return order.fee_rank, line.state

        assert real(result) == (0, "exception")


def test_receipts_and_handovers_have_numbers_of_their_own(real, race):
    """Two at the same moment never share a number (34)."""
    order_id, other_id, technician_id = real(_two_orders)
    real(lambda env: env.company.write({"aftersales_cash_limit": 0.0}))

    def take(order_id):
        def collect(env):
            order = env["aftersales.order"].browse(order_id)
            return order.action_collect(10.0, "cash").name

        return collect

    first, second = race(take(order_id), take(other_id))
    assert first.ok and second.ok, (first, second)
    assert first.value != second.value

    def hand_in(days):
        def create(env):
            day = fields.Date.add(fields.Date.today(), days=days)
            values = {"technician_id": technician_id, "date": day}
            return env["aftersales.handover"].create(values).name

        return create

    outcomes = race(hand_in(1), hand_in(2))
    names = [outcome.value for outcome in outcomes if outcome.ok]
    assert names and len(names) == len(set(names)), outcomes


def test_killed_at_any_step_the_books_agree(real, kill9):
    """From the money in the pocket to the closed day, dying at each step once."""
    steps = (
        ("collect", "aftersales.order._log_reason"),
        ("invoice", "aftersales.order._create_invoices"),
        ("post", "account.move._mark_aftersales_orphans"),
        ("hand_in", "aftersales.handover._clear_account"),
        ("close", "aftersales.fee.close._attach_xlsx"),
    )
    order_id, technician_id = real(_make_done_order)

    def order_of(env):
        return env["aftersales.order"].browse(order_id)

    def hand_in(env):
        handover = env["aftersales.handover"].create(
            {"technician_id": technician_id, "counted_amount": 200.0}
        )
        handover.action_post()

    actions = {
        "collect": lambda env: order_of(env).action_collect(200.0, "cash").id,
        "invoice": lambda env: order_of(env).action_invoice() and None,
        "post": lambda env: order_of(env).invoice_ids.action_post() and None,
        "hand_in": hand_in,
        "close": lambda env: _close(order_of(env).team_id.id)(env),
    }
    for name, at in steps:
        assert kill9(actions[name], at=at), name
        real(actions[name])

    def result(env):
        order, team = order_of(env), order_of(env).team_id
        today = fields.Date.today()
        ties = env["aftersales.fee.tie_out"].get_tie_out(
            env.company.id, today, today, team.id
        )
        line = env["aftersales.fee.line"].browse(order_id)
        return (
            {name: tie["difference"] for name, tie in ties.items()},
            len(order.invoice_ids),
            len(order.collection_ids.payment_id),
            (line.invoiced, line.handed, line.paid, line.open, line.codes or ""),
        )

    ties, invoices, payments, figures = real(result)
    assert set(ties.values()) == {0.0}, ties
    assert (invoices, payments) == (1, 1)
    assert figures == (200.0, 200.0, 200.0, 0.0, "")

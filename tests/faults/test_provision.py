"""The provision of a period is booked once: two people, two workers, kills (24)."""

import itertools

import pytest

PROVISION = "aftersales.warranty.provision"
numbers = itertools.count(1)


def _provision(env, number):
    """Sales of 1 000.00 on an account of their own, 2.5 % of them to be set aside."""
    kinds = ("income", "liability_current", "expense")
    income, liability, expense = env["account.account"].create(
        [
            {"name": kind, "code": f"PF{number}{n}", "account_type": kind}
            for n, kind in enumerate(kinds)
        ]
    )
    row = env[PROVISION].create(
        {
            "date_from": "2026-01-01",
            "date_to": "2026-01-31",
            "rate": 2.5,
            "account_id": liability.id,
            "expense_account_id": expense.id,
            "income_account_ids": [(6, 0, income.ids)],
        }
    )
    env["account.move"].create(
        {
            "date": "2026-01-15",
            "line_ids": [
                (0, 0, {"account_id": expense.id, "balance": 1000.0}),
                (0, 0, {"account_id": income.id, "balance": -1000.0}),
            ],
        }
    ).action_post()
    return row.id


def _propose(row_id):
    return lambda env: bool(env[PROVISION].browse(row_id).action_propose())


def _post(row_id):
    return lambda env: bool(env[PROVISION].browse(row_id).move_ids.action_post() or 1)


def _look(env, row_id):
    row = env[PROVISION].browse(row_id)
    return row.move_ids.mapped("state"), row.draft_amount, row.accrued, row.to_book


@pytest.mark.parametrize("_round", range(3))
def test_two_workers_propose_one_draft(real, race, _round):
    number = next(numbers)
    row_id = real(lambda env: _provision(env, number))
    outcomes = race(_propose(row_id), _propose(row_id))
    assert any(outcome.ok for outcome in outcomes), outcomes
    for outcome in outcomes:
        assert outcome.ok or "another user" in outcome.message, outcome.trace
    real(_propose(row_id))
    look = real(lambda env: _look(env, row_id))
    assert look == (["draft"], 25.0, 0.0, 25.0)


def test_proposed_while_the_draft_is_posted_is_not_set_aside_twice(real, race):
    number = next(numbers)
    row_id = real(lambda env: _provision(env, number))
    real(_propose(row_id))
    race(_propose(row_id), _post(row_id))

    def finish(env):
        env[PROVISION].browse(row_id).move_ids.filtered(
            lambda move: move.state == "draft"
        ).action_post()

    real(finish)
    look = real(lambda env: _look(env, row_id))
    assert look == (["posted"], 0.0, 25.0, 0.0)


@pytest.mark.parametrize(
    "at", ["account.move.create", f"{PROVISION}._create_move", "account.move._post"]
)
def test_killed_in_the_middle_sets_nothing_aside(real, kill9, at):
    number = next(numbers)
    row_id = real(lambda env: _provision(env, number))
    if at.endswith("_post"):
        real(_propose(row_id))
        assert kill9(_post(row_id), at=at)
        expected = (["draft"], 25.0, 0.0, 25.0)
    else:
        assert kill9(_propose(row_id), at=at)
        expected = ([], 0.0, 0.0, 25.0)
    assert real(lambda env: _look(env, row_id)) == expected
    real(_propose(row_id))
    real(_post(row_id))
    look = real(lambda env: _look(env, row_id))
    assert look == (["posted"], 0.0, 25.0, 0.0)

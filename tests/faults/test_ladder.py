"""One penalty and one entry, whoever evaluates, decides or books at the same time.

Reliability 7, 11, 24, 28 … 32, 36 for the penalty ladder (WA-23 … WA-28), and the
year of 200 suppliers and 20 000 complaints against an independent model of the rules.
"""

from datetime import timedelta

import pytest

from odoo import fields

from odoo.addons.aftersales_warranty.tests.ladder.ladder_year import Year, check_month

ROUNDS = 5
PENALTY = "aftersales.penalty"
RULE = "aftersales.penalty.rule"


def _supplier(env, balance=1000.0):
    if not env.company.aftersales_deposit_account_id:
        env["aftersales.deposit.setup"].create({}).action_apply()
    supplier = env["res.partner"].create({"name": "Supplier", "is_company": True})
    deposit = env["aftersales.deposit"].create(
        {
            "partner_id": supplier.id,
            "required_amount": balance,
            "date_start": fields.Date.today() - timedelta(days=90),
        }
    )
    deposit.action_start()
    env["aftersales.deposit.entry"].create(
        {
            "deposit_id": deposit.id,
            "kind": "receipt",
            "amount": balance,
            "source": "other",
            "counterpart_account_id": deposit.income_account_id.id,
        }
    ).action_post()
    return supplier


def _complaints(env, supplier, count, state="new", hours=1):
    """Complaints of one issue, received a moment ago, or confirmed and late."""
    category = env["aftersales.complaint.category"].create({"name": "Issue"})
    customer = env["res.partner"].create({"name": "Customer"})
    return env["aftersales.complaint"].create(
        [
            {
                "partner_id": customer.id,
                "category_id": category.id,
                "supplier_id": supplier.id,
                "finding": "Justified",
                "received_at": fields.Datetime.now() - timedelta(hours=hours),
                "state": state,
                "confirmed_at": fields.Datetime.now() if state != "new" else False,
            }
        ]
        * count
    )


def _late(env):
    """A confirmed complaint nobody has settled: its deduction is due."""
    supplier = _supplier(env)
    _complaints(env, supplier, 1, "confirmed", hours=50)
    return supplier.id


def _look(env, supplier_id):
    """(steps in force, all penalties, states of entries, moves, balance)"""
    penalties = env[PENALTY].search([("partner_id", "=", supplier_id)], order="id")
    deposit = env["aftersales.deposit"].search([("partner_id", "=", supplier_id)])
    entries = penalties.entry_ids
    for entry in entries:
        assert bool(entry.move_id) == (entry.state in ("posted", "reversed"))
    return (
        sorted(p.action for p in penalties if p.is_live),
        len(penalties),
        sorted(entries.mapped("state")),
        len(entries.move_ids),
        deposit.balance,
    )


def _run(env):
    env[RULE]._run()


def _approve(supplier_id):
    def work(env):
        found = env[PENALTY].search([("partner_id", "=", supplier_id)])
        return bool(found.action_approve())

    return work


def _post(supplier_id):
    def work(env):
        found = env[PENALTY].search([("partner_id", "=", supplier_id)])
        return bool(found.entry_ids.action_post())

    return work


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_evaluations_propose_once(real, race, _round):
    supplier_id = real(_late)
    race(_run, _run)
    real(_run)
    look = real(lambda env: _look(env, supplier_id))
    assert look == (["deduction"], 1, ["proposed"], 0, 1000.0)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_complaints_confirmed_at_once_are_both_counted(real, race, _round):
    """The second and the third: neither sees the other, the step is reached."""

    def prepare(env):
        supplier = _supplier(env)
        first, *others = _complaints(env, supplier, 3)
        first.action_confirm()
        return supplier.id, [complaint.id for complaint in others]

    supplier_id, ids = real(prepare)

    def confirm(number):
        return lambda env: env["aftersales.complaint"].browse(number).action_confirm()

    outcomes = race(*map(confirm, ids))
    assert all(outcome.ok for outcome in outcomes), outcomes
    real(_run)
    assert real(lambda env: _look(env, supplier_id))[:2] == (["warning"], 1)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_managers_approve_two_accountants_post_once(real, race, _round):
    supplier_id = real(_late)
    real(_run)
    outcomes = race(_approve(supplier_id), _approve(supplier_id))
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    outcomes = race(_post(supplier_id), _post(supplier_id))
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    look = real(lambda env: _look(env, supplier_id))
    assert look == (["deduction"], 1, ["posted"], 1, 800.0)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_posted_while_the_complaint_is_withdrawn(real, race, _round):
    """Whoever comes first: nothing booked, or booked and asked to be given back."""
    supplier_id = real(_late)
    real(_run)
    real(_approve(supplier_id))

    def withdraw(env):
        complaint = env["aftersales.complaint"].search(
            [("supplier_id", "=", supplier_id)]
        )
        complaint.action_withdraw("A mistake")

    race(withdraw, _post(supplier_id))

    def finish(env):
        complaint = env["aftersales.complaint"].search(
            [("supplier_id", "=", supplier_id)]
        )
        if complaint.state != "withdrawn":
            complaint.action_withdraw("A mistake")
        env[RULE]._run()
        penalty = env[PENALTY].search([("partner_id", "=", supplier_id)])
        penalty.entry_ids.filtered("give_back_reason").action_give_back()

    real(finish)
    steps, _count, states, moves, balance = real(lambda env: _look(env, supplier_id))
    assert (steps, balance) == ([], 1000.0)
    assert (states, moves) in ((["cancelled"], 0), (["reversed"], 2))


@pytest.mark.parametrize(
    ("at", "before"),
    [
        (f"{PENALTY}._start", True),
        (f"{PENALTY}._propose_money", False),
        (f"{PENALTY}._request_approvals", False),
        ("aftersales.penalty.review._review_funds", False),
        (f"{RULE}._review_marked", False),
    ],
)
def test_an_evaluation_killed_is_done_again(real, kill9, at, before):
    supplier_id = real(_late)
    assert kill9(_run, at=at, before=before)
    assert real(lambda env: _look(env, supplier_id))[1] == 0
    real(_run)
    real(_run)
    look = real(lambda env: _look(env, supplier_id))
    assert look == (["deduction"], 1, ["proposed"], 0, 1000.0)


@pytest.mark.parametrize("before", [True, False])
def test_killed_between_approval_and_entry(real, kill9, before):
    supplier_id = real(_late)
    real(_run)
    assert kill9(_approve(supplier_id), at=f"{PENALTY}._after_approve", before=before)
    assert real(lambda env: _look(env, supplier_id))[2] == ["proposed"]
    real(_approve(supplier_id))
    assert kill9(_post(supplier_id), at="account.move._post", before=before)
    real(_run)
    real(_post(supplier_id))
    look = real(lambda env: _look(env, supplier_id))
    assert look == (["deduction"], 1, ["posted"], 1, 800.0)


def test_a_year_of_200_suppliers_and_20000_complaints(real):
    """Any order, withdrawals, moves, late confirmations, crashes: as the rules say."""

    def play(env):
        env.company.aftersales_deposit_account_id or env[
            "aftersales.deposit.setup"
        ].create({}).action_apply()
        size = {"suppliers": 200, "complaints": 20000, "booked": 4}
        year = Year(env, **size, seed=11, step=30, late=0.02)
        year.play(check_month, env.cr.commit)
        return len(year.recorded_penalties()), len(year.cases)

    penalties, complaints = real(play, timeout=1800)
    assert penalties > 800
    assert complaints > 18000

"""One journal entry per deposit entry, never below zero: two people, kills, retries.

Reliability 24, 25, 28, 29, 36 and targets T2, T3. Every process is a real one.
"""

import pytest

ROUNDS = 20
ENTRY = "aftersales.deposit.entry"


def _setup(env):
    """Accounts, journal and treatments of the company; made once."""
    if not env.company.aftersales_deposit_account_id:
        env["aftersales.deposit.setup"].create({}).action_apply()


def _agreement(env, balance=1000.0):
    _setup(env)
    supplier = env["res.partner"].create({"name": "Supplier", "is_company": True})
    deposit = env["aftersales.deposit"].create(
        {"partner_id": supplier.id, "required_amount": 1000.0}
    )
    deposit.action_start()
    if balance:
        _propose(env, deposit, "receipt", balance).action_post()
    return deposit


def _propose(env, deposit, kind, amount):
    return env[ENTRY].create(
        {
            "deposit_id": deposit.id,
            "kind": kind,
            "amount": amount,
            "evidence": "Photo",
            "source": "other",
            "counterpart_account_id": deposit.income_account_id.id,
        }
    )


def _approved(env, *amounts, balance=1000.0):
    """Approved penalties on one agreement."""
    deposit = _agreement(env, balance)
    entries = env[ENTRY]
    for amount in amounts:
        entries |= _propose(env, deposit, "penalty", amount)
    entries.action_approve()
    return deposit.id, entries.ids


def _post(entry_id):
    return lambda env: bool(env[ENTRY].browse(entry_id).action_post())


def _look(env, deposit_id, entry_ids):
    """States, number of moves, balance and receivable; and the ledger agrees."""
    deposit = env["aftersales.deposit"].browse(deposit_id)
    entries = env[ENTRY].browse(entry_ids)
    items = env["account.move.line"].search(
        [
            ("account_id", "=", deposit.account_id.id),
            ("partner_id", "=", deposit.partner_id.id),
            ("parent_state", "=", "posted"),
        ]
    )
    assert round(-sum(items.mapped("balance")) - deposit.balance, 2) == 0
    for entry in entries:
        assert bool(entry.move_id) == (entry.state in ("posted", "reversed"))
    return (
        sorted(entries.mapped("state")),
        len(entries.move_ids),
        deposit.balance,
        deposit.receivable,
    )


def _only_locked_out(outcomes):
    for outcome in outcomes:
        if not outcome.ok:
            assert outcome.error in ("LockError", "UserError"), outcome.trace
            assert "another user" in outcome.message or "already" in outcome.message


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_accountants_post_one_entry(real, race, _round):
    deposit_id, [entry_id] = real(lambda env: _approved(env, 300.0))
    outcomes = race(_post(entry_id), _post(entry_id))
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    _only_locked_out(outcomes)
    look = real(lambda env: _look(env, deposit_id, [entry_id]))
    assert look == (["posted"], 1, 700.0, 0.0)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_deductions_draw_on_one_deposit(real, race, _round):
    """800 and 700 from 1,000: balance zero, 500 owed; whoever came second repeats."""
    deposit_id, entry_ids = real(lambda env: _approved(env, 800.0, 700.0))
    outcomes = race(*(_post(entry_id) for entry_id in entry_ids))
    assert any(outcome.ok for outcome in outcomes), outcomes
    _only_locked_out(outcomes)
    for outcome, entry_id in zip(outcomes, entry_ids, strict=True):
        if not outcome.ok:
            real(_post(entry_id))
    look = real(lambda env: _look(env, deposit_id, entry_ids))
    assert look == (["posted", "posted"], 2, 0.0, 500.0)


@pytest.mark.parametrize(
    ("at", "before"),
    [
        ("account.move._post", True),
        ("account.move._post", False),
        (f"{ENTRY}._create_move", False),
        (f"{ENTRY}._transition", True),
        (f"{ENTRY}._transition", False),
        ("aftersales.deposit._review_demand", False),
    ],
)
def test_killed_between_approval_and_entry(real, kill9, at, before):
    deposit_id, [entry_id] = real(lambda env: _approved(env, 300.0))
    assert kill9(_post(entry_id), at=at, before=before)
    look = real(lambda env: _look(env, deposit_id, [entry_id]))
    assert look == (["approved"], 0, 1000.0, 0.0)
    real(_post(entry_id))
    look = real(lambda env: _look(env, deposit_id, [entry_id]))
    assert look == (["posted"], 1, 700.0, 0.0)


def test_given_back_twice_at_once_is_given_back_once(real, race):
    deposit_id, [entry_id] = real(lambda env: _approved(env, 300.0))
    real(_post(entry_id))

    def give_back(env):
        return bool(env[ENTRY].browse(entry_id).action_reverse("Appeal"))

    outcomes = race(give_back, give_back)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    look = real(lambda env: _look(env, deposit_id, [entry_id]))
    assert look == (["reversed"], 2, 1000.0, 0.0)


def test_posting_by_hand_and_by_entry_at_once_stays_above_zero(real, race):
    """An accountant takes 800 out by a journal entry while 700 are deducted."""
    deposit_id, [entry_id] = real(lambda env: _approved(env, 700.0))

    def draft(env):
        deposit = env["aftersales.deposit"].browse(deposit_id)
        line = {"account_id": deposit.account_id.id, "balance": 800.0}
        other = {"account_id": deposit.income_account_id.id, "balance": -800.0}
        partner = {"partner_id": deposit.partner_id.id}
        move = env["account.move"].create(
            {
                "journal_id": deposit.journal_id.id,
                "line_ids": [(0, 0, line | partner), (0, 0, other | partner)],
            }
        )
        return move.id

    move_id = real(draft)

    def by_hand(env):
        env["account.move"].browse(move_id).action_post()

    outcomes = race(by_hand, _post(entry_id))
    assert any(outcome.ok for outcome in outcomes), outcomes
    _state, _moves, balance, _owed = real(
        lambda env: _look(env, deposit_id, [entry_id])
    )
    assert balance >= 0


def test_two_demands_are_one(real, race):
    deposit_id = real(lambda env: _agreement(env, 100.0).id)

    def demand(env):
        return env["aftersales.deposit"].browse(deposit_id).action_demand()

    outcomes = race(demand, demand)
    assert any(outcome.ok for outcome in outcomes), outcomes

    def count(env):
        return len(env["aftersales.deposit"].browse(deposit_id).demand_ids)

    assert real(count) == 1


def test_one_origin_proposed_by_two_jobs_is_one_entry(real, race):
    deposit_id = real(lambda env: _agreement(env).id)
    values = {"deposit_id": deposit_id, "kind": "penalty", "amount": 5.0}

    def propose(env):
        origin = f"penalty:{deposit_id}"
        return env[ENTRY]._propose([{**values, "origin": origin}]).id

    race(propose, propose)
    again = real(propose)

    def find(env):
        return env[ENTRY].search([("origin", "=", f"penalty:{deposit_id}")]).ids

    assert real(find) == [again]


@pytest.mark.parametrize("before", [True, False])
def test_compensation_killed_pays_nobody_twice(real, race, kill9, before):
    def make(env):
        deposit = _agreement(env)
        customer = env["res.partner"].create({"name": "Customer"})
        row = env["aftersales.compensation"].create(
            {
                "deposit_id": deposit.id,
                "customer_id": customer.id,
                "amount": 80.0,
                "reason": "Supplier refuses",
            }
        )
        row.action_approve()
        return row.id

    row_id = real(make)

    def book(env):
        return env["aftersales.compensation"].browse(row_id).action_book()

    def look(env):
        row = env["aftersales.compensation"].browse(row_id)
        moves = env["account.move"].search_count(
            [("aftersales_compensation_id", "=", row_id)]
        )
        return row.state, moves, row.open_amount

    assert kill9(book, at="aftersales.compensation._transition", before=before)
    assert real(look) == ("approved", 0, 0.0)
    outcomes = race(book, book)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    assert real(look) == ("advanced", 1, 80.0)

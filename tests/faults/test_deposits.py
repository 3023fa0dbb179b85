"""One journal entry per deposit entry, never below zero: two people, kills, retries.

Reliability 24, 25, 28, 29, 36 and Targets T2, T3. Every process is a real one.
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
        demands = env["aftersales.deposit"].browse(deposit_id).demand_ids
        letters = env["aftersales.letter"].search([("demand_id", "in", demands.ids)])
        return len(demands), len(letters)

    assert real(count) == (1, 1)


def test_demand_killed_before_its_letter_is_made_again(real, kill9):
    deposit_id = real(lambda env: _agreement(env, 100.0).id)

    def demand(env):
        return env["aftersales.deposit"].browse(deposit_id).action_demand()

    def look(env):
        demands = env["aftersales.deposit"].browse(deposit_id).demand_ids
        letters = env["aftersales.letter"].search([("demand_id", "in", demands.ids)])
        return demands.mapped("amount"), letters.mapped("amount")

    for before in (True, False):
        at = "aftersales.deposit.demand._after_demand"
        assert kill9(demand, at=at, before=before)
        assert real(look) == ([], [])
    real(demand)
    assert real(look) == ([900.0], [900.0])


def test_two_managers_approve_one_set_off_notice(real, race):
    """One approval, one notice; what two accountants then give back is told once."""

    def make(env):
        return _propose(env, _agreement(env), "penalty", 300.0).id

    entry_id = real(make)

    def approve(env):
        return bool(env[ENTRY].browse(entry_id).action_approve())

    def notices(env):
        letters = env["aftersales.letter"].search([("entry_id", "=", entry_id)])
        return sorted(letters.mapped("kind"))

    outcomes = race(approve, approve)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    assert real(notices) == ["set_off"]
    real(_post(entry_id))
    assert real(notices) == ["set_off"]


def test_posted_while_the_approval_is_withdrawn(real, race):
    """Either it is booked or it waits again; the notice says the same."""
    deposit_id, [entry_id] = real(lambda env: _approved(env, 300.0))

    def withdraw(env):
        return bool(env[ENTRY].browse(entry_id).action_withdraw("Too much"))

    outcomes = race(withdraw, _post(entry_id))
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    look = real(lambda env: _look(env, deposit_id, [entry_id]))
    assert look in (
        (["posted"], 1, 700.0, 0.0),
        (["proposed"], 0, 1000.0, 0.0),
    )


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


def _compensation(env, method="payment", booked=False):
    """An approved compensation of 80.00; booked if wanted."""
    company = env.company
    if not company.aftersales_compensation_product_id:
        company.aftersales_compensation_product_id = env["product.product"].create(
            {"name": "Compensation", "type": "service"}
        )
    row = env["aftersales.compensation"].create(
        {
            "deposit_id": _agreement(env).id,
            "customer_id": env["res.partner"].create({"name": "Customer"}).id,
            "amount": 80.0,
            "reason": "Supplier refuses",
            "method": method,
        }
    )
    row.action_approve()
    if booked:
        row.action_book()
    return row.id


def _do(row_id, method, *args):
    def work(env):
        row = env["aftersales.compensation"].browse(row_id)
        return bool(getattr(row, method)(*args))

    return work


def _look_row(env, row_id):
    """State, entries, documents posted to the customer, offsets, still owed."""
    row = env["aftersales.compensation"].browse(row_id)
    moves = env["account.move"].search_count(
        [("aftersales_compensation_id", "=", row_id)]
    )
    paid = (row.payment_id.move_id | row.credit_note_id).filtered(
        lambda move: move.state == "posted"
    )
    return row.state, moves, len(paid), len(row.entry_ids), row.open_amount


@pytest.mark.parametrize("method", ["payment", "credit_note"])
@pytest.mark.parametrize(
    ("at", "before"),
    [
        ("aftersales.compensation._post_documents", False),
        ("aftersales.compensation._create_move", False),
        ("aftersales.compensation._transition", True),
        ("aftersales.compensation._transition", False),
    ],
)
def test_compensation_killed_pays_nobody_twice(real, race, kill9, method, at, before):
    row_id = real(lambda env: _compensation(env, method))
    book = _do(row_id, "action_book")
    assert kill9(book, at=at, before=before)
    assert real(lambda env: _look_row(env, row_id)) == ("approved", 0, 0, 0, 0.0)
    outcomes = race(book, book)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    _only_locked_out(outcomes)
    assert real(lambda env: _look_row(env, row_id)) == ("advanced", 1, 1, 0, 80.0)


def test_two_managers_approve_a_compensation_and_one_draft_is_made(real, race):
    def make(env):
        row_id = _compensation(env)
        env["aftersales.compensation"].browse(row_id).copy().reason = "Again"
        return env["aftersales.compensation"].search([], limit=1, order="id desc").id

    row_id = real(make)
    approve = _do(row_id, "action_approve")
    outcomes = race(approve, approve)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes

    def payments(env):
        name = env["aftersales.compensation"].browse(row_id).name
        return env["account.payment"].search_count([("memo", "=", name)])

    assert real(payments) == 1


@pytest.mark.parametrize("_round", range(3))
def test_two_people_offset_a_compensation_once(real, race, _round):
    row_id = real(lambda env: _compensation(env, booked=True))
    offset = _do(row_id, "action_offset")
    outcomes = race(offset, offset)
    assert any(outcome.ok for outcome in outcomes), outcomes
    for outcome in outcomes:
        assert outcome.ok or outcome.error != "UniqueViolation", outcome.trace
    real(offset)
    assert real(lambda env: _look_row(env, row_id)) == ("advanced", 1, 1, 1, 80.0)


def test_offset_posted_while_the_loss_is_booked_counts_once(real, race):
    """What the deposit has paid is no loss, and the other way round."""

    def make(env):
        row_id = _compensation(env, booked=True)
        row = env["aftersales.compensation"].browse(row_id)
        row.action_offset()
        row.entry_ids.action_approve()
        row.action_give_up("Insolvent")
        return row_id, row.entry_ids.id

    row_id, entry_id = real(make)
    outcomes = race(_do(row_id, "action_book_loss"), _post(entry_id))
    assert any(outcome.ok for outcome in outcomes), outcomes

    def look(env):
        row = env["aftersales.compensation"].browse(row_id)
        return row.advanced, row.recovered + row.lost, row.open_amount

    assert real(look) == (80.0, 80.0, 0.0)


def test_two_accountants_book_a_loss_once(real, race):
    def make(env):
        row_id = _compensation(env, booked=True)
        env["aftersales.compensation"].browse(row_id).action_give_up("Insolvent")
        return row_id

    row_id = real(make)
    loss = _do(row_id, "action_book_loss")
    outcomes = race(loss, loss)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    assert real(lambda env: _look_row(env, row_id)) == ("advanced", 2, 1, 0, 0.0)


def test_entries_proposed_at_once_have_numbers_of_their_own(real, race):
    """A number may be left out, never be given twice (34)."""
    deposit_id = real(lambda env: _agreement(env).id)

    def propose(env):
        deposit = env["aftersales.deposit"].browse(deposit_id)
        return _propose(env, deposit, "penalty", 5.0).id

    outcomes = race(propose, propose, propose)
    ids = [outcome.value or real(propose) for outcome in outcomes]
    names = real(lambda env: env[ENTRY].browse(ids).mapped("name"))
    assert len(set(names)) == 3

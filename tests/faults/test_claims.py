"""One claim, one credit note, one deposit entry: double clicks, two workers, kills.

Reliability 24, 25, 28, 29 and Targets T2, T3. Every process is a real one.
"""

import pytest

ROUNDS = 5
CLAIM = "aftersales.supplier.claim"


def _repair(env):
    """A done order whose labour the supplier of the machine has to bear."""
    company = env.company
    supplier = env["res.partner"].create({"name": "Maker", "is_company": True})
    customer = env["res.partner"].create({"name": "Customer", "tz": "UTC"})
    term = env["aftersales.warranty.term"].create(
        {
            "name": "Terms of the maker",
            "duration": 24,
            "event_ids": [(0, 0, {"event": "delivery"})],
            "line_ids": [(0, 0, {"scope": "labour"})],
        }
    )
    product = env["product.product"].create({"name": "Machine", "type": "consu"})
    product.aftersales_term_id = term
    env["product.supplierinfo"].create(
        {
            "product_tmpl_id": product.product_tmpl_id.id,
            "partner_id": supplier.id,
            "aftersales_term_id": term.id,
        }
    )
    labour = env["product.product"].create(
        {"name": "Labour", "type": "service", "standard_price": 80.0}
    )
    asset = env["aftersales.asset"].create(
        {
            "partner_id": customer.id,
            "product_id": product.id,
            "serial": f"SN-{supplier.id}",
            "company_id": company.id,
            "delivered_on": "2026-01-15",
        }
    )
    env["aftersales.warranty"]._open_for_assets(asset)
    order = env["aftersales.order"].create(
        {
            "partner_id": customer.id,
            "asset_id": asset.id,
            "description": "Stands still",
            "called_at": "2026-03-02 08:00:00",
            "place": "remote",
            "line_ids": [(0, 0, {"kind": "labour", "product_id": labour.id})],
        }
    )
    order.state = "done"
    order.done_at = "2026-03-02 10:00:00"
    env["aftersales.claim.due"]._refresh(order)
    return order


def _agreed(env, balance=0.0):
    """A claim over 80.00 that the supplier has accepted; its agreement if wanted."""
    order = _repair(env)
    claim = env[CLAIM]._create_for_orders(order)
    claim.action_claim()
    claim.action_answer({line.id: (line.amount, "") for line in claim.line_ids})
    if balance:
        _agreement(env, claim.partner_id, balance)
    return claim.id


def _agreement(env, supplier, balance):
    if not env.company.aftersales_deposit_account_id:
        env["aftersales.deposit.setup"].create({}).action_apply()
    deposit = env["aftersales.deposit"].create(
        {"partner_id": supplier.id, "required_amount": balance}
    )
    deposit.action_start()
    receipt = env["aftersales.deposit.entry"].create(
        {
            "deposit_id": deposit.id,
            "kind": "receipt",
            "amount": balance,
            "source": "other",
            "counterpart_account_id": deposit.income_account_id.id,
        }
    )
    receipt.action_post()


def _call(claim_id, method):
    def work(env):
        result = getattr(env[CLAIM].browse(claim_id), method)()
        return bool(result)

    return work


def _look(env, claim_id):
    claim = env[CLAIM].browse(claim_id)
    live = claim.entry_ids.filtered(lambda entry: entry.state != "cancelled")
    return (
        claim.state,
        len(claim.credit_note_ids),
        len(live),
        claim.settled_amount + claim.pending_amount,
    )


def _only_locked_out(outcomes):
    for outcome in outcomes:
        if not outcome.ok:
            assert outcome.error in ("LockError", "UserError"), outcome.trace
            assert "another user" in outcome.message or "nothing" in outcome.message


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_clicks_make_one_claim(real, race, _round):
    order_id = real(lambda env: _repair(env).id)

    def claim(env):
        return (
            env["aftersales.order"].browse(order_id).action_claim_supplier()["res_id"]
        )

    outcomes = race(claim, claim)
    assert any(outcome.ok for outcome in outcomes), outcomes
    _only_locked_out(outcomes)
    found = real(lambda env: env[CLAIM].search([("order_id", "=", order_id)]).ids)
    assert len(found) == 1
    assert real(claim) == found[0]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_clicks_make_one_credit_note(real, race, _round):
    claim_id = real(_agreed)
    work = _call(claim_id, "action_credit_note")
    outcomes = race(work, work)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    _only_locked_out(outcomes)
    assert real(lambda env: _look(env, claim_id)) == ("accepted", 1, 0, 80.0)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_credit_note_and_deposit_at_once_ask_for_the_money_once(real, race, _round):
    claim_id = real(lambda env: _agreed(env, 1000.0))
    outcomes = race(
        _call(claim_id, "action_credit_note"), _call(claim_id, "action_deduct")
    )
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    _only_locked_out(outcomes)
    state, notes, entries, asked = real(lambda env: _look(env, claim_id))
    assert (state, notes + entries, asked) == ("accepted", 1, 80.0)


def test_two_proposals_from_the_deposit_are_one(real, race):
    claim_id = real(lambda env: _agreed(env, 1000.0))
    work = _call(claim_id, "action_deduct")
    race(work, work)
    real(work)
    assert real(lambda env: _look(env, claim_id)) == ("accepted", 0, 1, 80.0)


def _approved_offset(real):
    """A claim whose offset is approved, and the work that posts it."""
    claim_id = real(lambda env: _agreed(env, 1000.0))

    def prepare(env):
        claim = env[CLAIM].browse(claim_id)
        claim.action_deduct()
        claim.entry_ids.action_approve()
        return claim.entry_ids.id

    entry_id = real(prepare)

    def post(env):
        return bool(env["aftersales.deposit.entry"].browse(entry_id).action_post())

    return claim_id, post


def test_two_accountants_post_the_claims_entry_once(real, race):
    claim_id, post = _approved_offset(real)
    outcomes = race(post, post)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    assert real(lambda env: _look(env, claim_id)) == ("settled", 0, 1, 80.0)


@pytest.mark.parametrize(
    ("method", "at", "before"),
    [
        ("action_credit_note", "account.move.create", False),
        ("action_credit_note", f"{CLAIM}._lock_claim", False),
        ("action_deduct", "aftersales.deposit.entry._propose", False),
        ("action_replacement", f"{CLAIM}._check_open", True),
    ],
)
def test_killed_in_the_middle_leaves_nothing_half_done(real, kill9, method, at, before):
    claim_id = real(lambda env: _agreed(env, 1000.0))
    assert kill9(_call(claim_id, method), at=at, before=before)
    assert real(lambda env: _look(env, claim_id)) == ("accepted", 0, 0, 0.0)
    if method != "action_replacement":
        real(_call(claim_id, method))
        _state, notes, entries, asked = real(lambda env: _look(env, claim_id))
        assert (notes + entries, asked) == (1, 80.0)


@pytest.mark.parametrize(
    "at",
    ["account.move._post", f"{CLAIM}._follow_documents", f"{CLAIM}._transition"],
)
def test_killed_while_the_credit_note_is_posted(real, kill9, at):
    claim_id = real(_agreed)
    real(_call(claim_id, "action_credit_note"))

    def post(env):
        return bool(env[CLAIM].browse(claim_id).credit_note_ids.action_post())

    assert kill9(post, at=at)
    assert real(lambda env: _look(env, claim_id)) == ("accepted", 1, 0, 80.0)
    real(post)
    assert real(lambda env: _look(env, claim_id)) == ("settled", 1, 0, 80.0)


def test_answered_while_the_manager_gives_it_up(real, race):
    """Either the answer or the end holds, never both."""

    def make(env):
        claim = env[CLAIM]._create_for_orders(_repair(env))
        claim.action_claim()
        return claim.id

    claim_id = real(make)

    def answer(env):
        claim = env[CLAIM].browse(claim_id)
        claim.action_answer({line.id: (line.amount, "") for line in claim.line_ids})

    def give_up(env):
        env[CLAIM].browse(claim_id).action_give_up("Too long")

    outcomes = race(answer, give_up)
    assert any(outcome.ok for outcome in outcomes), outcomes
    state = real(lambda env: env[CLAIM].browse(claim_id).state)
    assert state in ("accepted", "lost")


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_replacement_and_credit_note_at_once_ask_for_it_once(real, race, _round):
    """The claim has no part line: only money can settle it, once."""
    claim_id = real(_agreed)
    outcomes = race(
        _call(claim_id, "action_credit_note"), _call(claim_id, "action_replacement")
    )
    assert outcomes[0].ok or "another user" in outcomes[0].message, outcomes
    if not outcomes[0].ok:
        real(_call(claim_id, "action_credit_note"))
    assert real(lambda env: _look(env, claim_id)) == ("accepted", 1, 0, 80.0)


def test_given_up_while_the_credit_note_is_posted(real, race):
    """What has come in is not lost, and what is lost is not booked."""
    claim_id = real(_agreed)
    real(_call(claim_id, "action_credit_note"))

    def post(env):
        return bool(env[CLAIM].browse(claim_id).credit_note_ids.action_post())

    def give_up(env):
        env[CLAIM].browse(claim_id).action_give_up("Too long")

    outcomes = race(post, give_up)
    assert any(outcome.ok for outcome in outcomes), outcomes

    def look(env):
        claim = env[CLAIM].browse(claim_id)
        return claim.state, claim.settled_amount, claim.lost_amount

    assert real(look) in (("settled", 80.0, 0.0), ("lost", 0.0, 80.0))


@pytest.mark.parametrize(
    ("at", "before"),
    [
        ("account.move._post", True),
        ("account.move._post", False),
        (f"{CLAIM}._follow_documents", False),
    ],
)
def test_killed_between_approval_and_posting_of_the_offset(real, kill9, at, before):
    claim_id, post = _approved_offset(real)
    assert kill9(post, at=at, before=before)
    assert real(lambda env: _look(env, claim_id)) == ("accepted", 0, 1, 80.0)
    real(post)
    assert real(lambda env: _look(env, claim_id)) == ("settled", 0, 1, 80.0)

"""The same call or e-mail twice at once is one order (Reliability 33)."""

MAIL = b"""Message-Id: <%s@faults.example>
From: Ms Cui <cui@faults.example>
To: faults@faults.example
Subject: Disk light
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

The disk shows an amber light.
"""


def _prepare(env):
    domain = env["mail.alias.domain"].search([("name", "=", "faults.example")])
    if domain:
        return
    domain = domain.create({"name": "faults.example"})
    env["aftersales.team"].create(
        {"name": "Faults", "alias_name": "faults", "alias_domain_id": domain.id}
    )
    env["res.partner"].create({"name": "Ms Cui", "email": "cui@faults.example"})


def _orders(env, key):
    orders = env["aftersales.order"].search([("source_key", "=", key)])
    mails = orders.message_ids.filtered(lambda m: m.message_type == "email")
    return len(orders), len(mails)


def test_the_same_mail_delivered_twice_at_once_is_one_order(real, race):
    real(_prepare)
    for number in range(5):
        raw = MAIL % b"twice-%d" % number

        def receive(env, raw=raw):
            return bool(env["mail.thread"].message_process(None, raw))

        outcomes = race(receive, receive)
        assert [o.trace for o in outcomes] == ["", ""]
        assert sorted(o.value for o in outcomes) == [False, True]
        key = f"<twice-{number}@faults.example>"
        assert real(lambda env, key=key: _orders(env, key)) == (1, 1)
    assert not real(
        lambda env: env["mail.mail"].search_count([("subject", "=", "Re: Disk light")])
    ), "the customer got a bounce"


def test_a_call_registered_twice_at_once_is_one_order(real, race):
    def caller(env):
        return env["res.partner"].create({"name": "Twice"}).id

    partner = real(caller)
    values = {"partner_id": partner, "call_key": "twice-at-once-1"}

    def register(env):
        return env["aftersales.call.desk"].register(values)["id"]

    outcomes = race(register, register)
    done = [outcome for outcome in outcomes if outcome.ok]
    assert done, outcomes
    # Whoever lost the race is told so; pressed again it is the same order.
    again = real(register)
    assert {outcome.value for outcome in done} == {again}


def test_a_killed_server_leaves_no_half_mail(real, kill9):
    real(_prepare)
    raw = MAIL % b"killed"

    def receive(env):
        env["mail.thread"].message_process(None, raw)

    assert kill9(receive, at="aftersales.order.message_new")
    key = "<killed@faults.example>"
    assert real(lambda env: _orders(env, key)) == (0, 0)
    real(receive)
    assert real(lambda env: _orders(env, key)) == (1, 1)

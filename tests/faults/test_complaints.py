"""A complaint is registered, confirmed and merged once (Reliability 24, 28, 29, 33)."""

MAIL = b"""Message-Id: <%s@anger.example>
From: Ms Cui <cui@anger.example>
To: anger@anger.example
Subject: Nobody came
MIME-Version: 1.0
Content-Type: %s

We have waited for two days.
"""
PLAIN = b"text/plain; charset=utf-8"
BROKEN = b'multipart/mixed; boundary="never closed'


def _prepare(env):
    domain = env["mail.alias.domain"].search([("name", "=", "anger.example")])
    if domain:
        return
    domain = domain.create({"name": "anger.example"})
    env.company.alias_domain_id = domain
    team = env["aftersales.team"].create({"name": "Anger"})
    team.complaint_alias_name = "anger"
    team.complaint_alias_id.alias_domain_id = domain
    env["res.partner"].create({"name": "Ms Cui", "email": "cui@anger.example"})


def _registered(env, key):
    complaints = env["aftersales.complaint"].search([("source_key", "=", key)])
    mails = complaints.message_ids.filtered(lambda m: m.message_type == "email")
    return len(complaints), len(mails)


def _complaint(env):
    category = env["aftersales.complaint.category"].search([], limit=1)
    partner = env["res.partner"].create({"name": "Racer"})
    return (
        env["aftersales.complaint"]
        .create(
            {
                "partner_id": partner.id,
                "category_id": category.id,
                "finding": "Seen",
                "description": "x",
            }
        )
        .id
    )


def test_the_same_mail_twice_at_once_is_one_complaint(real, race):
    real(_prepare)
    for number, kind in enumerate((PLAIN, BROKEN, PLAIN, BROKEN)):
        raw = MAIL % (b"twice-%d" % number, kind)

        def receive(env, raw=raw):
            return bool(env["mail.thread"].message_process(None, raw))

        outcomes = race(receive, receive)
        assert [o.trace for o in outcomes] == ["", ""]
        assert sorted(o.value for o in outcomes) == [False, True]
        key = f"<twice-{number}@anger.example>"
        assert real(lambda env, key=key: _registered(env, key)) == (1, 1)


def test_a_killed_server_leaves_no_half_complaint(real, kill9):
    real(_prepare)
    raw = MAIL % (b"killed", PLAIN)

    def receive(env):
        env["mail.thread"].message_process(None, raw)

    assert kill9(receive, at="aftersales.complaint.message_new")
    key = "<killed@anger.example>"
    assert real(lambda env: _registered(env, key)) == (0, 0)
    real(receive)
    assert real(lambda env: _registered(env, key)) == (1, 1)


def test_confirmed_and_withdrawn_at_once_is_one_of_them(real, race):
    for _round in range(5):
        complaint = real(_complaint)

        def confirm(env, complaint=complaint):
            env["aftersales.complaint"].browse(complaint).action_confirm()

        def reject(env, complaint=complaint):
            env["aftersales.complaint"].browse(complaint).action_reject("No")

        outcomes = race(confirm, reject)
        assert any(outcome.ok for outcome in outcomes), outcomes
        for outcome in outcomes:
            assert outcome.ok or outcome.error in ("LockError", "UserError")
        state = real(
            lambda env, c=complaint: env["aftersales.complaint"].browse(c).state
        )
        assert state in ("confirmed", "rejected")


def test_an_order_started_by_two_at_once_is_one(real, race):
    for _round in range(5):
        complaint = real(_complaint)

        def start(env, complaint=complaint):
            record = env["aftersales.complaint"].browse(complaint)
            return record.action_create_order()["res_id"]

        outcomes = race(start, start)
        assert any(outcome.ok for outcome in outcomes), outcomes
        count = real(
            lambda env, c=complaint: env["aftersales.order"].search_count(
                [("origin_complaint_id", "=", c)]
            )
        )
        assert count == 1


def test_two_merges_crosswise_leave_one_main(real, race):
    first = real(_complaint)

    def twin(env):
        return env["aftersales.complaint"].browse(first).copy().id

    second = real(twin)

    def merge(main, other):
        return lambda env: (
            env["aftersales.complaint"].browse(main).action_merge([other])
        )

    outcomes = race(merge(first, second), merge(second, first))
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    states = real(
        lambda env: env["aftersales.complaint"].browse([first, second]).mapped("state")
    )
    assert sorted(states) == ["merged", "new"]

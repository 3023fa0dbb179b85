"""The helpers themselves: what they promise is what the other tests rely on."""


def test_committed_work_is_seen_by_the_next_process(real):
    partner = real(lambda env: env["res.partner"].create({"name": "Seen"}).id)
    assert real(lambda env: env["res.partner"].browse(partner).name) == "Seen"


def test_both_processes_begin_with_the_same_state(real, race):
    partner = real(lambda env: env["res.partner"].create({"name": "0"}).id)

    def count_up(env):
        record = env["res.partner"].browse(partner)
        record.name = str(int(record.name) + 1)
        return record.name

    outcomes = race(count_up, count_up)
    # One is repeated after the other, as the server does: no update is lost.
    assert sorted(outcome.value for outcome in outcomes) == ["1", "2"], outcomes


def test_a_refusal_is_told(race):
    def refuse(env):
        raise ValueError("not today")

    (outcome,) = race(refuse)
    assert (outcome.ok, outcome.error, outcome.message) == (
        False,
        "ValueError",
        "not today",
    )


def test_a_killed_process_leaves_nothing(real, kill9):
    partner = real(lambda env: env["res.partner"].create({"name": "Before"}).id)

    def rename(env):
        env["res.partner"].browse(partner).write({"name": "After"})
        env.flush_all()

    assert kill9(rename, at="res.partner.write")
    assert real(lambda env: env["res.partner"].browse(partner).name) == "Before"


def test_a_method_never_reached_kills_nothing(kill9):
    assert not kill9(lambda env: None, at="res.partner.write")

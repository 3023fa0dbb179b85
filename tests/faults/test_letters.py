"""A letter goes out once, is answered once: two people, two workers, kills.

Reliability 24, 27 … 31, 36, 48 for letters and notices (WA-21, WA-29).
"""

from datetime import timedelta
from unittest.mock import patch

import pytest

from odoo import fields
from odoo.api import SUPERUSER_ID

ROUNDS = 3
LETTER = "aftersales.letter"
NOTICE = "aftersales.supplier.notice"
PDF = (b"%PDF-1.4 paper", "pdf")


def _supplier(env):
    return env["res.partner"].create(
        {"name": "Supplier", "is_company": True, "email": "q@supplier.example"}
    )


def _letters(env, count=1, send=True):
    supplier = _supplier(env)
    values = {
        "kind": "warning",
        "partner_id": supplier.id,
        "company_id": env.company.id,
        "reason": "Late",
    }
    letters = env[LETTER]._draft([values] * count)
    if send:
        letters.action_send()
    return letters.ids


def _notice(env):
    return (
        env[NOTICE]
        .create(
            {
                "partner_id": _supplier(env).id,
                "product_id": env["product.product"].create({"name": "Fan"}).id,
                "fault": "Does not spin",
                "address": "Hall 3",
                "contact": "Ms Cui",
                "costs": "Yours",
                "due_at": fields.Datetime.now() + timedelta(days=2),
            }
        )
        .id
    )


def _job(env, limit=50):
    """The background job; papers are not really printed."""
    reports = type(env["ir.actions.report"])
    with patch.object(reports, "_render_qweb_pdf", lambda *args, **kwargs: PDF):
        env[LETTER]._cron_send_letters(limit)


def _look(env, ids):
    """[(mails, sending, has its paper)] of the letters"""
    letters = env[LETTER].browse(ids)
    return [
        (
            len(row.message_ids.filtered(lambda m: m.message_type == "comment")),
            row.dispatch_state,
            bool(row.document),
        )
        for row in letters
    ]


DONE = (1, "done", True)
WAITS = (0, "queued", False)


def _only_locked_out(outcomes):
    for outcome in outcomes:
        if not outcome.ok:
            assert outcome.error in ("LockError", "UserError"), outcome.trace


def _only_one(outcomes):
    """One did it; the other was told that there was nothing left, or who does it."""
    did = [outcome.ok and outcome.value is not False for outcome in outcomes]
    assert did.count(True) == 1, outcomes
    _only_locked_out(outcomes)


# -- sending ------------------------------------------------------------------------


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_workers_mail_each_letter_once(real, race, _round):
    ids = real(lambda env: _letters(env, 4))
    outcomes = race(_job, _job)
    assert all(outcome.ok for outcome in outcomes), outcomes
    real(_job)
    assert real(lambda env: _look(env, ids)) == [DONE] * 4


@pytest.mark.parametrize(
    ("at", "before"),
    [
        (f"{LETTER}._make_document", False),
        (f"{LETTER}._mail", True),
        (f"{LETTER}._mail", False),
        (f"{LETTER}._dispatch", False),
        (f"{LETTER}._dispatch_safely", False),
    ],
)
def test_killed_between_mail_and_mark_mails_once(real, kill9, at, before):
    """The first has gone out, the job dies in the second, the next run goes on."""
    ids = real(lambda env: _letters(env, 3))
    real(lambda env: _job(env, 1))
    assert kill9(_job, at=at, before=before)
    assert real(lambda env: _look(env, ids)) == [DONE, WAITS, WAITS]
    real(_job)
    real(_job)
    assert real(lambda env: _look(env, ids)) == [DONE] * 3


def test_one_broken_letter_keeps_no_other_waiting(real):
    ids = real(lambda env: _letters(env, 3))

    def job(env):
        original = type(env[LETTER])._make_document

        def broken(letter):
            if letter.id == ids[0]:
                raise ValueError("Poison")
            return original(letter)

        with patch.object(type(env[LETTER]), "_make_document", broken):
            _job(env)

    real(job)
    assert real(lambda env: _look(env, ids)) == [(0, "failed", False), DONE, DONE]

    def again(env):
        letter = env[LETTER].browse(ids[0])
        assert "Poison" in letter.dispatch_error
        letter.action_send_again()
        _job(env)

    real(again)
    assert real(lambda env: _look(env, ids)) == [DONE] * 3


def test_edited_while_the_job_runs_stays_in_the_queue(real, race):
    """Somebody notes the delivery at the same moment: the batch survives (32)."""
    ids = real(lambda env: _letters(env, 3))

    def deliver(env):
        env[LETTER].browse(ids[1])._record_delivery({"tracking_number": "SF 1"})

    outcomes = race(_job, deliver)
    assert outcomes[0].ok, outcomes
    real(_job)
    assert real(lambda env: _look(env, ids)) == [DONE] * 3


def test_mail_server_down_the_letter_is_out_and_its_mail_waits(real):
    """No server listens here: nothing is lost, nothing is made twice (48)."""
    ids = real(lambda env: _letters(env))
    real(_job)

    def mails(env):
        messages = env[LETTER].browse(ids).message_ids
        found = env["mail.mail"].search([("mail_message_id", "in", messages.ids)])
        return len(found), set(found.mapped("state")) <= {"outgoing", "exception"}

    assert real(mails) == (1, True)
    real(_job)
    assert real(mails) == (1, True)
    assert real(lambda env: _look(env, ids)) == [DONE]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_people_issue_one_letter(real, race, _round):
    ids = real(lambda env: _letters(env, send=False))

    def send(env):
        return env[LETTER].browse(ids).action_send()

    _only_one(race(send, send))
    real(_job)
    assert real(lambda env: _look(env, ids)) == [DONE]


def test_numbers_of_letters_issued_at_once_differ(real, race):
    first = real(lambda env: _letters(env, 3, send=False))
    second = real(lambda env: _letters(env, 3, send=False))

    def send(ids):
        return lambda env: env[LETTER].browse(ids).action_send()

    for ids, outcome in zip(
        (first, second), race(*map(send, (first, second))), strict=True
    ):
        if not outcome.ok:
            real(send(ids))

    def numbers(env):
        return env[LETTER].browse(first + second).mapped("name")

    assert len(set(real(numbers)) - {"/"}) == 6


def test_taken_back_while_it_is_being_mailed(real, race):
    """It never goes out after it was cancelled; once out, a revocation follows."""
    ids = real(_letters)

    def cancel(env):
        env[LETTER].browse(ids)._revoke("A mistake")

    race(_job, cancel)
    real(cancel)
    real(_job)

    def look(env):
        letter = env[LETTER].browse(ids)
        revocations = env[LETTER].search([("supersedes_id", "=", letter.id)])
        return letter.state, len(revocations)

    assert real(look) == ("cancelled", 1)
    mails = real(lambda env: _look(env, ids))[0][0]
    assert mails <= 1


# -- answers of the supplier ---------------------------------------------------------


def _answer(letter_id, method, *args):
    def work(env):
        letter = env[LETTER].with_user(SUPERUSER_ID).browse(letter_id)
        return getattr(letter, method)(letter.partner_id, *args)

    return work


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_acknowledged_twice_at_once_is_acknowledged_once(real, race, _round):
    [letter_id] = real(_letters)
    work = _answer(letter_id, "_acknowledge")
    _only_one(race(work, work))

    def look(env):
        letter = env[LETTER].browse(letter_id)
        logs = [m for m in letter.message_ids if "Acknowledged by" in (m.body or "")]
        return letter.state, len(logs)

    assert real(look) == ("acknowledged", 1)
    assert real(work) is False


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_objected_twice_at_once_is_one_objection(real, race, _round):
    [letter_id] = real(_letters)
    works = [_answer(letter_id, "_object", text) for text in ("First", "Second")]
    _only_one(race(*works))

    def look(env):
        letter = env[LETTER].browse(letter_id)
        texts = [m for m in letter.message_ids if letter.objection in (m.body or "")]
        return letter.state, letter.objection in ("First", "Second"), len(texts)

    assert real(look) == ("objected", True, 1)


def test_acknowledged_and_objected_at_once(real, race):
    [letter_id] = real(_letters)
    objection = _answer(letter_id, "_object", "We were on time")
    outcomes = race(_answer(letter_id, "_acknowledge"), objection)
    assert any(outcome.ok for outcome in outcomes), outcomes
    _only_locked_out(outcomes)
    real(objection)

    def look(env):
        letter = env[LETTER].browse(letter_id)
        return letter.state, letter.objection

    assert real(look) == ("objected", "We were on time")


@pytest.mark.parametrize("before", [True, False])
def test_objection_killed_is_none(real, kill9, before):
    [letter_id] = real(_letters)
    work = _answer(letter_id, "_object", "We were on time")
    assert kill9(work, at=f"{LETTER}._schedule_for_owner", before=before)

    def look(env):
        letter = env[LETTER].browse(letter_id)
        return letter.state, letter.objection

    assert real(look) == ("sent", False)
    assert real(work) is True
    assert real(look) == ("objected", "We were on time")


# -- notices to serve on site --------------------------------------------------------


def _look_notice(env, notice_id):
    notice = env[NOTICE].browse(notice_id)
    letters = env[LETTER].search([("notice_id", "=", notice_id)])
    todos = env["mail.activity"].search_count(
        [("res_model", "=", NOTICE), ("res_id", "=", notice_id)]
    )
    return notice.state, len(letters), todos


def _call(notice_id, method, *args):
    def work(env):
        return bool(getattr(env[NOTICE].browse(notice_id), method)(*args))

    return work


def test_a_notice_sent_by_two_people_is_one_letter_and_one_task(real, race):
    notice_id = real(_notice)
    work = _call(notice_id, "action_send")
    _only_one(race(work, work))
    assert real(lambda env: _look_notice(env, notice_id)) == ("sent", 1, 1)


@pytest.mark.parametrize(
    ("at", "before"),
    [
        (f"{LETTER}._issue", True),
        (f"{LETTER}._issue", False),
        (f"{NOTICE}._schedule_deadline", False),
    ],
)
def test_a_notice_killed_on_its_way_is_still_a_draft(real, kill9, at, before):
    notice_id = real(_notice)
    work = _call(notice_id, "action_send")
    assert kill9(work, at=at, before=before)
    assert real(lambda env: _look_notice(env, notice_id)) == ("draft", 0, 0)
    real(work)
    assert real(lambda env: _look_notice(env, notice_id)) == ("sent", 1, 1)


def test_a_notice_is_answered_once(real, race):
    """The supplier accepts in the portal while purchasing writes down a refusal."""
    notice_id = real(_notice)
    real(_call(notice_id, "action_send"))
    day = fields.Date.today() + timedelta(days=1)

    def accept(env):
        notice = env[NOTICE].with_user(SUPERUSER_ID).browse(notice_id)
        return notice._accept(notice.partner_id, day)

    def refuse(env):
        env[NOTICE].browse(notice_id)._answer_for(False, reason="No people")
        return True

    outcomes = race(accept, refuse)
    _only_one(outcomes)

    def look(env):
        notice = env[NOTICE].browse(notice_id)
        return notice.state, bool(notice.planned_on), bool(notice.refusal)

    assert real(look) in (("accepted", True, False), ("refused", False, True))


def test_a_notice_closed_by_two_people_is_closed_once(real, race):
    notice_id = real(_notice)
    real(_call(notice_id, "action_send"))
    works = (
        _call(notice_id, "action_done", "Fan replaced"),
        _call(notice_id, "action_cancel", "Not needed"),
    )
    _only_one(race(*works))
    state, letters, todos = real(lambda env: _look_notice(env, notice_id))
    assert (state, letters) in (("done", 1), ("cancelled", 1))
    assert todos == 0

"""Follow-ups under two hands, two jobs and a killed server (8, 24, 28 - 31)."""

import pytest

from odoo import fields


@pytest.fixture
def card(real):
    """Id of the card of a new order that is done, and its token."""

    def make(env):
        company = env.company
        team = env["aftersales.team"].create({"name": "F", "company_id": company.id})
        customer = env["res.partner"].create(
            {"name": "Customer", "is_company": True, "email": "race@example.com"}
        )
        order = env["aftersales.order"].create(
            {"partner_id": customer.id, "team_id": team.id}
        )
        order.write({"state": "done", "done_at": fields.Datetime.now()})
        order._plan_followups()
        return order.followup_ids.id, order.followup_ids.link_token

    return real(make)


def _read(card, *names):
    return lambda env: env["aftersales.followup"].browse(card).read(names)[0]


def _count_complaints(card):
    domain = [("followup_id", "=", card)]
    return lambda env: env["aftersales.complaint"].search_count(domain)


def test_two_callers_answer_the_same_card(real, race, card):
    card, _token = card

    def answer(opinion):
        def work(env):
            followup = env["aftersales.followup"].browse(card)
            followup.action_answer({"overall": opinion})
            return opinion

        return work

    outcomes = race(answer("satisfied"), answer("dissatisfied"))
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    refused = next(outcome for outcome in outcomes if not outcome.ok)
    assert "another user" in refused.message or "Answered" in refused.message
    kept = next(outcome.value for outcome in outcomes if outcome.ok)
    assert real(_read(card, "overall"))["overall"] == kept
    assert real(_count_complaints(card)) == (kept == "dissatisfied")


def test_the_link_is_sent_twice_at_once(real, race, card):
    card, token = card

    def answer(env):
        followup = env["aftersales.followup"]._find_by_link(token)
        return followup._answer_by_link({"overall": "dissatisfied"})

    outcomes = race(answer, answer)
    pages = [outcome.value for outcome in outcomes if outcome.ok]
    assert pages.count("thanks") == 1, outcomes
    for outcome in outcomes:
        assert outcome.value in ("thanks", "used") or "another user" in outcome.message
    assert real(_count_complaints(card)) == 1


def test_the_call_and_the_link_at_once(real, race, card):
    card, token = card

    def call(env):
        env["aftersales.followup"].browse(card).action_not_reached()

    def link(env):
        followup = env["aftersales.followup"]._find_by_link(token)
        return followup._answer_by_link({"overall": "satisfied"})

    race(call, link)
    result = real(_read(card, "state", "overall", "tries"))
    assert (result["state"], result["tries"]) in (("answered", 0), ("planned", 1))
    assert bool(result["overall"]) == (result["state"] == "answered")


def _make_forgotten(env, number=20):
    """Orders done elsewhere: the night has to find them."""
    company = env.company
    team = env["aftersales.team"].create({"name": "N", "company_id": company.id})
    customer = env["res.partner"].create({"name": "Night", "is_company": True})
    orders = env["aftersales.order"].create(
        [{"partner_id": customer.id, "team_id": team.id}] * number
    )
    orders.write({"state": "done", "done_at": fields.Datetime.now()})
    return orders.ids


def _count_cards(orders):
    def count(env):
        groups = env["aftersales.followup"]._read_group(
            [("order_id", "in", orders)], ["order_id"], ["__count"]
        )
        return sorted(count for _order, count in groups)

    return count


def _plan(env):
    env["aftersales.followup"]._cron_plan()


def test_the_night_is_killed_and_runs_again(real, kill9):
    orders = real(_make_forgotten)
    assert kill9(_plan, at="aftersales.followup._plan_for_orders")
    assert real(_count_cards(orders)) == [], "nothing half-done"
    real(_plan)
    real(_plan)
    assert real(_count_cards(orders)) == [1] * 20


def test_two_nights_at_once(real, race):
    orders = real(_make_forgotten)
    race(_plan, _plan)
    real(_plan)
    assert real(_count_cards(orders)) == [1] * 20


def test_mails_are_made_once_whatever_happens(real, race, kill9, card):
    card, token = card

    def send(env):
        followup = env["aftersales.followup"].browse(card)
        domain = [("state", "=", "planned"), ("link_state", "=", "waiting")]
        followup.try_lock_for_update().filtered_domain(domain)._send_links()

    def mails(env):
        return env["mail.mail"].search_count([("body_html", "ilike", token)])

    assert kill9(send, at="aftersales.followup._mail_links")
    assert real(mails) == 0
    race(send, send)
    assert real(mails) == 1
    assert real(_read(card, "link_state"))["link_state"] == "sent"

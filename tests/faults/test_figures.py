"""Figures under two hands, two jobs and a killed server (26, 28 - 32)."""

from datetime import date

import pytest

from odoo.addons.aftersales_kpi.tools.figures import get_changes

MARCH = date(2026, 3, 1)


@pytest.fixture
def march(real):
    """Ids of a service point, of the cards of five done orders, and of their month."""

    def make(env):
        company = env.company
        team = env["aftersales.team"].create({"name": "F", "company_id": company.id})
        technicians = env["aftersales.technician"].create(
            [
                {"name": f"F{number}", "company_id": company.id, "team_id": team.id}
                for number in range(5)
            ]
        )
        customer = env["res.partner"].create({"name": "Customer", "is_company": True})
        orders = env["aftersales.order"].create(
            [
                {
                    "partner_id": customer.id,
                    "team_id": team.id,
                    "place": "remote",
                    "technician_id": technician.id,
                    "duplicate_confirmed": True,
                }
                for technician in technicians
            ]
        )
        orders.write({"state": "done", "done_at": "2026-03-10 04:00:00"})
        orders._plan_followups()
        period = env["aftersales.kpi.period"]._get_or_create(company, MARCH)
        if period.state == "closed":
            period._transition("reopen")
        period._compute_all()
        return team.id, orders.followup_ids.ids, period.id

    return real(make)


def _compute(env):
    env["aftersales.kpi.period"]._cron_compute(everything=True)


def _close(period):
    def work(env):
        env["aftersales.kpi.period"].browse(period).action_close()

    return work


def _answer(cards):
    def work(env):
        for card in env["aftersales.followup"].browse(cards):
            card.write(
                {
                    "state": "answered",
                    "overall": "satisfied",
                    "answered_at": "2026-03-12 04:00:00",
                }
            )

    return work


def _answers(team):
    """Numerator, denominator and how many rows are revised."""

    def work(env):
        rows = env["aftersales.kpi.value"].search(
            [("kpi_id.code", "=", "SATISFACTION"), ("team_id", "=", team)]
        )
        return (
            sum(rows.mapped("numerator")),
            sum(rows.mapped("denominator")),
            len(rows.filtered("revised")),
        )

    return work


def _left(period):
    """What a further run would still have to count."""

    def work(env):
        record = env["aftersales.kpi.period"].browse(period)
        return get_changes(record.trace, record._read_trace())

    return work


@pytest.mark.parametrize("number", range(5))
def test_close_raced_by_a_late_answer(real, race, march, number):
    """In the closed value, or marked as revised; never lost."""
    team, cards, period = march
    outcomes = race(_close(period), _answer(cards[:1]))
    assert outcomes[1].ok, "who answers never waits for a close"
    real(_compute)
    found = real(_answers(team))
    assert found[:2] == (1, 1)
    state = real(lambda env: env["aftersales.kpi.period"].browse(period).state)
    assert outcomes[0].ok == (state == "closed")


def test_close_raced_by_the_job(real, race, march):
    team, cards, period = march
    real(_answer(cards))
    outcomes = race(_close(period), _compute)
    real(_compute)
    assert real(_answers(team))[:2] == (5, 5)
    assert any(outcome.ok for outcome in outcomes)
    assert real(_left(period)) == {}


def test_two_closes_at_once(real, race, march):
    _team, _cards, period = march
    outcomes = race(_close(period), _close(period))
    assert [outcome.ok for outcome in outcomes].count(True) == 1
    refused = next(outcome for outcome in outcomes if not outcome.ok)
    assert "another user" in refused.message or "not possible now" in refused.message


def test_two_jobs_at_once(real, race, march):
    team, cards, period = march
    real(_answer(cards))
    race(_compute, _compute)
    real(_compute)
    assert real(_answers(team)) == (5, 5, 0)
    assert real(_left(period)) == {}


def test_an_answer_changed_while_the_job_runs(real, race, march):
    team, cards, _period = march
    real(_answer(cards[:4]))
    outcomes = race(_compute, _answer(cards[4:]))
    assert outcomes[1].ok, "nobody waits for the job"
    real(_compute)
    assert real(_answers(team))[:2] == (5, 5)


@pytest.mark.parametrize("before", [True, False])
def test_the_job_is_killed_and_runs_again(real, kill9, march, before):
    team, cards, period = march
    real(_answer(cards))
    assert kill9(_compute, at="aftersales.kpi.period._count", before=before)
    assert real(_answers(team)) == (0, 0, 0), "nothing is half done"
    real(_compute)
    assert real(_answers(team)) == (5, 5, 0)
    assert real(_left(period)) == {}

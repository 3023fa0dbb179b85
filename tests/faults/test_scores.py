"""Scores under two hands, two jobs and a killed server (26, 29 - 32)."""

from datetime import date

import pytest

DONE = "2026-03-10 04:00:00"
MARCH = "2026-03-01"


@pytest.fixture
def march(real):
    """Ids of a technician, the card of a done order and the sheet of its month."""

    def make(env):
        company = env.company
        team = env["aftersales.team"].create({"name": "S", "company_id": company.id})
        technician = env["aftersales.technician"].create(
            {"name": "Race", "company_id": company.id, "team_id": team.id}
        )
        customer = env["res.partner"].create({"name": "Customer", "is_company": True})
        labour = env["product.product"].create(
            {"name": "Labour", "type": "service", "list_price": 8500.0}
        )
        labour.taxes_id = False
        order = env["aftersales.order"].create(
            {
                "partner_id": customer.id,
                "team_id": team.id,
                "place": "remote",
                "technician_id": technician.id,
                "line_ids": [(0, 0, {"kind": "labour", "product_id": labour.id})],
            }
        )
        order.write({"state": "done", "done_at": DONE})
        order._plan_followups()
        sheet = env["aftersales.score.sheet"]._compute_month(
            company, order.done_at.date().replace(day=1), technician
        )
        return technician.id, order.followup_ids[:1].id, sheet.id

    return real(make)


def _compute(env):
    env["aftersales.score.sheet"]._cron_compute(everything=True)


def _close(sheet):
    def work(env):
        record = env["aftersales.score.sheet"].browse(sheet)
        record.action_close()
        record.action_close()

    return work


def _answer(card):
    def work(env):
        followup = env["aftersales.followup"].browse(card)
        followup.action_answer({"overall": "dissatisfied"})

    return work


def _money(technician):
    """Bonus of all sheets together, and the state of March."""

    def work(env):
        sheets = env["aftersales.score.sheet"].search(
            [("technician_id", "=", technician)]
        )
        march = sheets.filtered(lambda sheet: str(sheet.month) == MARCH)
        return sum(sheets.mapped("bonus")), march.bonus, march.state

    return work


@pytest.mark.parametrize("number", range(5))
def test_close_raced_by_a_late_rating(real, race, march, number):
    """In March, or in the current month; never lost and never twice."""
    technician, card, sheet = march
    outcomes = race(_close(sheet), _answer(card))
    assert outcomes[1].ok, "who answers never waits for a close"
    real(_compute)
    real(_compute)
    total, _march, _state = real(_money(technician))
    assert total == 0.0, "the bonus of the bad order is lost exactly once"
    if outcomes[0].ok:
        assert real(_money(technician))[2] in ("closed", "open")


def test_late_rating_becomes_an_adjustment(real, march):
    technician, card, sheet = march
    real(_close(sheet))
    real(_answer(card))
    real(_compute)
    assert real(_money(technician)) == (0.0, 8.5, "closed")


def test_two_closes_at_once(real, race, march):
    _technician, _card, sheet = march
    outcomes = race(_close(sheet), _close(sheet))
    assert [outcome.ok for outcome in outcomes].count(True) == 1
    refused = next(outcome for outcome in outcomes if not outcome.ok)
    assert "another user" in refused.message or "closed" in refused.message


def test_two_jobs_at_once(real, race, march):
    technician, card, _sheet = march
    real(_answer(card))
    race(_compute, _compute)
    real(_compute)
    assert real(_money(technician))[0] == 0.0


def test_the_job_is_killed_and_runs_again(real, kill9, march):
    technician, card, _sheet = march
    real(_answer(card))
    assert kill9(_compute, at="aftersales.score.sheet._compute_month")
    assert real(_money(technician))[0] == 8.5, "nothing half-done"
    real(_compute)
    assert real(_money(technician))[0] == 0.0


def test_poison_does_not_stop_the_others(real, march):
    """A technician whose sheet fails is tried again later, the others are done."""
    technician, card, _sheet = march
    real(_answer(card))

    def poisoned(env):
        from odoo.exceptions import UserError

        other = env["aftersales.technician"].create(
            {"name": "Poison", "company_id": env.company.id}
        )
        sheets = env["aftersales.score.sheet"]
        sheets._get_or_create(env.company, date(2026, 3, 1), other)
        env.cr.commit()
        cls = type(sheets)
        original = cls._compute_month

        def compute(self, company, month, technicians):
            if other in technicians:
                raise UserError("poison")
            return original(self, company, month, technicians)

        cls._compute_month = compute
        try:
            sheets._cron_compute(everything=True)
        finally:
            cls._compute_month = original
        return sheets.search([("technician_id", "=", other.id)]).mapped("computed_at")

    assert real(poisoned) == [False], "not computed, and not in the way"
    assert real(_money(technician))[0] == 0.0
    real(_compute)
    assert real(_money(technician))[0] == 0.0

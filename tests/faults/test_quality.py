"""Alarms, improvement requests and months closed by jobs: two at once, and killed
in the middle (29 - 32)."""

import os
import signal
from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta

from odoo import fields

from odoo.addons.aftersales_kpi.tools.figures import get_changes


def _check(env):
    env["aftersales.alarm.rule"]._cron_check()


def _make(env):
    env["aftersales.improvement"]._cron_make()


def _remind(env):
    env["aftersales.improvement"]._cron_remind()


def _killed_at(model, method, number, work):
    """``work``, killed when the method is called for the so manieth time."""

    def deadly(env):
        cls, calls = type(env[model]), []
        original = getattr(cls, method)

        def counted(self, *args, **kwargs):
            calls.append(1)
            if len(calls) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(self, *args, **kwargs)

        setattr(cls, method, counted)
        return work(env)

    return deadly


def _killed(kill9, work):
    """The work kills itself; the fixture only looks at how it ended."""
    return kill9(work, at="aftersales.alarm.action_view_orders")


def _create_faults(env, machines, days, **values):
    now = fields.Datetime.now()
    return env["aftersales.order"].create(
        [
            {
                "partner_id": machines[0].partner_id.id,
                "asset_id": machines[number % len(machines)].id,
                "product_id": machines[0].product_id.id,
                "called_at": now - timedelta(days=back),
                "place": "remote",
                "duplicate_confirmed": True,
                **values,
            }
            for number, back in enumerate(days)
        ]
    )


def _create_machines(env, name):
    product = env["product.product"].create({"name": name, "type": "consu"})
    customer = env["res.partner"].create({"name": name, "is_company": True})
    return env["aftersales.asset"].create(
        [
            {
                "partner_id": customer.id,
                "product_id": product.id,
                "company_id": env.company.id,
                "serial": f"{name}{number:04d}",
                "installed_on": fields.Date.today() - timedelta(days=800),
            }
            for number in range(12)
        ]
    )


# -- alarms ------------------------------------------------------------------------


@pytest.fixture
def risen(real):
    """Ids of two products with more faults than usual; the job has not run yet."""

    def make(env):
        symptom = env["aftersales.symptom"].create({"name": "Risen"})
        found = []
        for _number in range(2):
            serial = env["ir.sequence"].next_by_code("aftersales.order") or "R"
            machines = _create_machines(env, f"R{serial}".replace("/", ""))
            days = [*range(70, 400, 30), *range(1, 25)]
            _create_faults(env, machines, days, symptom_id=symptom.id)
            found.append(machines.product_id.id)
        # pylint: disable-next=no-search-all
        rules = env["aftersales.alarm.rule"].search([])
        rules.write({"checked_at": False, "error": False})
        return found

    return real(make)


def _alarms(products):
    """How many alarms and tasks each product and rule has."""

    def work(env):
        alarms = env["aftersales.alarm"].search([("product_id", "in", products)])
        keys = [(alarm.product_id.id, alarm.rule_id.id, alarm.lot) for alarm in alarms]
        return len(keys), len(set(keys)), {key[0] for key in keys}

    return work


def _errors(env):
    return env["aftersales.alarm.rule"].search([("error", "!=", False)]).mapped("error")


def test_two_checks_at_once_raise_one_alarm(real, race, risen):
    outcomes = race(_check, _check)
    assert all(outcome.ok for outcome in outcomes)
    count, different, products = real(_alarms(risen))
    assert products == set(risen)
    assert count == different
    assert real(_errors) == []


def test_the_check_is_killed_and_runs_again(real, kill9, risen):
    assert kill9(_check, at="aftersales.alarm._raise")
    assert real(_alarms(risen))[0] == 0, "nothing is half done"
    real(_check)
    real(_check)
    count, different, products = real(_alarms(risen))
    assert (count, products) == (different, set(risen))


def test_a_rule_done_before_the_kill_is_not_checked_again(real, kill9, risen):
    work = _killed_at("aftersales.alarm.rule", "_check", 2, _check)
    assert _killed(kill9, work)
    done = real(_alarms(risen))
    real(_check)
    count, different, _products = real(_alarms(risen))
    assert count == different >= done[0]


def test_a_poisoned_rule_does_not_stop_the_others(real, risen):
    def work(env):
        cls = type(env["aftersales.alarm.rule"])
        original = cls._check_company_rates
        first = env["aftersales.alarm.rule"].search([], limit=1)

        def poisoned(self, company, today):
            if self == first:
                raise ZeroDivisionError("poison")
            return original(self, company, today)

        cls._check_company_rates = poisoned
        _check(env)
        return first.id

    first = real(work)
    assert real(_errors) == ["poison"]
    others = real(
        lambda env: (
            env["aftersales.alarm.rule"]
            .search([("id", "!=", first)])
            .mapped("checked_at")
        )
    )
    assert all(others)
    real(lambda env: env["aftersales.alarm.rule"].browse(first).write({"error": False}))


# -- improvement requests --------------------------------------------------------------


@pytest.fixture
def units(real):
    """Ids of two units with faults of last month, and an addressee each."""

    def make(env):
        env["aftersales.improvement"].search([("state", "=", "draft")]).unlink()
        machines = _create_machines(env, f"U{env['res.partner'].search_count([])}")
        today = fields.Date.today()
        middle = today.replace(day=1) - relativedelta(months=1) + timedelta(days=14)
        back = (today - middle).days
        made = env["aftersales.unit"].create(
            [
                {
                    "name": f"Unit {machines.product_id.id} {number}",
                    "partner_id": env["res.partner"]
                    .create({"name": "Head", "email": f"head{number}@example.com"})
                    .id,
                }
                for number in range(2)
            ]
        )
        for unit in made:
            cause = env["aftersales.cause"].create(
                {"name": unit.name, "unit_id": unit.id}
            )
            _create_faults(env, machines, [back, back], cause_id=cause.id)
        return made.ids

    return real(make)


def _requests(units):
    """State, reminders and letters of the request of each unit."""

    def work(env):
        requests = env["aftersales.improvement"].search([("unit_id", "in", units)])
        return sorted(
            (
                request.unit_id.id,
                request.state,
                request.remind_count,
                env["mail.mail"].search_count(
                    [
                        ("res_id", "=", request.id),
                        ("model", "=", request._name),
                        ("recipient_ids", "in", request.unit_id.partner_id.ids),
                    ]
                ),
            )
            for request in requests
        )

    return work


def test_two_jobs_make_one_request_and_one_letter(real, race, units):
    outcomes = race(_make, _make)
    assert all(outcome.ok for outcome in outcomes)
    real(_make)
    assert real(_requests(units)) == [(unit, "sent", 0, 1) for unit in units]


def test_the_job_is_killed_and_makes_the_rest(real, kill9, units):
    """What was made before stays, what was not is made by the next run, no letter
    goes twice."""
    names = "aftersales.improvement", "_transition"
    assert _killed(kill9, _killed_at(*names, 2, _make))
    assert len(real(_requests(units))) < 2
    real(_make)
    real(_make)
    assert real(_requests(units)) == [(unit, "sent", 0, 1) for unit in units]


def test_a_poisoned_unit_does_not_stop_the_others(real, units):
    def work(env):
        cls = type(env["aftersales.improvement"])
        original = cls._make

        def poisoned(self, company, month, unit):
            if unit.id == units[0]:
                raise ValueError("poison")
            return original(self, company, month, unit)

        cls._make = poisoned
        _make(env)

    real(work)
    assert real(_requests(units)) == [(units[1], "sent", 0, 1)]
    real(_make)
    assert len(real(_requests(units))) == 2


@pytest.fixture
def overdue(real, units):
    """The same two, waiting for an answer since long ago."""
    real(_make)

    def wait(env):
        requests = env["aftersales.improvement"].search([("unit_id", "in", units)])
        others = env["aftersales.improvement"].search([("id", "not in", requests.ids)])
        others.write({"due_on": fields.Date.today() + timedelta(days=9)})
        requests.write({"due_on": date(2020, 1, 1)})

    real(wait)
    return units


def test_two_jobs_remind_once(real, race, overdue):
    outcomes = race(_remind, _remind)
    assert all(outcome.ok for outcome in outcomes)
    real(_remind)
    assert real(_requests(overdue)) == [(unit, "sent", 1, 2) for unit in overdue]


def test_the_reminder_is_killed_and_goes_on(real, kill9, overdue):
    """The first is reminded and stays so; the second is by the next run."""
    work = _killed_at("aftersales.improvement", "_remind", 2, _remind)
    assert _killed(kill9, work)
    assert sorted(row[2:] for row in real(_requests(overdue))) == [(0, 1), (1, 2)]
    real(_remind)
    assert real(_requests(overdue)) == [(unit, "sent", 1, 2) for unit in overdue]


def test_a_reminder_that_fails_does_not_stop_the_others(real, overdue):
    def work(env):
        cls = type(env["aftersales.improvement"])
        original = cls._remind

        def poisoned(self):
            if self.unit_id.id == overdue[0]:
                raise ValueError("poison")
            return original(self)

        cls._remind = poisoned
        _remind(env)

    real(work)
    assert [row[2:] for row in real(_requests(overdue))] == [(0, 1), (1, 2)]


def test_an_answer_while_the_reminder_runs(real, race, overdue):
    """Answered or reminded, both kept, nobody fails."""

    def answer(env):
        request = env["aftersales.improvement"].search([("unit_id", "=", overdue[0])])
        request.action_answer("Done")

    outcomes = race(_remind, answer)
    real(_remind)
    rows = real(_requests(overdue))
    assert outcomes[0].ok
    assert rows[1][2] == 1, "the other one is reminded"
    assert rows[0][1] == ("answered" if outcomes[1].ok else "sent")


# -- months ---------------------------------------------------------------------------


def _close_months(env):
    env["aftersales.kpi.period"]._cron_close()


@pytest.fixture
def months(real):
    """Ids of three open months that the job is to close."""

    def make(env):
        company = env.company
        company.aftersales_kpi_close_day = 1
        periods = env["aftersales.kpi.period"]
        for month in (1, 2, 3):
            periods |= periods._get_or_create(company, date(2019, month, 1))
        periods.filtered(lambda p: p.state == "closed")._transition("reopen")
        return periods.ids

    return real(make)


def _states(months):
    return lambda env: env["aftersales.kpi.period"].browse(months).mapped("state")


def test_two_jobs_close_months(real, race, months):
    outcomes = race(_close_months, _close_months)
    assert all(outcome.ok for outcome in outcomes)
    real(_close_months)
    assert real(_states(months)) == ["closed"] * 3


def test_closing_is_killed_and_goes_on(real, kill9, months):
    work = _killed_at("aftersales.kpi.period", "_do_close", 2, _close_months)
    assert _killed(kill9, work)
    assert real(_states(months)).count("closed") == 1
    real(_close_months)
    assert real(_states(months)) == ["closed"] * 3


def test_two_jobs_count_what_the_clock_changes(real, race, months):
    def count(env):
        env["aftersales.kpi.period"]._cron_compute(everything=True)

    outcomes = race(count, count)
    assert all(outcome.ok for outcome in outcomes)
    real(count)

    def left(env):
        periods = env["aftersales.kpi.period"].browse(months)
        return [get_changes(period.trace, period._read_trace()) for period in periods]

    assert real(left) == [{}, {}, {}]

"""The watch over promises: two workers, a kill, an edit at the same time (SV-12)."""

import os
import signal
from datetime import timedelta

from odoo import fields

LATE = 23


def _make_late(env):
    """Orders whose answer is overdue, with a supervisor; nothing else is due."""
    company = env.company
    env.cr.execute("UPDATE aftersales_order SET next_check_at = NULL")
    supervisor = env["res.users"].search([("login", "=", "sla_supervisor")])
    supervisor = supervisor or env["res.users"].create(
        {
            "name": "Supervisor",
            "login": "sla_supervisor",
            "group_ids": [
                (
                    4,
                    env.ref(
                        "aftersales_service.aftersales_service_group_supervisor"
                    ).id,
                )
            ],
        }
    )
    team = env["aftersales.team"].create(
        {"name": "Watched", "company_id": company.id, "supervisor_id": supervisor.id}
    )
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    env["aftersales.sla.policy"].search([]).active = False
    env["aftersales.sla.policy"].create({"name": "Watched", "answer_value": 1})
    orders = env["aftersales.order"].create(
        [
            {
                "partner_id": customer.id,
                "team_id": team.id,
                "called_at": fields.Datetime.now() - timedelta(hours=3),
            }
            for _number in range(LATE)
        ]
    )
    return orders.ids, supervisor.id


def _check(env):
    env["aftersales.sla.mixin"]._cron_check_sla()


def _told(order_ids, user_id):
    """(alerts, to-dos of the supervisor, orders still due)"""

    def count(env):
        alerts = env["aftersales.sla.alert"].search_count(
            [("res_model", "=", "aftersales.order"), ("res_id", "in", order_ids)]
        )
        todos = env["mail.activity"].search_count(
            [
                ("res_model", "=", "aftersales.order"),
                ("res_id", "in", order_ids),
                ("user_id", "=", user_id),
            ]
        )
        due = env["aftersales.order"].search_count(
            [
                ("id", "in", order_ids),
                ("next_check_at", "<=", fields.Datetime.now()),
            ]
        )
        return alerts, todos, due

    return count


def test_two_workers_tell_once(real, race):
    order_ids, user_id = real(_make_late)
    outcomes = race(_check, _check)
    assert all(outcome.ok for outcome in outcomes), outcomes
    real(_check)
    assert real(_told(order_ids, user_id)) == (LATE, LATE, 0)


def test_killed_while_telling(real, kill9):
    order_ids, user_id = real(_make_late)
    assert kill9(_check, at="aftersales.order._schedule_promise_activities")
    assert real(_told(order_ids, user_id)) == (0, 0, LATE), "all or nothing"
    real(_check)
    assert real(_told(order_ids, user_id)) == (LATE, LATE, 0)


def test_killed_between_chunks(real, race):
    """What is committed stays told, the rest is told by the next run."""
    order_ids, user_id = real(_make_late)

    def deadly(env):
        from odoo.addons.aftersales_service.models.promise import (
            aftersales_sla_mixin_watch,
        )

        aftersales_sla_mixin_watch.CHUNK = 5
        cls, calls = type(env["aftersales.order"]), []
        original = cls._check_promises

        def counting(self, now):
            calls.append(now)
            original(self, now)
            if len(calls) == 3:
                os.kill(os.getpid(), signal.SIGKILL)

        cls._check_promises = counting
        _check(env)

    (outcome,) = race(deadly)
    assert outcome.error == "Killed"
    assert real(_told(order_ids, user_id)) == (10, 10, LATE - 10)
    real(_check)
    assert real(_told(order_ids, user_id)) == (LATE, LATE, 0)


def test_an_edit_at_the_same_time(real, race):
    order_ids, user_id = real(_make_late)

    def edit(env):
        orders = env["aftersales.order"].browse(order_ids)
        orders.write({"description": "The caller called again"})

    outcomes = race(_check, edit)
    assert all(outcome.ok for outcome in outcomes), outcomes
    real(_check)
    assert real(_told(order_ids, user_id)) == (LATE, LATE, 0)

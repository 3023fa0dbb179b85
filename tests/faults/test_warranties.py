"""Warranties under two hands: reminders, certificates (28 - 31)."""

from datetime import timedelta

import pytest

from odoo import Command, fields


@pytest.fixture
def soon(real):
    """Ids of a plan of reminders, of a warranty that ends soon, and of its machine."""

    def make(env):
        company = env.company
        term = env["aftersales.warranty.term"].create(
            {
                "name": "Race",
                "duration": 10,
                "duration_unit": "day",
                "event_ids": [Command.create({"event": "delivery"})],
                "line_ids": [Command.create({"scope": "part"})],
            }
        )
        product = env["product.product"].create(
            {"name": "Race server", "is_storable": True, "tracking": "serial"}
        )
        customer = env["res.partner"].create({"name": "Race customer"})
        asset = (
            env["aftersales.asset"]
            .with_context(aftersales_no_warranty=True)
            .create(
                {
                    "partner_id": customer.id,
                    "product_id": product.id,
                    "serial": "RACE-W",
                    "company_id": company.id,
                }
            )
        )
        warranty = env["aftersales.warranty"].create(
            [
                {
                    "asset_id": asset.id,
                    "term_id": term.id,
                    "delivered_on": fields.Date.today() - timedelta(days=3),
                }
            ]
        )
        plan = env["aftersales.warranty.reminder.plan"].create(
            {
                "name": "Race",
                "company_id": company.id,
                "user_id": env.ref("base.user_admin").id,
                "days": 60,
            }
        )
        return plan.id, warranty.id

    return real(make)


def test_two_workers_remind_once(real, race, soon):
    plan_id, warranty_id = soon

    def remind(env):
        env["aftersales.warranty.reminder.plan"].browse(plan_id)._remind()

    race(remind, remind)
    domain = [("plan_id", "=", plan_id), ("warranty_id", "=", warranty_id)]
    count = real(lambda env: env["aftersales.warranty.reminder"].search_count(domain))
    assert count == 1
    activities = real(
        lambda env: len(env["aftersales.warranty"].browse(warranty_id).activity_ids)
    )
    assert activities == 1


def test_two_prints_share_one_token(real, race, soon):
    _plan_id, warranty_id = soon

    def print_it(env):
        return env["aftersales.warranty"].browse(warranty_id)._get_certificate_url()

    outcomes = race(print_it, print_it)
    kept = real(print_it)
    printed = {outcome.value for outcome in outcomes if outcome.ok}
    assert printed == {kept}, outcomes

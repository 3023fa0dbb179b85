"""The order itself under two hands at once (Reliability 24, 28, 34)."""

from odoo.fields import Command


def _make(env, **values):
    company = env.company
    team = env["aftersales.team"].create({"name": "Race", "company_id": company.id})
    technician = env["aftersales.technician"].create(
        {"name": "Racer", "company_id": company.id, "team_id": team.id}
    )
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    labour = env["product.product"].create(
        {"name": "Labour", "type": "service", "list_price": 200, "taxes_id": False}
    )
    return {
        "partner_id": customer.id,
        "team_id": team.id,
        "technician_id": technician.id,
        "line_ids": [
            Command.create({"kind": "labour", "product_id": labour.id, **values})
        ],
    }


def test_numbers_are_unique(real, race):
    values = real(_make)

    def create(env):
        orders = env["aftersales.order"].create([dict(values) for _i in range(20)])
        return orders.mapped("name")

    outcomes = race(create, create)
    names = [name for outcome in outcomes for name in outcome.value]
    assert len(names) == len(set(names)) == 40


def test_two_dispatchers_press_the_button(real, race):
    def make(env):
        return env["aftersales.order"].create(_make(env)).id

    order = real(make)

    def dispatch(env):
        env["aftersales.order"].browse(order).action_dispatch()

    outcomes = race(dispatch, dispatch)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    refused = next(outcome for outcome in outcomes if not outcome.ok)
    assert "another user" in refused.message or "Dispatched" in refused.message

    def messages(env):
        return len(
            env["aftersales.order"]
            .browse(order)
            .message_ids.tracking_value_ids.filtered(
                lambda value: value.new_value_char == "Dispatched"
            )
        )

    assert real(messages) == 1


def test_two_managers_decide_one_price(real, race):
    def make(env):
        operator = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Operator",
                    "login": "race_operator",
                    "group_ids": [
                        Command.set(
                            [
                                env.ref(
                                    "aftersales_service."
                                    "aftersales_service_group_operator"
                                ).id
                            ]
                        )
                    ],
                }
            )
        )
        values = _make(env, price_unit=150)
        env["aftersales.team"].browse(values["team_id"]).user_ids = operator
        order = env["aftersales.order"].with_user(operator).create(values)
        assert order.approval_state == "pending"
        return order.approval_ids.id, order.id

    approval, order = real(make)

    def approve(env):
        env["aftersales.approval"].browse(approval).action_approve()

    def reject(env):
        env["aftersales.approval"].browse(approval).action_reject("too cheap")

    outcomes = race(approve, reject)
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    expected = "approved" if outcomes[0].ok else "rejected"
    assert (
        real(lambda env: env["aftersales.order"].browse(order).approval_state)
        == expected
    )

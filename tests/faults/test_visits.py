"""Two people, one visit or one card: real transactions (Reliability 24, 28)."""


def _make_visit(env):
    """A planned visit; returns its id, its order and its technician."""
    company = env.company
    team = env["aftersales.team"].create({"name": "Race", "company_id": company.id})
    technician = env["aftersales.technician"].create(
        {"name": "Racer", "company_id": company.id, "team_id": team.id}
    )
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    labour = env["product.product"].create(
        {"name": "Labour", "type": "service", "taxes_id": False}
    )
    company.aftersales_labour_product_id = labour
    orders = env["aftersales.order"].create(
        [{"partner_id": customer.id, "team_id": team.id} for _i in range(2)]
    )
    visit = env["aftersales.visit"].create(
        {
            "order_id": orders[0].id,
            "lead_id": technician.id,
            "planned_start": "2026-03-02 09:00:00",
        }
    )
    return visit.id, orders.ids, technician.id


def _press(visit_id, method, *args):
    return lambda env: getattr(env["aftersales.visit"].browse(visit_id), method)(*args)


def _one_wins(outcomes):
    assert [outcome.ok for outcome in outcomes].count(True) == 1, outcomes
    loser = next(outcome for outcome in outcomes if not outcome.ok)
    assert loser.error in ("LockError", "UserError"), loser.trace


def test_each_button_counts_once(real, race):
    visit_id, order_ids, _technician_id = real(_make_visit)
    leave = ("action_leave", "continue", "again", "escalate")
    for step in (("action_depart",), ("action_arrive",), leave):
        _one_wins(race(_press(visit_id, *step), _press(visit_id, *step)))

    def count(env):
        visit = env["aftersales.visit"].browse(visit_id)
        lines = visit.order_id.line_ids.filtered(lambda line: line.kind == "labour")
        return visit.state, len(visit.worklog_ids) <= 2, len(lines) <= 1

    assert real(count) == ("left", True, True)


def test_one_card_two_dispatchers(real, race):
    _visit_id, order_ids, technician_id = real(_make_visit)

    def assign(env):
        return env["aftersales.board"].assign(
            order_ids[1], technician_id, "2026-03-02 13:00:00"
        )["visit_id"]

    _one_wins(race(assign, assign))

    def count(env):
        order = env["aftersales.order"].browse(order_ids[1])
        return order.state, len(order.visit_ids)

    assert real(count) == ("dispatched", 1)


def test_killed_while_leaving(real, kill9):
    visit_id, _order_ids, _technician_id = real(_make_visit)
    real(_press(visit_id, "action_depart"))
    real(_press(visit_id, "action_arrive"))
    assert kill9(
        _press(visit_id, "action_leave", "continue", "x", "escalate"),
        at="aftersales.visit._fill_lines",
    )

    def state(env):
        visit = env["aftersales.visit"].browse(visit_id)
        logs = visit.worklog_ids.filtered(lambda log: log.category == "work")
        return visit.state, visit.left_at, len(logs)

    assert real(state) == ("arrived", False, 0)

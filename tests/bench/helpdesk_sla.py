"""A thousand orders with three deadlines beside a thousand tickets of OCA with one.

The peer is the OCA's helpdesk with its SLA, both created in one call: assigned to
somebody who is told so by mail, and the same without tracking. Ours are created with
a promise for the answer, the arrival and the solution, dispatched to a technician
who finds them on the phone, and answered.
"""

PEERS = {
    "odoo-addon-helpdesk_mgmt==19.0.1.3.2": "helpdesk_mgmt",
    "odoo-addon-helpdesk_mgmt_sla==19.0.1.0.0.4": "helpdesk_mgmt_sla",
}
COUNT = 1000
CREATE = "1 000 with deadlines"
OURS = "aftersales.order, three milestones"
LIMITS = [
    (CREATE, OURS, "ratio", 0.1),
    (CREATE, OURS, "query ratio", 0.02),
]


def run(env, measure):
    customers = env["res.partner"].create([{"name": f"C {n}"} for n in range(50)])
    tickets = _prepare_tickets(env, customers)
    orders = _prepare_orders(env, customers)
    env["helpdesk.ticket"].create(tickets[:1])
    env["aftersales.order"].create(orders[:1])
    with measure(CREATE, "helpdesk.ticket, one SLA, assigned", records=COUNT):
        env["helpdesk.ticket"].create(tickets)
    with measure(CREATE, "the same without tracking", records=COUNT):
        env["helpdesk.ticket"].with_context(tracking_disable=True).create(tickets)
    with measure(CREATE, OURS, records=COUNT):
        created = env["aftersales.order"].create(orders)
    for name in ("answer", "arrive", "resolve"):
        assert all(order[f"{name}_deadline"] for order in created), name


def _prepare_tickets(env, customers):
    stage = env["helpdesk.ticket.stage"].search([("closed", "=", True)], limit=1)
    user = env["res.users"].create(
        {"name": "Agent", "login": "bench_agent", "email": "agent@example.com"}
    )
    team = env["helpdesk.ticket.team"].create(
        {"name": "Bench", "use_sla": True, "user_ids": [(4, user.id)]}
    )
    env["helpdesk.sla"].create(
        {"name": "Solved", "hours": 8, "stage_id": stage.id, "team_ids": [(4, team.id)]}
    )
    return [
        {
            "name": f"Ticket {n}",
            "description": "The disk shows an amber light",
            "partner_id": customers[n % 50].id,
            "team_id": team.id,
            "user_id": user.id,
        }
        for n in range(COUNT)
    ]


def _prepare_orders(env, customers):
    team = env["aftersales.team"].create({"name": "Bench"})
    technician = env["aftersales.technician"].create(
        {"name": "Bench", "team_id": team.id}
    )
    env["aftersales.sla.policy"].create(
        {
            "name": "Bench",
            "company_id": env.company.id,
            "service_type": "chargeable",
            "answer_value": 30,
            "answer_unit": "minutes",
            "arrive_value": 1,
            "arrive_unit": "working_days",
            "resolve_value": 3,
            "resolve_unit": "working_days",
            "calendar_mode": "team",
        }
    )
    return [
        {
            "partner_id": customers[n % 50].id,
            "description": "The disk shows an amber light",
            "team_id": team.id,
            "technician_id": technician.id,
        }
        for n in range(COUNT)
    ]

"""A thousand service orders from the call to the invoice, beside repair orders.

The peer is Odoo's own ``repair.order``, the limit the same rows written by COPY with
all foreign keys and indexes in place.
"""

import io

COUNT = 1000
TURNS = 3  # the machine is never quite idle: peer and ours in turn, medians count
CREATE = "1 000 created"
LIMITS = [
    (CREATE, "aftersales.order, two lines", "ratio", 0.5),
    (CREATE, "aftersales.order, two lines", "queries", 0.2),
]


def run(env, measure):
    data = _prepare(env)
    _warm_up(env, data)
    for _turn in range(TURNS):
        repairs = _create_repairs(env, measure, data)
        orders = _create_orders(env, measure, data)
    _copy_rows(env, measure, orders)
    _work_on_repairs(measure, repairs)
    _work_on_orders(env, measure, data, orders)


def _prepare(env):
    company = env.company
    customers = env["res.partner"].create([{"name": f"C {n}"} for n in range(50)])
    product = {"type": "consu", "is_storable": True, "list_price": 800.0}
    machine = env["product.product"].create({"name": "Server", **product})
    part = env["product.product"].create({"name": "Disk", **product})
    labour = env["product.product"].create(
        {"name": "Labour", "type": "service", "list_price": 200.0}
    )
    team = env["aftersales.team"].create(
        {
            "name": "Bench",
            "company_id": company.id,
            "warehouse_id": env["stock.warehouse"]
            .search([("company_id", "=", company.id)], limit=1)
            .id,
        }
    )
    env["stock.quant"]._update_available_quantity(part, team.location_id, 10 * COUNT)
    assets = env["aftersales.asset"].create(
        [
            {
                "partner_id": customers[n % 50].id,
                "product_id": machine.id,
                "serial": f"BENCH-{n}",
            }
            for n in range(COUNT)
        ]
    )
    return {
        "customers": customers,
        "machine": machine,
        "part": part,
        "labour": labour,
        "team": team,
        "assets": assets,
        "technician": env["aftersales.technician"].create(
            {"name": "Bench", "team_id": team.id, "company_id": company.id}
        ),
        "symptom": env["aftersales.symptom"].create({"name": "Bench"}),
        "cause": env["aftersales.cause"].create({"name": "Bench", "remedy": "Done"}),
    }


def _order_values(data, asset):
    return {
        "partner_id": asset.partner_id.id,
        "asset_id": asset.id,
        "symptom_id": data["symptom"].id,
        "duplicate_confirmed": True,
        "team_id": data["team"].id,
        "description": "The disk shows an amber light",
        "line_ids": [
            (0, 0, {"kind": "part", "product_id": data["part"].id}),
            (0, 0, {"kind": "labour", "product_id": data["labour"].id}),
        ],
    }


def _repair_values(data, number):
    return {
        "partner_id": data["customers"][number % 50].id,
        "product_id": data["machine"].id,
    }


def _warm_up(env, data):
    """One of each, so that no subject pays for caches the other finds filled."""
    env["repair.order"].create(_repair_values(data, 0))
    env["aftersales.order"].create(
        {**_order_values(data, data["assets"][0]), "symptom_id": False}
    )
    env.flush_all()
    env.invalidate_all()


def _create_repairs(env, measure, data):
    values = [_repair_values(data, number) for number in range(COUNT)]
    with measure(CREATE, "repair.order, no line", records=COUNT):
        return env["repair.order"].create(values)


def _create_orders(env, measure, data):
    values = [_order_values(data, asset) for asset in data["assets"]]
    with measure(CREATE, "aftersales.order, two lines", records=COUNT):
        return env["aftersales.order"].create(values)


def _copy_rows(env, measure, orders):
    """Write the rows of the orders, their lines and messages a second time."""
    shift = 10**8
    tables = [
        ("aftersales_order", "id = ANY(%s)", ["id"]),
        ("aftersales_order_line", "order_id = ANY(%s)", ["id", "order_id"]),
        (
            "mail_message",
            "model = 'aftersales.order' AND res_id = ANY(%s)",
            ["id", "res_id"],
        ),
    ]
    written = [_read_rows(env, *table, shift, orders.ids) for table in tables]
    with measure(CREATE, "the same rows by COPY", records=COUNT):
        for table, columns, rows in written:
            env.cr._obj.copy_expert(
                f"COPY {table} ({columns}) FROM STDIN", io.StringIO(rows)
            )
    for table, _columns, _rows in reversed(written):
        env.cr.execute(f"DELETE FROM {table} WHERE id > {shift}")


def _read_rows(env, table, where, shifted, shift, ids):
    env.cr.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [table],
    )
    names = [name for (name,) in env.cr.fetchall()]
    selected = ", ".join(
        f'"{name}" + {shift}' if name in shifted else f'"{name}"' for name in names
    )
    query = env.cr.mogrify(f"SELECT {selected} FROM {table} WHERE {where}", [ids])
    rows = io.StringIO()
    env.cr._obj.copy_expert(f"COPY ({query.decode()}) TO STDOUT", rows)
    return table, ", ".join(f'"{name}"' for name in names), rows.getvalue()


def _work_on_repairs(measure, repairs):
    with measure("confirmed / dispatched", "repair.order", records=COUNT):
        repairs._action_repair_confirm()  # the button takes one at a time
    with measure("done, no part / one part", "repair.order", records=COUNT):
        repairs.action_repair_start()
        repairs.action_repair_end()


def _work_on_orders(env, measure, data, orders):
    with measure("confirmed / dispatched", "aftersales.order", records=COUNT):
        orders.technician_id = data["technician"]
        orders.action_dispatch()
    orders.action_start()
    orders.write(
        {
            "cause_id": data["cause"].id,
            "remedy": "Disk replaced",
            "customer_opinion": "satisfied",
            "signed_by": "Ms Cui",
            "signed_at": "2026-03-02 08:00:00",
            "signature": b"iVBORw0KGgo=",
        }
    )
    env.flush_all()
    with measure("done, no part / one part", "aftersales.order", records=COUNT):
        orders.action_complete()
    with measure("200 invoiced, draft", "account.move by hand", records=200):
        _create_invoices(env, data, 200)
    with measure("200 invoiced, draft", "aftersales.order", records=200):
        orders[:200].action_invoice()


def _create_invoices(env, data, count):
    """What Odoo itself needs for the same drafts."""
    env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": asset.partner_id.id,
                "invoice_line_ids": [
                    (0, 0, {"product_id": data[name].id, "quantity": 1})
                    for name in ("part", "labour")
                ],
            }
            for asset in data["assets"][:count]
        ]
    )

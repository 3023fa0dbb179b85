"""List, kanban and search of 100 000 orders, beside the same page in plain SQL."""

SEED = 500
COPIES = 200
LIST = {
    "name": {},
    "called_at": {},
    "partner_id": {"fields": {"display_name": {}}},
    "product_id": {"fields": {"display_name": {}}},
    "serial": {},
    "symptom_id": {"fields": {"display_name": {}}},
    "team_id": {"fields": {"display_name": {}}},
    "technician_id": {"fields": {"display_name": {}}},
    "amount_customer": {},
    "charge_state": {},
    "state": {},
}


def run(env, measure):
    model = env["aftersales.order"]
    _seed(env)
    open_orders = [("state", "in", ["new", "dispatched", "in_progress"])]
    sql = (
        "SELECT id, name, called_at, partner_id FROM aftersales_order"
        " WHERE state IN ('new', 'dispatched', 'in_progress')"
        " ORDER BY called_at DESC, id DESC LIMIT 80"
    )
    with measure("100 000 orders: list page of 80", "plain SQL"):
        env.cr.execute(sql)
        env.cr.fetchall()
    env.invalidate_all()
    with measure("100 000 orders: list page of 80", "web_search_read"):
        model.web_search_read(open_orders, LIST, limit=80)
    with measure("100 000 orders: kanban by state", "plain SQL"):
        env.cr.execute("SELECT state, count(*) FROM aftersales_order GROUP BY state")
        env.cr.fetchall()
    env.invalidate_all()
    with measure("100 000 orders: kanban by state", "web_read_group"):
        model.web_read_group(
            [], ["state"], ["__count"], auto_unfold=True, unfold_read_specification=LIST
        )
    for what, domain in (
        ("serial", [("serial", "ilike", "HT-123")]),
        ("customer", [("partner_id", "ilike", "Customer 17")]),
        ("number", [("name", "ilike", "HT/0042")]),
    ):
        env.invalidate_all()
        with measure("100 000 orders: search", what):
            model.web_search_read(domain, LIST, limit=80)


def _seed(env):
    """Some hundred real orders, multiplied in SQL: creating is measured elsewhere."""
    customers = env["res.partner"].create(
        [{"name": f"Customer {number}"} for number in range(50)]
    )
    orders = env["aftersales.order"].create(
        [
            {"partner_id": customers[number % 50].id, "serial": f"HT-{number}"}
            for number in range(SEED)
        ]
    )
    env.flush_all()
    env.cr.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'aftersales_order'::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attname != 'id'"
    )
    special = {
        "name": "'HT/' || lpad((n * 1000 + id %% 1000)::text, 7, '0')",
        "serial": "'HT-' || (n * 1000 + id %% 1000)",
        "called_at": "called_at - n * interval '1 hour'",
        "state": "(ARRAY['new', 'closed', 'closed', 'done', 'closed'])[1 + n %% 5]",
        "source_message_id": "NULL",
    }
    names = [name for (name,) in env.cr.fetchall()]
    values = ", ".join(special.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    env.cr.execute(
        f"INSERT INTO aftersales_order ({columns}) SELECT {values}"
        " FROM aftersales_order, generate_series(1, %s) n WHERE id = ANY(%s)",
        [COPIES, orders.ids],
    )
    env.cr.execute("ANALYZE aftersales_order")

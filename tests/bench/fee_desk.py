"""The accountant's desk over a million orders, beside the same page in plain SQL."""

from odoo.tools import SQL

SEED = 100
COPIES = 10000
INVOICED = 1000  # copies with an invoice of their own: the newest 100 000 orders
PAGE = {
    "name": {},
    "day": {},
    "technician_id": {"fields": {"display_name": {}}},
    "agreed": {},
    "deviation": {},
    "covered": {},
    "invoiced": {},
    "collected": {},
    "handed": {},
    "paid": {},
    "open": {},
    "exceptions": {},
    "state": {},
}
WHAT = "1 000 000 orders: fee desk"
LIMITS = [
    (WHAT, "page of 80, exceptions first", "ratio", 10),
    (WHAT, "page of 80, exceptions first", "queries", 6),
    (WHAT, "page of 80, to look at", "ratio", 20),
    (WHAT, "head line", "ratio", 20),
]


def run(env, measure):
    seed(env)
    model = env["aftersales.fee.line"]
    env.cr.execute("SET LOCAL jit = off")
    query = SQL(
        "SELECT * FROM (%s) f WHERE close_id IS NULL"
        " ORDER BY rank, day DESC, id DESC LIMIT 80",
        model._table_query,
    )
    with measure(WHAT, "plain SQL, the same page"):
        env.execute_query(query)
    for name, domain in (
        ("page of 80, exceptions first", [("close_id", "=", False)]),
        ("page of 80, to look at", list(model._get_exception_domain())),
        ("page of 80, one day", [("day", "=", "2024-03-05")]),
    ):
        env.invalidate_all()
        with measure(WHAT, name):
            model.web_search_read(domain, PAGE, limit=80, count_limit=10001)
    env.invalidate_all()
    with measure(WHAT, "head line"):
        model.get_summary([("close_id", "=", False)])
    env.invalidate_all()
    with measure(WHAT, "head line, one day"):
        model.get_summary([("day", "=", "2024-03-05")])
    company = env.company.id
    with measure(WHAT, "tie-out, one day"):
        env["aftersales.fee.tie_out"].get_tie_out(company, "2024-03-05", "2024-03-05")


def seed(env):
    """Some real, invoiced orders, multiplied in SQL over a thousand days."""
    labour = env["product.product"].create(
        {"name": "Labour", "type": "service", "list_price": 200.0, "taxes_id": False}
    )
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    orders = env["aftersales.order"].create(
        [
            {
                "partner_id": customer.id,
                "place": "remote",
                "line_ids": [(0, 0, {"kind": "labour", "product_id": labour.id})],
            }
            for _number in range(SEED)
        ]
    )
    orders.write({"state": "done", "done_at": "2024-03-05 04:00:00"})
    env["aftersales.order"].flush_model()
    orders.action_invoice()
    orders.invoice_ids.invoice_date = "2024-03-05"
    orders.invoice_ids.action_post()
    env.flush_all()
    _drop_other_indexes(env)
    env.cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if env.cr.fetchone()[0]:  # the copies point where the originals point
        env.cr.execute("SET LOCAL session_replication_role = replica")
    first = min(orders.ids)
    shift = f"(n * {SEED} + id - {first})"
    top = 10**8
    _multiply(
        env,
        "aftersales_order",
        orders.ids,
        COPIES,
        {
            "id": f"{top} + {shift}",
            "name": f"'FD/' || {shift}",
            "source_message_id": "NULL",
            "source_key": "NULL",
            "access_token": "NULL",
            "fee_day": "fee_day - n % 1000",
            "fee_rank": f"CASE WHEN {shift} % 1000 = 0 THEN 0 ELSE 1 END",
        },
    )
    lines, moves = orders.line_ids, orders.invoice_ids
    line = f"{top} + n * {SEED} + order_id - {first}"
    _multiply(
        env,
        "aftersales_order_line",
        lines.ids,
        COPIES,
        {"id": line, "order_id": line},
    )
    base = min(moves.ids)
    _multiply(
        env,
        "account_move",
        moves.ids,
        INVOICED,
        {
            "id": f"{top} + n * {SEED} + id - {base}",
            "name": f"'FD/' || (n * {SEED} + id - {base})",
            "date": "date - n % 1000",
            "invoice_date": "invoice_date - n % 1000",
            "payment_reference": "NULL",
            "access_token": "NULL",
            "sequence_prefix": "'FD/'",
            "sequence_number": f"n * {SEED} + id - {base}",
        },
    )
    move = f"{top} + n * {SEED} + move_id - {base}"
    env.cr.execute(
        "SELECT min(id) FROM account_move_line WHERE move_id = ANY(%s)", [moves.ids]
    )
    [least] = env.cr.fetchone()
    _multiply(
        env,
        "account_move_line",
        moves.line_ids.ids,
        INVOICED,
        {
            "id": f"{top} + n * {4 * SEED} + id - {least}",
            "move_id": move,
            "date": "date - n % 1000",
            "aftersales_order_line_id": "CASE WHEN aftersales_order_line_id IS NULL"
            f" THEN NULL ELSE {move} END",
        },
    )
    for table in (
        "aftersales_order",
        "aftersales_order_line",
        "account_move",
        "account_move_line",
    ):
        env.cr.execute(f"ANALYZE {table}")


def _drop_other_indexes(env):
    """A million rows in thirty indexes would take longer than all measurements."""
    env.cr.execute(
        "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
        " WHERE x.indrelid IN ('aftersales_order'::regclass,"
        " 'aftersales_order_line'::regclass) AND NOT x.indisunique"
        " AND i.relname NOT LIKE '%%fee%%' AND i.relname NOT LIKE '%%order_id%%'"
    )
    for (name,) in env.cr.fetchall():
        env.cr.execute(f'DROP INDEX "{name}"')


def _multiply(env, table, ids, copies, special):
    env.cr.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        [table],
    )
    names = [name for (name,) in env.cr.fetchall()]
    values = ", ".join(special.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    query = f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table}"
    env.cr.execute(
        query.replace("%", "%%")
        + f", generate_series(1, {copies}) n WHERE id = ANY(%s)",
        [ids],
    )

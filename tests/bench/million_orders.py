"""Dashboards over a million orders: what they ask, beside the same in plain SQL.

Orders, cards and complaints are multiplied in SQL; the values of their 36 months are
stored by the figures themselves. Then every pivot and chart of the three dashboards is
asked as the client asks it, from the files that are shipped, and the lists of figures
are opened (KP-12).
"""

import json
from datetime import date

from odoo.tools import SQL, file_open

from aftersales_setup.history import generate

MONTHS = 36
SEED = 12_000
COPIES = 84  # 12 000 orders and 84 times as many
WHAT = "1 000 000 orders: dashboards"
BOARDS = ("manager", "quality", "accountant")
PATH = "aftersales_kpi/data/figures/dashboards/aftersales_{}_dashboard.json"
LAST = date(2026, 6, 30)
PERIOD = [date(2025, 7, 1), date(2026, 6, 30)]
LIST = {
    "kpi_id": {"fields": {"display_name": {}}},
    "month": {},
    "text": {},
    "light": {},
}
LIMITS = [(WHAT, f"{board}, all at once", "ms", 2000) for board in BOARDS] + [
    (WHAT, "figures of the month, list of 80", "ms", 2000),
    (WHAT, "analysis of figures, pivot", "ms", 2000),
]


def run(env, measure):
    readers = seed(env)
    env.cr.execute("SELECT count(*) FROM aftersales_order")
    assert env.cr.fetchone()[0] >= 1_000_000
    with measure(WHAT, "plain SQL, orders by month and service point"):
        env.cr.execute(
            "SELECT date_trunc('month', done_at), team_id, count(*)"
            "  FROM aftersales_order WHERE state IN ('done', 'closed')"
            "   AND done_at >= %s AND done_at < %s GROUP BY 1, 2",
            PERIOD,
        )
        env.cr.fetchall()
    with measure(WHAT, "plain SQL, the same from stored values"):
        env.cr.execute(
            "SELECT month, team_id, sum(v.numerator) FROM aftersales_kpi_value v"
            "  JOIN aftersales_kpi k ON k.id = v.kpi_id"
            " WHERE k.code = 'ORDERS' AND month BETWEEN %s AND %s GROUP BY 1, 2",
            PERIOD,
        )
        env.cr.fetchall()
    for board, reader in readers.items():
        mine = env(user=reader)
        calls = get_calls(board)
        env.invalidate_all()
        with measure(WHAT, f"{board}, all at once"):
            for call in calls:
                ask(mine, *call)
    open_lists(env(user=readers["manager"]), measure)


def open_lists(env, measure):
    env.invalidate_all()
    with measure(WHAT, "figures of the month, list of 80"):
        domain = [("month", "=", LAST.replace(day=1)), ("level", "=", "company")]
        env["aftersales.kpi.month"].web_search_read(
            domain, LIST, limit=80, count_limit=10001
        )
    env.invalidate_all()
    with measure(WHAT, "analysis of figures, pivot"):
        env["aftersales.kpi.value"].formatted_read_grouping_sets(
            [], [[], ["kpi_id"], ["kpi_id", "month:month"]], ["value:avg", "__count"]
        )


# -- what the client asks --------------------------------------------------------------


def get_calls(board):
    """``[(model, domain, grouping sets, aggregates)]`` of a dashboard."""
    with file_open(PATH.format(board)) as file:
        data = json.load(file)
    calls = [_get_pivot(pivot) for pivot in data["pivots"].values()]
    charts = [figure["data"] for figure in data["sheets"][0]["figures"]]
    return calls + [
        _get_chart(chart) for chart in charts if chart["type"].startswith("odoo_")
    ]


def _get_pivot(pivot):
    names = [row["fieldName"] for row in pivot["rows"] + pivot["columns"]]
    sets = [names[:n] for n in range(len(names) + 1)]
    measures = [
        f"{m['fieldName']}:{m['aggregator']}" if "aggregator" in m else m["fieldName"]
        for m in pivot["measures"]
    ]
    domain = pivot["domain"] + _get_period(pivot["fieldMatching"])
    return pivot["model"], domain, sets, ["__count", *measures]


def _get_chart(chart):
    meta = chart["metaData"]
    measure = meta["measure"]
    domain = chart["searchParams"]["domain"] + _get_period(chart["fieldMatching"])
    aggregates = ["__count"]
    if measure != "__count":
        average = "avg" if measure == "value" else "sum"
        aggregates.append(f"{measure}:{average}")
    return meta["resModel"], domain, [meta["groupBy"]], aggregates


def _get_period(matching):
    for field in matching.values():
        if field["type"] in ("date", "datetime"):
            start, end = PERIOD
            return [(field["chain"], ">=", start), (field["chain"], "<=", end)]
    return []


def ask(env, model, domain, sets, aggregates):
    aggregates = list(dict.fromkeys(aggregates))
    env[model].formatted_read_grouping_sets(domain, sets, aggregates)


# -- a million ------------------------------------------------------------------------


def seed(env):
    """The demo history, multiplied; a reader for each dashboard."""
    history = generate(env, env.company, LAST, MONTHS, SEED)
    env.flush_all()
    orders = history.made["aftersales.order"]
    for table, ids, moved in (
        ("aftersales_order", orders, {"name": "name || '-' || n"}),
        ("aftersales_followup", history.made["aftersales.followup"], {}),
        ("aftersales_complaint", history.made["aftersales.complaint"], {}),
    ):
        _multiply(env, table, ids, moved)
    _widen(env, history)
    for table in ("order", "followup", "complaint", "kpi_value"):
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(f"aftersales_{table}")))
    return _create_readers(env, history)


def _create_readers(env, history):
    """Measured with the rules of those who read them."""
    users = env["res.users"].with_context(no_reset_password=True)
    readers = {}
    for board, role in zip(
        BOARDS, ("manager", "supervisor", "accountant"), strict=True
    ):
        group = env.ref(f"aftersales_service.aftersales_service_group_{role}")
        values = {"name": role, "login": f"bench_{role}", "group_ids": [(4, group.id)]}
        readers[board] = users.create(values)
    teams = env["aftersales.team"].browse(history.made["aftersales.team"])
    teams.user_ids = [(4, readers["quality"].id)]
    env.flush_all()
    return readers


def _multiply(env, table, ids, moved):
    """Copies without what may be there only once."""
    env.cr.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attname != 'id'",
        [table],
    )
    names = [name for (name,) in env.cr.fetchall()]
    moved = {"opinion_followup_id": "NULL", "order_id": "NULL", **moved}
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(moved.get(name, f'"{name}"') for name in names)
    env.cr.execute(
        f"INSERT INTO {table} ({columns}) SELECT {values}"
        f" FROM {table}, generate_series(1, %s) n WHERE id = ANY(%s)",
        [COPIES, ids],
    )


def _widen(env, history):
    """Stored values of a department of that size: 48 technicians, six categories."""
    teams = history.made["aftersales.team"]
    people = env["aftersales.technician"].create(
        [{"name": f"Bench {n}", "team_id": teams[n % len(teams)]} for n in range(40)]
    )
    kinds = env["product.category"].create([{"name": f"Bench {n}"} for n in range(6)])
    env.flush_all()
    env.cr.execute(
        """
        WITH known AS (
            SELECT *, dense_rank() OVER (ORDER BY technician_id) AS place
              FROM aftersales_kpi_value
             WHERE company_id = %s AND technician_id IS NOT NULL
        ), staff AS (SELECT id, row_number() OVER () AS place FROM unnest(%s) id)
        INSERT INTO aftersales_kpi_value (
            kpi_id, company_id, month, team_id, technician_id, categ_id, supplier_id,
            numerator, denominator, value, roll_up, scale, currency_id, target, revised)
        SELECT kpi_id, company_id, month, team_id, staff.id, kind, supplier_id,
               numerator, denominator, value, roll_up, scale, currency_id, target, FALSE
          FROM known JOIN staff ON staff.place %% 8 = known.place %% 8,
               unnest(%s) kind
            ON CONFLICT DO NOTHING
        """,
        [history.company.id, people.ids, kinds.ids],
    )

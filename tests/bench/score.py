"""A month of 50 technicians and 20 000 orders, beside the plain SQL aggregate."""

from datetime import date

from odoo.tools import SQL

ORDERS, PEOPLE = 20000, 50
MONTH = date(2024, 3, 1)
WHAT = f"{ORDERS} orders, {PEOPLE} technicians: score of a month"
LIMITS = [
    (WHAT, "computed the first time", "ratio", 2.5),
    (WHAT, "computed again, nothing changed", "ratio", 2),
    (WHAT, "one follow-up changed", "queries", 60),
]
PLAIN = """
    WITH done AS (
        SELECT id, opinion FROM aftersales_order
         WHERE state IN ('done', 'closed') AND company_id = %(company)s
           AND done_at >= '2024-02-29 16:00' AND done_at < '2024-03-31 16:00'
    ), shares AS (
        SELECT rel.aftersales_order_id AS order_id,
               rel.aftersales_technician_id AS technician_id
          FROM aftersales_order_aftersales_technician_rel rel
          JOIN done ON done.id = rel.aftersales_order_id
    ), amounts AS (
        SELECT line.order_id, sum(round(line.list_price * line.quantity, 2)) AS amount
          FROM aftersales_order_line line JOIN done ON done.id = line.order_id
         GROUP BY line.order_id
    ), opinions AS (
        SELECT rel.aftersales_technician_id AS technician_id, count(*) AS answers,
               count(*) FILTER (WHERE o.opinion = 'very_satisfied') AS very,
               count(*) FILTER (WHERE o.opinion = 'dissatisfied') AS bad
          FROM aftersales_order o
          JOIN aftersales_order_aftersales_technician_rel rel
            ON rel.aftersales_order_id = o.id
         WHERE o.opinion_at >= '2024-02-29 16:00' AND o.opinion_at < '2024-03-31 16:00'
         GROUP BY 1
    )
    SELECT shares.technician_id,
           sum(round(amounts.amount * 0.001, 2))
               FILTER (WHERE done.opinion IS DISTINCT FROM 'dissatisfied') AS bonus,
           max(opinions.bad) * -5
               + CASE WHEN max(very) = max(answers) THEN 5 ELSE 0 END
               + CASE WHEN max(very) >= max(answers) * 0.8 AND max(bad) = 0
                      THEN 10 ELSE 0 END AS points
      FROM shares
      JOIN done ON done.id = shares.order_id
      JOIN amounts ON amounts.order_id = shares.order_id
      JOIN opinions ON opinions.technician_id = shares.technician_id
     GROUP BY 1 ORDER BY 1
"""


def run(env, measure):
    technicians = seed(env)
    company = env.company
    sheets = env["aftersales.score.sheet"]
    with measure(WHAT, "plain SQL aggregate"):
        plain = env.execute_query(SQL(PLAIN, company=company.id))
    env.invalidate_all()
    with measure(WHAT, "computed the first time"):
        found = sheets._compute_month(company, MONTH, technicians)
    _compare(found, plain)
    env.invalidate_all()
    with measure(WHAT, "computed again, nothing changed"):
        sheets._compute_month(company, MONTH, technicians)
    env.invalidate_all()
    domain = [("opinion", "=", "satisfied"), ("technician_ids", "in", technicians.ids)]
    order = env["aftersales.order"].search(domain, limit=1)
    card = order.opinion_followup_id
    card.write({"overall": "fair"})
    env.flush_all()
    with measure(WHAT, "one follow-up changed"):
        sheets._compute_by_job(company, MONTH)


def _compare(sheets, plain):
    """The same numbers, or the comparison is worth nothing."""
    ours = {s.technician_id.id: (round(s.bonus, 2), s.total) for s in sheets}
    theirs = {row[0]: (round(row[1], 2), float(row[2])) for row in plain}
    assert ours == theirs, "the plain aggregate says something else"


def seed(env):
    """One order and its answer, multiplied in SQL over the month and the people."""
    env.company.partner_id.tz = "Asia/Shanghai"
    technicians = env["aftersales.technician"].create(
        [{"name": f"T{n}", "company_id": env.company.id} for n in range(PEOPLE)]
    )
    labour = env["product.product"].create(
        {"name": "Labour", "type": "service", "list_price": 8500.0, "taxes_id": False}
    )
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    order = env["aftersales.order"].create(
        {
            "partner_id": customer.id,
            "place": "remote",
            "technician_id": technicians[0].id,
            "line_ids": [(0, 0, {"kind": "labour", "product_id": labour.id})],
        }
    )
    order.write({"state": "done", "done_at": "2024-03-05 04:00:00"})
    order._plan_followups()
    card = order.followup_ids[:1]
    card.write({"overall": "satisfied", "answered_at": "2024-03-06 04:00:00"})
    card._transition("answer")
    order._update_opinions()
    env.flush_all()
    env.cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if env.cr.fetchone()[0]:
        env.cr.execute("SET LOCAL session_replication_role = replica")
    top = 10**8
    opinions = (
        "(ARRAY['very_satisfied', 'very_satisfied', 'satisfied', 'fair',"
        " 'very_satisfied', 'very_satisfied', 'very_satisfied', 'dissatisfied'])"
        "[1 + (n / 7) % 8]"
    )
    fresh = {"access_token": "NULL", "source_key": "NULL", "source_message_id": "NULL"}
    _multiply(
        env,
        "aftersales_order",
        order.id,
        {
            **fresh,
            "id": f"{top} + n",
            "name": "'SC/' || n",
            "done_at": "done_at + (n % 20) * interval '1 day'",
            "opinion": opinions,
            "opinion_followup_id": f"{top} + n",
        },
    )
    _multiply(
        env,
        "aftersales_order_line",
        order.line_ids.id,
        {"id": f"{top} + n", "order_id": f"{top} + n", "list_price": "100 + n % 9000"},
    )
    _multiply(
        env,
        "aftersales_followup",
        card.id,
        {
            "id": f"{top} + n",
            "order_id": f"{top} + n",
            "overall": opinions,
            "link_token": "NULL",
        },
    )
    env.cr.execute(
        "INSERT INTO aftersales_order_aftersales_technician_rel"
        " (aftersales_order_id, aftersales_technician_id)"
        f" SELECT {top} + n, (%s::int[])[1 + n %% {PEOPLE}]"
        f" FROM generate_series(1, {ORDERS}) n",
        [technicians.ids],
    )
    for table in (
        "aftersales_order",
        "aftersales_order_line",
        "aftersales_followup",
        "aftersales_order_aftersales_technician_rel",
    ):
        env.cr.execute(f"ANALYZE {table}")
    env.invalidate_all()
    return technicians


def _multiply(env, table, number, special):
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
        query.replace("%", "%%") + f", generate_series(1, {ORDERS}) n WHERE id = %s",
        [number],
    )

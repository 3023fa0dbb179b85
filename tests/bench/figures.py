"""A month of 50 technicians and 20 000 orders in figures, beside plain SQL.

The plain side asks one query for each shipped figure, with the same dimensions, and
keeps nothing; ours also compares with what is stored and writes what differs.
"""

import runpy
from datetime import date
from pathlib import Path

from odoo.addons.aftersales_kpi.tools.figures import get_changes

score = runpy.run_path(str(Path(__file__).with_name("score.py")))
seed = score["seed"]
multiply = score["_multiply"]
ORDERS = score["ORDERS"]
PEOPLE = score["PEOPLE"]
MONTH = date(2024, 3, 1)
WHAT = f"{ORDERS} orders, {PEOPLE} technicians: all figures of a month"
ONE = f"{ORDERS} orders: one follow-up changed, database time"
LIMITS = [
    (WHAT, "computed the first time", "ratio", 2),
    (WHAT, "computed again, nothing changed", "ratio", 2),
    (ONE, "the month looked at", "ms", 700),
    (ONE, "its figures computed again", "ms", 50),
]
MARCH = "%s >= '2024-02-29 16:00' AND %s < '2024-03-31 16:00'"
NOW = "(now() AT TIME ZONE 'UTC')"
UNTIL = "timestamp '2024-03-31 16:00'"
DONE = f"o.state IN ('done', 'closed') AND {MARCH % (('o.done_at',) * 2)}"
REPAIR = f"{DONE} AND o.service_type <> 'internal'"
OPEN = (
    f"o.called_at <= {UNTIL} AND (o.state IN ('new', 'dispatched', 'in_progress')"
    f" OR o.done_at > {UNTIL} OR o.state = 'cancelled' AND o.cancelled_at > {UNTIL})"
)
AGE = f"floor(extract(epoch FROM {UNTIL} - o.called_at) / 86400)"
SPENT = "extract(epoch FROM {1} - {0}) / 3600"
VISITS = (
    "(SELECT count(*) FROM aftersales_visit v WHERE v.order_id = o.id"
    " AND v.arrived_at IS NOT NULL AND v.state <> 'cancelled'"
    " AND v.outcome IS DISTINCT FROM 'absent')"
)
AGAIN = (
    "EXISTS (SELECT 1 FROM aftersales_order a WHERE a.parent_id = o.id"
    " AND a.state <> 'cancelled' AND a.misuse IS NOT TRUE AND a.called_at"
    " BETWEEN o.done_at AND o.done_at + interval '30 days')"
)
BOUGHT = (
    "EXISTS (SELECT 1 FROM purchase_order_line b JOIN purchase_order p"
    " ON p.id = b.order_id WHERE b.aftersales_order_line_id = l.id"
    " AND p.state <> 'cancel')"
)
CARD = "JOIN aftersales_followup f ON f.order_id = o.id"
LINE = "JOIN aftersales_order_line l ON l.order_id = o.id"
COST = (
    f"{LINE} JOIN product_product lp ON lp.id = l.product_id"
    " JOIN product_template lt ON lt.id = lp.product_tmpl_id"
    " JOIN uom_uom u ON u.id = l.uom_id JOIN uom_uom b ON b.id = lt.uom_id"
)
EACH = (
    "round((l.quantity - coalesce(l.returned_quantity, 0)) * u.factor / b.factor"
    " * coalesce((lp.standard_price ->> o.company_id::text)::numeric, 0), 2)"
)
TRIP = "JOIN aftersales_visit v ON v.order_id = o.id"
TRIPS = f"{MARCH % (('v.arrived_at',) * 2)} AND v.state <> 'cancelled'"


def promise(*names):
    """A deadline of the month that is over or was met."""
    rows = ", ".join(f"('{n}', o.{n}_deadline, o.{n}_at)" for n in names)
    return (
        f"CROSS JOIN LATERAL (VALUES {rows}) p (name, deadline, reached)",
        "(coalesce(p.reached, o.done_at) <= p.deadline AND NOT EXISTS (SELECT 1 FROM"
        " aftersales_sla_agreement g WHERE g.order_id = o.id AND g.was_late"
        " AND g.milestone = p.name))",
        f"{MARCH % (('p.deadline',) * 2)} AND (p.deadline <= {NOW} OR p.reached"
        " IS NOT NULL OR o.done_at IS NOT NULL)",
    )


def plain():
    """``{code: [(joins, numerator, denominator, condition)]}``"""
    ones = {
        "ORDERS": ("", "1", "0", DONE),
        "FIRST_FIX": (
            "",
            f"({VISITS} <= 1 AND NOT {AGAIN})::int",
            "1",
            f"{REPAIR} AND o.place = 'onsite'",
        ),
        "FIRST_FIX_ALL": (
            "",
            f"({VISITS} <= 1 AND NOT {AGAIN})::int",
            "1",
            f"{REPAIR} AND o.place IN ('onsite', 'remote')",
        ),
        "REPEAT": ("", f"{AGAIN}::int", "1", REPAIR),
        "REVENUE": ("", "o.amount_untaxed", "0", DONE),
        "REVENUE_ORDER": ("", "o.amount_untaxed", "1", DONE),
        "MTTR_RESTORE": ("", SPENT.format("o.called_at", "o.done_at"), "1", REPAIR),
        "MTTR_WRENCH": (
            "LEFT JOIN LATERAL (SELECT sum(extract(epoch FROM"
            " least(p.ended_at, o.done_at) - greatest(p.started_at, o.arrive_at)))"
            " AS seconds FROM aftersales_sla_pause p WHERE p.order_id = o.id"
            " AND p.started_at < o.done_at AND p.ended_at > o.arrive_at) w ON true",
            f"{SPENT.format('o.arrive_at', 'o.done_at')}"
            " - coalesce(w.seconds, 0) / 3600",
            "1",
            f"{REPAIR} AND o.done_at >= o.arrive_at",
        ),
        "FOLLOWUP": (
            "",
            "EXISTS (SELECT 1 FROM aftersales_followup f WHERE f.order_id = o.id"
            " AND f.state IN ('answered', 'unreachable', 'refused'))::int",
            "1",
            DONE,
        ),
        "SATISFACTION": (
            CARD,
            "(f.overall IN ('very_satisfied', 'satisfied'))::int",
            "1",
            f"f.state = 'answered' AND {MARCH % (('f.answered_at',) * 2)}",
        ),
        "RESPONSE": (
            CARD,
            "(f.state = 'answered')::int",
            "1",
            "f.state <> 'cancelled' AND f.due_on >= '2024-03-01'"
            " AND f.due_on <= '2024-03-31'",
        ),
        "FILL_LINES": (
            LINE,
            f"(NOT {BOUGHT})::int",
            "1",
            f"{DONE} AND l.kind = 'part' AND l.quantity > 0",
        ),
        "FILL_ORDERS": (
            f"JOIN LATERAL (SELECT bool_and(NOT {BOUGHT}) AS filled"
            " FROM aftersales_order_line l WHERE l.order_id = o.id"
            " AND l.kind = 'part' AND l.quantity > 0 HAVING count(*) > 0) x ON true",
            "x.filled::int",
            "1",
            DONE,
        ),
        "BACKLOG_MEAN": ("", AGE, "1", OPEN),
        "BACKLOG": ("", "1", "0", OPEN),
    }
    for milestone in ("answer", "arrive"):
        ones[f"TIME_{milestone.upper()}"] = (
            "",
            SPENT.format("o.called_at", f"o.{milestone}_at"),
            "1",
            f"o.state <> 'cancelled' AND {MARCH % ((f'o.{milestone}_at',) * 2)}",
        )
    for band, low, high in (
        *(("0_3", 0, 3), ("4_7", 4, 7), ("8_15", 8, 15)),
        *(("16_30", 16, 30), ("31", 31, 10**6)),
    ):
        where = f"{OPEN} AND {AGE} BETWEEN {low} AND {high}"
        ones[f"BACKLOG_{band}"] = ("", "1", "0", where)
    for code, names in (
        ("SLA", ("answer", "arrive", "resolve")),
        ("SLA_ANSWER", ("answer",)),
        ("SLA_ARRIVE", ("arrive",)),
        ("SLA_RESOLVE", ("resolve",)),
        ("TIMELY", ("arrive",)),
    ):
        joins, met, where = promise(*names)
        onsite = " AND o.place = 'onsite'" if code == "TIMELY" else ""
        ones[code] = (joins, f"{met}::int", "1", where + onsite)
    figures = {code: [one] for code, one in ones.items()}
    orders, trips = ("", "0", "1", DONE), (TRIP, "0", "1", TRIPS)
    labour = f"{DONE} AND l.kind <> 'part'"
    figures["VISIT_COST"] = [(COST, EACH, "0", DONE), trips]
    figures["VISIT_COST_LABOUR"] = [(COST, EACH, "0", labour), trips]
    figures["ORDER_COST"] = [(COST, EACH, "0", DONE), orders]
    complaints = f"c.confirmed_at IS NOT NULL AND {MARCH % (('c.received_at',) * 2)}"
    complaints += " AND c.state NOT IN ('withdrawn', 'rejected', 'merged')"
    about = "JOIN aftersales_complaint c ON c.order_id = o.id"
    figures["COMPLAINTS"] = [(about, "1", "0", complaints), orders]
    fault = (about, "1", "0", f"{complaints} AND c.at_fault")
    figures["COMPLAINTS_FAULT"] = [fault, orders]
    return figures


def ask(env, parts):
    """One query: sums by service point, technician, category and vendor."""
    selects = " UNION ALL ".join(
        f"SELECT o.team_id, o.technician_id, t.categ_id, s.partner_id, {num} AS num,"
        f" {den} AS den FROM aftersales_order o"
        " LEFT JOIN product_product pp ON pp.id = o.product_id"
        " LEFT JOIN product_template t ON t.id = pp.product_tmpl_id"
        " LEFT JOIN LATERAL (SELECT partner_id FROM product_supplierinfo i"
        " WHERE i.product_tmpl_id = t.id ORDER BY sequence, id LIMIT 1) s ON true"
        f" {joins} WHERE o.company_id = {env.company.id} AND {where}"
        for joins, num, den, where in parts
    )
    env.cr.execute(
        "SELECT team_id, technician_id, categ_id, partner_id, sum(num), sum(den)"
        f" FROM ({selects}) facts GROUP BY 1, 2, 3, 4"
    )
    return env.cr.fetchall()


def run(env, measure):
    technicians = seed(env)
    seed_rest(env, technicians)
    wanted = plain()
    kpis = env["aftersales.kpi"].search([("code", "in", list(wanted))])
    others = env["aftersales.kpi"].search([]) - kpis
    others.active = False
    period = env["aftersales.kpi.period"]._get_or_create(env.company, MONTH)
    # As our side does it: compiled queries would make the plain side slower.
    env.cr.execute("SET LOCAL jit = off")
    for _round in range(3):
        with measure(WHAT, "plain SQL aggregates"):
            theirs = {code: ask(env, parts) for code, parts in wanted.items()}
        env["aftersales.kpi.value"].search([]).unlink()
        env.flush_all()
        with measure(WHAT, "computed the first time"):
            period._compute_all()
        with measure(WHAT, "computed again, nothing changed"):
            period._compute_all()
    compare(env, theirs)
    others.active = True
    period._compute_all()
    change_one(env, measure, period, technicians)


def change_one(env, measure, period, technicians):
    """What the job does after an answer was changed; the median of several."""
    domain = [("opinion", "=", "satisfied"), ("technician_id", "in", technicians.ids)]
    orders = env["aftersales.order"].search(domain, limit=7)
    for order in orders:
        order.opinion_followup_id.write({"overall": "fair"})
        env.flush_all()
        env.cr.precommit.run()
        env.invalidate_all()
        with measure(ONE, "the month looked at", database=True):
            trace = period._read_trace()
        changes = get_changes(period.trace, trace)
        period._touch(trace)
        with measure(ONE, "its figures computed again", database=True):
            failed = period._count(changes)
        assert changes and not failed


def compare(env, theirs):
    """The same numbers, or the comparison is worth nothing."""
    for code, rows in theirs.items():
        values = env["aftersales.kpi.value"].search([("kpi_id.code", "=", code)])
        ours = {
            (
                value.team_id.id or None,
                value.technician_id.id or None,
                value.categ_id.id or None,
                value.supplier_id.id or None,
            ): (round(value.numerator, 3), round(value.denominator, 3))
            for value in values
        }
        plain_sums = {
            tuple(row[:4]): (round(float(row[4]), 3), round(float(row[5]), 3))
            for row in rows
        }
        assert ours == plain_sums, f"{code}: the plain aggregate says something else"


def seed_rest(env, technicians):
    """Technicians in charge, deadlines, a visit for each order, some complaints."""
    env.cr.execute(
        "UPDATE aftersales_order SET place = 'onsite',"
        " technician_id = (%s::int[])[1 + id %% %s],"
        " answer_at = called_at, arrive_at = done_at - interval '2 hours',"
        " answer_deadline = done_at - interval '3 hours',"
        " arrive_deadline = done_at - (id %% 5) * interval '1 hour',"
        " resolve_deadline = done_at + interval '1 day',"
        " called_at = done_at - (id %% 90) * interval '1 hour' - interval '3 hours'"
        " WHERE done_at IS NOT NULL",
        [technicians.ids, PEOPLE],
    )
    env.cr.execute("UPDATE aftersales_order SET answer_at = called_at + interval '1 h'")
    env.cr.execute(
        "UPDATE aftersales_followup SET due_on = '2024-03-01'::date + (id % 31)::int"
    )
    order = env["aftersales.order"].search([("name", "like", "SC/")], limit=1)
    env.cr.execute(
        "UPDATE aftersales_order SET state = 'in_progress' WHERE id = %s", [order.id]
    )
    env.invalidate_all()
    visit = env["aftersales.visit"].create(
        {
            "order_id": order.id,
            "lead_id": technicians[0].id,
            "planned_start": "2024-03-05 02:00:00",
        }
    )
    complaint = env["aftersales.complaint"].create(
        {
            "partner_id": order.partner_id.id,
            "order_id": order.id,
            "description": "x",
            "received_at": "2024-03-07 02:00:00",
        }
    )
    env.flush_all()
    env.cr.execute(
        "UPDATE aftersales_order SET state = 'done' WHERE id = %s", [order.id]
    )
    env.cr.execute(
        "UPDATE aftersales_visit SET state = 'left', arrived_at = '2024-03-05 03:00'"
        " WHERE id = %s",
        [visit.id],
    )
    env.cr.execute(
        "UPDATE aftersales_complaint SET state = 'confirmed',"
        " confirmed_at = received_at, at_fault = true WHERE id = %s",
        [complaint.id],
    )
    top = 10**8
    fresh = dict.fromkeys(("access_token", "source_key", "followup_id"), "NULL")
    there = {"id": f"{top} + n", "order_id": f"{top} + n"}
    multiply(env, "aftersales_visit", visit.id, {**fresh, **there})
    multiply(env, "aftersales_complaint", complaint.id, {**fresh, **there})
    env.cr.execute(
        "DELETE FROM aftersales_complaint WHERE id > %s AND id %% 50 > 0", [top]
    )
    for table in ("order", "visit", "followup", "complaint"):
        env.cr.execute(f"ANALYZE aftersales_{table}")
    env.invalidate_all()

"""The due-check of promises: 100 due among 1 000, 10 000 and 100 000 open orders."""

from datetime import timedelta

from odoo import fields

DUE = 100
SIZES = (1000, 10000, 100000)


def run(env, measure):
    model = env["aftersales.order"]
    orders = _seed(env)
    for size in SIZES:
        _fill(env, orders, size)
        now = fields.Datetime.now()
        what = f"{size:,} open orders, {DUE} due".replace(",", " ")
        with measure(what, "plain SQL"):
            env.cr.execute(
                "SELECT id FROM aftersales_order WHERE next_check_at <= %s", [now]
            )
            assert len(env.cr.fetchall()) == DUE
        env.invalidate_all()
        with measure(what, "check and tell"):
            model._search_due_promises(now)._check_promises(now)
            env.flush_all()
        assert not model._search_due_promises(now), "what was due is done"
        _forget(env, orders)


def _seed(env):
    """The orders that are due: created, not copied, since they are told about."""
    customer = env["res.partner"].create({"name": "Customer", "is_company": True})
    env["aftersales.sla.policy"].create(
        {"name": "Bench", "answer_value": 1, "resolve_value": 48, "sequence": 1}
    )
    env.cr.execute("UPDATE aftersales_order SET next_check_at = NULL")
    called = fields.Datetime.now() - timedelta(hours=30)
    return env["aftersales.order"].create(
        [{"partner_id": customer.id, "called_at": called} for _number in range(DUE)]
    )


def _fill(env, orders, size):
    """Open orders up to the size, copied in SQL, to be looked at tomorrow."""
    env.flush_all()
    env.cr.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'aftersales_order'::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attname != 'id'"
    )
    special = {
        "name": "'SLA/' || nextval('aftersales_order_id_seq')",
        "next_check_at": "now() AT TIME ZONE 'UTC' + interval '1 day'",
        "sla_due_at": "now() AT TIME ZONE 'UTC' + interval '1 day'",
        "sla_state": "'running'",
        "source_key": "NULL",
        "access_token": "NULL",
    }
    names = [name for (name,) in env.cr.fetchall()]
    values = ", ".join(special.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    env.cr.execute("SELECT count(*) FROM aftersales_order WHERE state = 'new'")
    missing = max(0, size - env.cr.fetchone()[0])
    env.cr.execute(
        f"INSERT INTO aftersales_order ({columns}) SELECT {values}"
        " FROM aftersales_order, generate_series(1, %s) WHERE id = %s",
        [missing, orders[0].id],
    )
    env.cr.execute("ANALYZE aftersales_order")


def _forget(env, orders):
    """Nobody has been told yet: the same work again for the next size."""
    orders._get_sla_alerts().unlink()
    env["mail.activity"].search(
        [("res_model", "=", orders._name), ("res_id", "in", orders.ids)]
    ).unlink()
    orders.next_check_at = fields.Datetime.now()
    env.flush_all()
    env.invalidate_all()

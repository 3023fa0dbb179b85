"""The ladder's daily run: 100 touched complaints among 2 000 and 200 000 old ones."""

from datetime import timedelta

from odoo import fields

TOUCHED = 100
SUPPLIERS = 200
SIZES = (2000, 200000)
ROUNDS = 3
WHAT = f"daily run, {TOUCHED} complaints touched"
# What is old costs nothing: same queries, nearly the same time.
LIMITS = [
    (WHAT, "200 000 old complaints", "ratio", 1.5),
    (WHAT, "200 000 old complaints", "query ratio", 1.1),
]


def run(env, measure):
    template, suppliers = _seed(env)
    have = 0
    for size in SIZES:
        _copy(env, template, suppliers, size - have, old=True)
        have = size
        env.cr.execute("ANALYZE aftersales_complaint")
        # What the old ones make due (the complaint fund) is proposed beforehand.
        _touch(env, template, suppliers)
        env["aftersales.penalty.rule"]._run()
        for _round in range(ROUNDS):
            _touch(env, template, suppliers[:TOUCHED])
            with measure(WHAT, f"{size:,} old complaints".replace(",", " ")):
                env["aftersales.penalty.rule"]._run()
                env.flush_all()


def _touch(env, template, suppliers):
    """The same work each time: an issue of its own, one complaint a supplier."""
    template.category_id = env["aftersales.complaint.category"].create({"name": "New"})
    env.flush_all()
    fresh = _copy(env, template, suppliers, len(suppliers), old=False)
    complaints = env["aftersales.complaint"].browse(fresh)
    env["aftersales.penalty.due"]._mark_complaints(complaints)
    env.flush_all()
    env.invalidate_all()


def _seed(env):
    """Suppliers with an agreement of last year and a complaint to be copied."""
    if not env.company.aftersales_deposit_account_id:
        env["aftersales.deposit.setup"].create({}).action_apply()
    suppliers = env["res.partner"].create(
        [{"name": f"Supplier {n}", "is_company": True} for n in range(SUPPLIERS)]
    )
    start = fields.Date.today() - timedelta(days=800)
    env["aftersales.deposit"].create(
        [
            {"partner_id": s.id, "required_amount": 1000, "date_start": start}
            for s in suppliers
        ]
    ).action_start()
    env["aftersales.penalty.rule"]._run()
    customer = env["res.partner"].create({"name": "Customer"})
    issue = env["aftersales.complaint.category"].create({"name": "Old"})
    template = env["aftersales.complaint"].create(
        {"partner_id": customer.id, "category_id": issue.id}
    )
    return template, suppliers.ids


def _copy(env, template, suppliers, count, old):
    """Settled complaints, copied in SQL: over two years, or of this hour."""
    env.flush_all()
    age = "(random() * 700 + 40) * interval '1 day'" if old else "interval '1 hour'"
    special = {
        "name": "'L/' || nextval('aftersales_complaint_id_seq')",
        "supplier_id": "(%(suppliers)s)[1 + n %% %(length)s]",
        "received_at": f"now() AT TIME ZONE 'UTC' - {age}",
        "resolve_at": "now() AT TIME ZONE 'UTC' - interval '800 days'",
        "state": "'resolved'",
        "source_key": "NULL",
        "access_token": "NULL",
    }
    env.cr.execute(
        "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
        " AND attrelid = 'aftersales_complaint'::regclass AND attname != 'id'"
    )
    names = [name for (name,) in env.cr.fetchall()]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(special.get(name, f'"{name}"') for name in names)
    env.cr.execute(
        f"INSERT INTO aftersales_complaint ({columns}) SELECT {values}"
        " FROM aftersales_complaint, generate_series(1, %(count)s) n"
        " WHERE id = %(id)s RETURNING id",
        {
            "suppliers": suppliers,
            "length": len(suppliers),
            "count": count,
            "id": template.id,
        },
    )
    return [number for (number,) in env.cr.fetchall()]

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL
from odoo.tools.sql import table_exists

# Job: its model, its code, its name; an interval of six hours was the shipped one.
JOBS = {
    "ir_cron_compute_figures": (
        "aftersales.kpi.period",
        "model._cron_compute()",
        None,
    ),
    "ir_cron_compute_all_figures": (
        "aftersales.kpi.period",
        "model._cron_compute(everything=True)",
        "After-sales: figures of all months, and what changes with time",
    ),
    "ir_cron_compute_scores": (
        "aftersales.score.sheet",
        "model._cron_compute()",
        None,
    ),
    "ir_cron_compute_all_scores": (
        "aftersales.score.sheet",
        "model._cron_compute(everything=True)",
        "After-sales: scores of all months, for what comes late",
    ),
}


def migrate(cr, version):
    """Jobs compare months instead of working off marks; what was marked is counted."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    _repoint_jobs(env)
    if table_exists(cr, "aftersales_kpi_dirty"):
        _count_marked(env)
    # Odoo forgets models that are gone, but leaves their tables behind.
    cr.execute("DROP TABLE IF EXISTS aftersales_kpi_dirty, aftersales_score_dirty")


def _repoint_jobs(env):
    for name, (model, code, label) in JOBS.items():
        job = env.ref(f"aftersales_kpi.{name}", raise_if_not_found=False)
        if not job:
            continue
        values = {"model_id": env["ir.model"]._get_id(model), "code": code}
        if label:
            values["name"] = label
            if (job.interval_number, job.interval_type) == (6, "hours"):
                values["interval_number"] = 1
        job.write(values)


def _count_marked(env):
    """Closed months have no trace yet that would tell what is still to be counted."""
    periods = env["aftersales.kpi.period"]
    rows = env.execute_query(
        SQL("SELECT DISTINCT company_id, month FROM aftersales_kpi_dirty")
    )
    for company, month in rows:
        periods._get_or_create(env["res.company"].browse(company), month)._compute_all()
    for period in periods.search([("state", "=", "closed"), ("trace", "=", False)]):
        period._compute_changes()

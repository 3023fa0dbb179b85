RENAMED = {
    "ir_cron_mark_clock_figures": "ir_cron_compute_all_figures",
    "ir_cron_mark_due_scores": "ir_cron_compute_all_scores",
}


def migrate(cr, version):
    """Jobs keep their record, so that an interval somebody has set stays."""
    for old, new in RENAMED.items():
        cr.execute(
            "UPDATE ir_model_data SET name = %s"
            " WHERE module = 'aftersales_kpi' AND name = %s",
            [new, old],
        )

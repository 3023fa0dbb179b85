def uninstall_hook(env):
    """Causes that orders name stay with them, archived, as anybody's own records.

    Odoo would keep them too, with an external id of an add-on that is gone; their code
    has to be free when the add-on comes again.
    """
    data = env["ir.model.data"].search(
        [("module", "=", "aftersales_kpi"), ("model", "=", "aftersales.cause")]
    )
    orders = env["aftersales.order"].with_context(active_test=False)
    groups = orders._read_group(
        [("cause_id", "in", data.mapped("res_id"))], ["cause_id"]
    )
    causes = env["aftersales.cause"].union(*(cause for (cause,) in groups))
    causes.write({"active": False, "code": False})
    data.filtered(lambda row: row.res_id in causes.ids).unlink()

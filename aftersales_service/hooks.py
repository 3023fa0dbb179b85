def uninstall_hook(env):
    """Take tasks off Odoo's own records: they would hold our kind of activity."""
    kind = env.ref(
        "aftersales_service.mail_activity_type_customer_file", raise_if_not_found=False
    )
    if kind:
        env["mail.activity"].with_context(active_test=False).search(
            [("activity_type_id", "=", kind.id)]
        ).unlink()

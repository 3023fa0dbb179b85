"""The queue of suppliers the ladder looks at again is called by what it holds."""

from odoo.tools.sql import table_exists


def migrate(cr, version):
    """Keep what waits in the queue; Odoo makes its rights anew."""
    if table_exists(cr, "aftersales_penalty_touch"):
        cr.execute(
            "ALTER TABLE aftersales_penalty_touch RENAME TO aftersales_penalty_due"
        )
        cr.execute(
            "ALTER SEQUENCE aftersales_penalty_touch_id_seq"
            " RENAME TO aftersales_penalty_due_id_seq"
        )
        cr.execute(
            "ALTER INDEX aftersales_penalty_touch_pkey"
            " RENAME TO aftersales_penalty_due_pkey"
        )

from odoo.tools.sql import column_exists, rename_column


def migrate(cr, version):
    """The first answer is a milestone now, named like the others."""
    if column_exists(cr, "aftersales_order", "answered_at"):
        rename_column(cr, "aftersales_order", "answered_at", "answer_at")

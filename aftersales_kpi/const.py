"""Names that several rooms share. Each stands here once."""

from psycopg2 import DataError, IntegrityError

from odoo.exceptions import UserError

BY = {
    "team_id": "by_team",
    "technician_id": "by_technician",
    "categ_id": "by_category",
    "supplier_id": "by_supplier",
}

DIMENSIONS = ("team_id", "technician_id", "categ_id", "supplier_id")

DONE_STATES = ("done", "closed")

# What a single month may fail with; a lost race is no failure, the job tries again.
FAILURES = (UserError, DataError, IntegrityError)

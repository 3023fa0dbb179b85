"""Names that several rooms share. Each stands here once."""

BY = {
    "team_id": "by_team",
    "technician_id": "by_technician",
    "categ_id": "by_category",
    "supplier_id": "by_supplier",
}

DIMENSIONS = ("team_id", "technician_id", "categ_id", "supplier_id")

DONE_STATES = ("done", "closed")

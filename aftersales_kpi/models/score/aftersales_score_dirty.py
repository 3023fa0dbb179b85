from odoo import api, fields, models


class AftersalesScoreDirty(models.Model):
    """A technician's month whose facts have changed, until it is computed again.

    Rows are only inserted, in the transaction that changes the fact: two changes never
    wait for each other, and a month closed at the same moment keeps the row, so that
    the late fact becomes an adjustment. The job deletes the rows it has seen.
    """

    _name = "aftersales.score.dirty"
    _description = "Score: months to compute again"
    _inherit = ["aftersales.recompute.mixin"]
    _order = "tries, id"
    _log_access = False

    technician_id = fields.Many2one(
        "aftersales.technician", required=True, index=True, ondelete="cascade"
    )
    month = fields.Date(required=True)
    tries = fields.Integer(default=0)
    error = fields.Char()

    @api.model
    def _mark(self, keys):
        """Remember months to compute again: one query.

        :param keys: ``{(technician id, any day of the month)}``
        """
        rows = {
            (technician, fields.Date.start_of(day, "month"))
            for technician, day in keys
            if technician and day
        }
        self._insert_marks({"technician_id": "int", "month": "date"}, sorted(rows))

    def _group_alone(self):
        return self.technician_id, self.month

    def _compute_rows(self):
        groups = self.grouped(lambda row: (row.technician_id.company_id, row.month))
        sheets = self.env["aftersales.score.sheet"]
        for (company, month), rows in groups.items():
            sheets._compute_month(company, month, rows.technician_id)

    @api.model
    def _cron_mark_due(self):
        """Facts that come with time alone: cases no one has settled, new months."""
        now = fields.Datetime.now()
        # pylint: disable-next=no-search-all
        rules = self.env["aftersales.score.rule"].search([])
        kinds = rules.filtered(lambda rule: rule.kind == "supplier_case")
        hours = max(kinds.mapped("hours"), default=48.0)
        complaints = self.env["aftersales.complaint"].search(
            [
                ("concerned_technician_ids", "!=", False),
                ("supplier_id", "!=", False),
                ("received_at", ">=", fields.Datetime.subtract(now, days=35)),
                ("received_at", "<=", fields.Datetime.subtract(now, hours=hours)),
            ]
        )
        self._mark(complaints._get_score_keys())
        facts = self.env["aftersales.score.facts"]
        # pylint: disable-next=no-search-all
        technicians = self.env["aftersales.technician"].search([])
        self._mark(
            {
                (technician.id, facts._get_local_day(company, now))
                for company, people in technicians.grouped("company_id").items()
                for technician in people
            }
        )

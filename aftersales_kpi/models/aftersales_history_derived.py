from odoo import models
from odoo.tools import SQL


class AftersalesHistoryDerived(models.AbstractModel):
    """What jobs have made of invented facts goes with them, or is counted again.

    Alarms with nothing but invented evidence, requests with nothing left to tell and
    score sheets of invented people are removed; everything else of these months and of
    those after them is marked for the jobs.
    """

    _name = "aftersales.history.derived"
    _description = "Demo history: what was made of it"

    def _forget_derived(self):
        """Before the facts go."""
        self.env.flush_all()
        self._delete_rows("aftersales.alarm", self._find_alarms())
        self._forget_scores()

    def _forget_scores(self):
        """Lines about invented facts, in closed months too, and what is empty then."""
        people = self._get_made("aftersales.technician")
        sheets = self.env["aftersales.score.sheet"].search(
            [("company_id", "=", self.company_id.id)]
        )
        theirs = sheets.filtered(lambda sheet: sheet.technician_id.id in set(people))
        lines = theirs.line_ids | self._find_score_lines(sheets - theirs)
        touched = lines.sheet_id - theirs
        approvals = self.env["aftersales.approval"].search(
            [("score_line_id", "in", lines.ids)]
        )
        self._delete_rows("aftersales.approval", approvals.ids)
        self._delete_rows("aftersales.score.line", lines.ids)
        touched.invalidate_recordset()
        touched._refresh_totals()
        empty = touched.filtered(lambda sheet: not sheet.line_ids)
        self._delete_rows("aftersales.score.sheet", (theirs | empty).ids)

    def _find_score_lines(self, sheets):
        """Lines with nothing but invented documents behind them."""
        made = {model: set(self._get_made(model)) for model in self._get_made_models()}
        return sheets.line_ids.filtered(
            lambda line: (
                set(line.source_ids or [line.res_id]) <= made.get(line.res_model, set())
            )
        )

    def _find_rows(self, model, name):
        """Records whose field points at something this history has made."""
        made = self._get_made(self.env[model]._fields[name].comodel_name)
        return self.env[model].search([(name, "in", made)]).ids

    def _find_alarms(self):
        """Of invented products, or with nothing but invented orders behind them."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT alarm.id FROM aftersales_alarm alarm
                 WHERE alarm.company_id = %(company)s
                   AND (alarm.product_id = ANY(%(products)s)
                        OR EXISTS (SELECT 1 FROM aftersales_alarm_order_rel seen
                                    WHERE seen.alarm_id = alarm.id)
                       AND NOT EXISTS (
                           SELECT 1 FROM aftersales_alarm_order_rel seen
                            WHERE seen.alarm_id = alarm.id
                              AND seen.order_id <> ALL(%(orders)s)))
                """,
                company=self.company_id.id,
                products=self._get_made("product.product"),
                orders=self._get_made("aftersales.order"),
            )
        )
        return [number for (number,) in rows]

    def _forget_requests(self):
        """After the facts have gone: requests without a matter, matters without a fact.

        What a request told that stays is kept as it was sent.
        """
        requests = self.env["aftersales.improvement"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("month", "in", self._get_months()),
            ]
        )
        units = {
            month: requests._get_units(self.company_id, month)
            for month in set(requests.mapped("month"))
        }
        empty = requests.filtered(lambda r: r.unit_id not in units[r.month])
        lost = empty.line_ids.ids
        for name in ("symptom_id", "product_id"):
            lost += self._find_rows("aftersales.improvement.line", name)
        self._delete_rows("aftersales.improvement.line", lost)
        self._delete_rows("aftersales.improvement", empty.ids)
